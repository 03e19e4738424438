package ingest.delivery;

import ingest.envelope.EventId;
import ingest.http.RetryAfter;
import ingest.outbox.OutboxEvent;
import ingest.signature.Signed;
import ingest.signature.StandardWebhooks;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One request to a target: some events as a CloudEvents batch, one as itself, or another body,
 * signed when it is sent. A target's connections are its own. Redirects are not followed; an answer
 * is bounded in time and size. Thread-safe.
 */
final class SignedPost implements AutoCloseable {
  private static final int CONNECT_MILLIS = 3_000;
  private static final int CONNECTIONS = 16;
  private static final int ANSWER_BYTES = 1024 * 1024;

  private final Vertx vertx;
  private final Duration timeout;
  private final Map<String, HttpClient> clients = new ConcurrentHashMap<>();

  SignedPost(Vertx vertx, Duration timeout) {
    this.vertx = vertx;
    this.timeout = timeout;
  }

  /** What came of a request. */
  sealed interface Reply {
    /** The target answered. */
    record Answer(int status, String body, @Nullable Duration retryAfter) implements Reply {}

    /** It did not: refused, cut off, over the time or the size. */
    record None(String reason) implements Reply {}
  }

  /** Sends and waits for the reply. */
  Reply send(Target target, List<OutboxEvent> events) throws InterruptedException {
    boolean single = events.size() == 1;
    byte[] body = single ? events.get(0).envelope : join(events);
    String id = single ? EventId.text(events.get(0).id) : Composition.id(events);
    return send(
        target,
        Objects.requireNonNull(target.url()),
        "application/cloudevents" + (single ? "" : "-batch") + "+json",
        id,
        body);
  }

  /** The same with any body, signed under {@code id}, to any of the target's addresses. */
  Reply send(Target target, URI url, String contentType, String id, byte[] body)
      throws InterruptedException {
    Signed signed = StandardWebhooks.sign(target.secrets(), id, Instant.now(), body);
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setAbsoluteURI(url.toString())
            .setConnectTimeout(CONNECT_MILLIS)
            .putHeader("content-type", contentType)
            .putHeader(StandardWebhooks.ID, signed.id())
            .putHeader(StandardWebhooks.TIMESTAMP, signed.timestamp())
            .putHeader(StandardWebhooks.SIGNATURE, signed.signature());
    AtomicReference<HttpClientRequest> sent = new AtomicReference<>();
    Future<Reply> reply =
        client(target)
            .request(options)
            .compose(
                request -> {
                  sent.set(request);
                  return request.send(Buffer.buffer(body)).compose(SignedPost::read);
                });
    try {
      return reply
          .toCompletionStage()
          .toCompletableFuture()
          .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      return new Reply.None("no answer: " + e.getCause());
    } catch (TimeoutException e) {
      giveUp(sent.get());
      return new Reply.None("no answer within " + timeout.toSeconds() + " s");
    } catch (InterruptedException e) {
      giveUp(sent.get());
      throw e;
    }
  }

  /** An answer that drips in would keep its connection. */
  private static void giveUp(@Nullable HttpClientRequest request) {
    if (request != null) {
      request.reset();
    }
  }

  private static Future<Reply> read(HttpClientResponse response) {
    Promise<Reply> reply = Promise.promise();
    Buffer body = Buffer.buffer();
    response.exceptionHandler(reply::tryFail);
    response.handler(
        part -> {
          if (body.length() + part.length() > ANSWER_BYTES) {
            reply.tryFail(new IOException("an answer over " + ANSWER_BYTES + " bytes"));
            response.request().reset();
          } else {
            body.appendBuffer(part);
          }
        });
    response.endHandler(
        end ->
            reply.tryComplete(
                new Reply.Answer(
                    response.statusCode(),
                    body.toString(StandardCharsets.UTF_8),
                    RetryAfter.parse(response.getHeader("retry-after"), Instant.now()))));
    return reply.future();
  }

  private HttpClient client(Target target) {
    return clients.computeIfAbsent(
        target.name(),
        name ->
            vertx.createHttpClient(
                new HttpClientOptions()
                    .setKeepAlive(true)
                    .setKeepAliveTimeout(20)
                    .setMaxPoolSize(CONNECTIONS)
                    .setMaxWaitQueueSize(CONNECTIONS * 4)
                    .setDecompressionSupported(false)));
  }

  private static byte[] join(List<OutboxEvent> events) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(64 * 1024);
    out.write('[');
    for (int i = 0; i < events.size(); i++) {
      if (i > 0) {
        out.write(',');
      }
      out.writeBytes(events.get(i).envelope);
    }
    out.write(']');
    return out.toByteArray();
  }

  @Override
  public void close() {
    clients.values().forEach(HttpClient::close);
  }
}
