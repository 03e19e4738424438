package ingest.embedded.simulator;

import static java.util.stream.Collectors.joining;

import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Enumeration;
import java.util.List;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** The latest items that one API served intact, so that what was stored can be compared to them. */
public final class Served {
  private static final int KEPT = 100_000;
  private static final int WRITTEN_AT_ONCE = 500;
  private static final DateTimeFormatter MICROSECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private record Line(long seq, ServedItem item) {
    String json() {
      return "{\"seq\":%d,\"at\":\"%s\",\"broadcaster_user_id\":%d,\"item\":%s}\n"
          .formatted(seq, MICROSECONDS.format(item.at()), item.broadcasterUserId(), item.json());
    }
  }

  private final Deque<Line> lines = new ArrayDeque<>();
  private long seq;

  /**
   * Remembers an answer that is about to be sent, so that who received it finds it here. A client
   * that is known to be gone receives nothing.
   */
  public void record(
      @Body List<? extends ServedItem> items,
      @ExchangeProperty("request") HttpServerRequest request) {
    if (!request.response().closed()) {
      add(items);
    }
  }

  synchronized void add(List<? extends ServedItem> items) {
    for (ServedItem item : items) {
      lines.add(new Line(++seq, item));
      if (lines.size() > KEPT) {
        lines.remove();
      }
    }
  }

  /** One JSON line per item, oldest first, of those after {@code since}; written as it is read. */
  @SuppressWarnings("JdkObsolete") // SequenceInputStream takes nothing newer
  public InputStream lines(@Header("since") @Nullable String since) {
    List<Line> after;
    try {
      long last = since == null ? 0 : Long.parseLong(since);
      synchronized (this) {
        after = lines.stream().filter(line -> line.seq() > last).toList();
      }
    } catch (NumberFormatException e) {
      throw new InvalidRequest("since is the seq of a line");
    }
    return new SequenceInputStream(
        new Enumeration<>() {
          private int next;

          @Override
          public boolean hasMoreElements() {
            return next < after.size();
          }

          @Override
          public InputStream nextElement() {
            List<Line> some = after.subList(next, Math.min(next + WRITTEN_AT_ONCE, after.size()));
            next += some.size();
            return new ByteArrayInputStream(
                some.stream().map(Line::json).collect(joining()).getBytes(StandardCharsets.UTF_8));
          }
        });
  }
}
