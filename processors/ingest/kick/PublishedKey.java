package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import ingest.mapping.MalformedAnswer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks Kick for the key that it signs webhooks with. No step of a route: calls wait for it, so it
 * is bounded as a whole, in time and in size, and Camel's client reads an answer to its end even
 * when it is left.
 */
final class PublishedKey implements KickPublicKeys.Source {
  /** A key of 8192 bits has 1.4 KiB. */
  private static final int MOST_BYTES = 16 * 1024;

  private static final JsonMapper JSON = new JsonMapper();

  private final HttpRequest request;
  private final Duration patience;
  private final HttpClient client;

  /** {@code patience}: for all of it; {@code connect} is a part of that. */
  PublishedKey(URI api, Duration connect, Duration patience) {
    this.request = HttpRequest.newBuilder(URI.create(api + "/public/v1/public-key")).build();
    this.patience = patience;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(connect)
            .build();
  }

  @Override
  public String ask() throws Exception {
    CompletableFuture<HttpResponse<byte[]>> asked =
        client.sendAsync(request, head -> new Bounded());
    HttpResponse<byte[]> answer;
    try {
      answer = asked.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("no whole answer within " + patience, e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } finally {
      asked.cancel(true); // ends the connection of what is not over
    }
    if (answer.statusCode() != 200) {
      throw new IOException("Kick answered " + answer.statusCode());
    }
    JsonNode key = JSON.readTree(answer.body()).path("data").path("public_key");
    if (!key.isTextual()) {
      throw new MalformedAnswer("$.data.public_key", "a text");
    }
    return key.textValue();
  }

  /** Gives up where there is more than a key can be. */
  private static final class Bounded implements BodySubscriber<byte[]> {
    private final BodySubscriber<byte[]> all = BodySubscribers.ofByteArray();
    private @Nullable Subscription subscription;
    private int read;

    @Override
    public CompletionStage<byte[]> getBody() {
      return all.getBody();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      this.subscription = subscription;
      all.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      read += buffers.stream().mapToInt(ByteBuffer::remaining).sum();
      if (read <= MOST_BYTES) {
        all.onNext(buffers);
      } else if (subscription != null) {
        subscription.cancel();
        all.onError(new IOException("more than %d bytes".formatted(MOST_BYTES)));
      }
    }

    @Override
    public void onError(Throwable reason) {
      all.onError(reason);
    }

    @Override
    public void onComplete() {
      all.onComplete();
    }
  }
}
