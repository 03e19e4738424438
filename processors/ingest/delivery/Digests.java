package ingest.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.signature.Signed;
import ingest.signature.StandardWebhooks;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Asks an environment, signed, how many events it has processed. */
public final class Digests {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(TIMEOUT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  /**
   * Events processed since {@code from}, or ever.
   *
   * @throws IOException when the environment does not answer with a number
   */
  public long processed(Target target, @Nullable Instant from)
      throws IOException, InterruptedException {
    URI url = Objects.requireNonNull(target.url());
    String path = url.getRawPath() + "/digest" + (from == null ? "" : "?from=" + from);
    Signed signed =
        StandardWebhooks.sign(
            target.secrets(),
            "digest_" + UUID.randomUUID(),
            Instant.now(),
            path.getBytes(StandardCharsets.UTF_8));
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(url.resolve(path))
                .timeout(TIMEOUT)
                .header(StandardWebhooks.ID, signed.id())
                .header(StandardWebhooks.TIMESTAMP, signed.timestamp())
                .header(StandardWebhooks.SIGNATURE, signed.signature())
                .build(),
            HttpResponse.BodyHandlers.ofString());
    JsonNode count =
        answer.statusCode() == 200
            ? JSON.readTree(answer.body()).path("processed_events")
            : JSON.missingNode();
    if (!count.isIntegralNumber()) {
      throw new IOException("answered " + answer.statusCode() + " to the digest");
    }
    return count.longValue();
  }
}
