package ingest.http;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One connection and the request it has on its way. Whatever it is that the client has to do next,
 * there is a time by which it is done; {@link Door} looks every second. Lives on the event loop of
 * its connection and is used there only.
 */
final class Caller {
  /** For the client to read an answer that came before it had sent everything. */
  private static final Duration LINGER = Duration.ofSeconds(2);

  private enum Stage {
    /** Nothing of the first request is known. */
    NEW,
    /** Between two requests. */
    IDLE,
    /** A request's headers are there, its body is not. */
    READING,
    /** The answer is known already, the rest of the body is thrown away. */
    SKIPPING,
    /** A route has the request; nothing is expected of the client. */
    SERVED,
    /** Answered before the body had ended; closed soon. */
    LEAVING,
    GONE
  }

  /** An answer of the port itself. */
  private record Refusal(int status, String why, boolean last) {}

  private final HttpConnection connection;
  private final Door door;
  private final Bounds bounds;
  private final HttpMetrics metrics;

  private Stage stage = Stage.NEW;
  private long due;
  private @Nullable HttpServerRequest request;
  private @Nullable Refusal refusal;
  private @Nullable Buffer body;
  private long seen;

  Caller(HttpConnection connection, Door door, Bounds bounds, HttpMetrics metrics) {
    this.connection = connection;
    this.door = door;
    this.bounds = bounds;
    this.metrics = metrics;
    dueIn(bounds.request());
  }

  private void dueIn(Duration span) {
    due = System.nanoTime() + span.toNanos();
  }

  /** The headers of a request are there. */
  void asks(HttpServerRequest asked) {
    request = asked;
    refusal = null;
    seen = 0;
    stage = Stage.READING;
    dueIn(bounds.request());
  }

  /** Reads the body within its bounds and hands it on whole, or answers by itself. */
  void read(Handler<byte[]> whole) {
    HttpServerRequest asked = asked();
    if (told(asked) > bounds.body()) {
      leave(new Refusal(413, tooLarge(), true));
      return;
    }
    if ("100-continue".equalsIgnoreCase(asked.getHeader(HttpHeaders.EXPECT))) {
      asked.response().writeContinue();
    }
    asked
        .handler(this::take)
        .endHandler(
            end -> {
              stage = Stage.SERVED;
              byte[] bytes = body == null ? new byte[0] : body.getBytes();
              body = null;
              whole.handle(bytes);
            });
  }

  private static long told(HttpServerRequest asked) {
    String length = asked.getHeader(HttpHeaders.CONTENT_LENGTH);
    return length == null ? 0 : Long.parseLong(length); // the decoder has refused what is no number
  }

  private String tooLarge() {
    return "a body has at most %d bytes".formatted(bounds.body());
  }

  private void take(Buffer chunk) {
    seen += chunk.length();
    if (seen > bounds.body()) {
      leave(new Refusal(413, tooLarge(), true));
      return;
    }
    metrics.bodies.addAndGet(chunk.length());
    body = body == null ? chunk : body.appendBuffer(chunk);
    if (metrics.bodies.get() > bounds.bodies()) {
      door.makeRoom();
    }
  }

  /** Bytes of a body that is not yet whole. */
  int holds() {
    return body == null ? 0 : body.length();
  }

  /** The largest body on its way makes room for the others. */
  void makeRoom() {
    metrics.crowdedOut.increment();
    leave(new Refusal(503, "too many large bodies at once", true));
  }

  /** The body that {@link #read} handed on is no longer held. */
  void letGo(byte[] bytes) {
    metrics.bodies.addAndGet(-bytes.length);
  }

  private void drop() {
    metrics.bodies.addAndGet(-holds());
    body = null;
  }

  /**
   * Answers once the body was read and thrown away: an answer before that may be lost with the
   * connection. {@code last}: closes the connection afterwards.
   */
  void refuse(int status, String why, boolean last) {
    Refusal told = new Refusal(status, why, last);
    HttpServerRequest asked = asked();
    if (asked.isEnded()) {
      answer(told);
      return;
    }
    drop();
    refusal = told;
    stage = Stage.SKIPPING;
    asked
        .handler(
            chunk -> {
              seen += chunk.length();
              if (seen > bounds.body()) {
                leave(told);
              }
            })
        .endHandler(end -> answer(told));
  }

  private void answer(Refusal told) {
    HttpServerResponse response = head(told);
    if (told.last()) {
      end(response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE), told);
      connection.close();
    } else {
      stage = Stage.IDLE;
      dueIn(bounds.idle());
      end(response, told);
    }
  }

  /** Answers now and closes as soon as the client has stopped sending, or a moment later. */
  private void leave(Refusal told) {
    drop();
    stage = Stage.LEAVING;
    dueIn(LINGER);
    HttpServerRequest asked = asked();
    if (!asked.isEnded()) {
      long limit = seen + bounds.body();
      asked
          .handler(
              chunk -> {
                seen += chunk.length();
                if (seen > limit) {
                  asked.pause();
                }
              })
          .endHandler(end -> connection.close());
    }
    end(head(told).putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE), told);
  }

  private HttpServerResponse head(Refusal told) {
    metrics.answered(told.status());
    HttpServerResponse response =
        asked()
            .response()
            .setStatusCode(told.status())
            .putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
    return told.status() == 503 ? response.putHeader("Retry-After", "2") : response;
  }

  private static void end(HttpServerResponse response, Refusal told) {
    response.end("{\"error\":\"" + told.why() + "\"}");
  }

  /** Sends what the route answers; nothing when the client has gone. */
  void answer(Answer answer) {
    if (stage != Stage.SERVED) {
      return;
    }
    metrics.answered(answer.status);
    stage = Stage.IDLE; // before the end: the next request may have arrived
    dueIn(bounds.idle());
    HttpServerRequest asked = asked();
    HttpServerResponse response = asked.response().setStatusCode(answer.status);
    for (Map.Entry<String, String> header : answer.headers) {
      response.headers().add(header.getKey(), header.getValue());
    }
    if (asked.method().equals(HttpMethod.HEAD)) {
      response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(answer.body.length)).end();
    } else {
      response.end(Buffer.buffer(answer.body));
    }
  }

  /** Gives up on a client that has not done in time what it had to. */
  void look(long now) {
    if (stage == Stage.SERVED || due - now > 0) {
      return;
    }
    switch (stage) {
      case READING -> {
        metrics.slowBody.increment();
        leave(new Refusal(408, "the body did not arrive in time", true));
      }
      case SKIPPING -> {
        metrics.slowBody.increment();
        leave(Objects.requireNonNull(refusal));
      }
      case NEW -> {
        metrics.slowHead.increment();
        connection.close();
      }
      default -> connection.close();
    }
  }

  /** The connection is closed, by whomever. */
  void gone() {
    drop();
    stage = Stage.GONE;
  }

  private HttpServerRequest asked() {
    return Objects.requireNonNull(request);
  }
}
