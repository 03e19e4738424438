package ingest.jmx;

import java.io.IOException;
import org.jolokia.server.core.request.BadRequestException;
import org.jolokia.server.core.request.EmptyResponseException;
import org.jspecify.annotations.Nullable;

/**
 * Who is behind a call of an MBean, as far as anyone knows: the holder of the token that came with
 * it over HTTP. Whoever attaches to the process itself is the user that runs it.
 */
final class Caller {
  private static final ThreadLocal<String> HOLDER = new ThreadLocal<>();

  private Caller() {}

  /** A call of Jolokia's. */
  interface Call {
    String answer() throws BadRequestException, EmptyResponseException, IOException;
  }

  /** Runs a call for the holder of a token; null where no token is asked for. */
  static String as(@Nullable String holder, Call call)
      throws BadRequestException, EmptyResponseException, IOException {
    HOLDER.set(holder == null ? "jolokia" : holder);
    try {
      return call.answer();
    } finally {
      HOLDER.remove();
    }
  }

  /** Whose call this thread is at. */
  static String holder() {
    String holder = HOLDER.get();
    return holder == null ? "jmx" : holder;
  }
}
