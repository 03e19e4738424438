package ingest.embedded.simulator;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;

/**
 * Sends half of the body and ends the connection.
 *
 * <p>platform-http states the length of what it sends, so this writes the answer itself, on the
 * same connection. Camel sees that the answer has ended and leaves it alone. For HTTP/1.1: in
 * HTTP/2 the end of the answer would be in order, and its connection is shared with other calls.
 */
public final class Truncation {

  /** Announces the whole body and breaks off in the middle of it. */
  public void breakOff(@Body byte[] whole, @ExchangeProperty("request") HttpServerRequest request) {
    request
        .response()
        .putHeader("Content-Type", "application/json")
        .putHeader("Content-Length", String.valueOf(whole.length))
        .end(Buffer.buffer(whole).slice(0, whole.length / 2))
        .onComplete(sent -> request.connection().close());
  }
}
