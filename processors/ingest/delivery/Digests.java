package ingest.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.signature.Signed;
import ingest.signature.StandardWebhooks;
import java.io.FileNotFoundException;
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

/** Speaks to an environment beside the lanes, signed: what it has processed, and what it lacks. */
public final class Digests {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

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
    JsonNode count =
        ask(target, "digest", from == null ? "" : "?from=" + from).path("processed_events");
    if (!count.isIntegralNumber()) {
      throw new IOException("answered without a number to the digest");
    }
    return count.longValue();
  }

  /**
   * What it answers to one of its questions.
   *
   * @param question the last part of its path
   * @param query with its question mark, or empty
   * @throws IOException when it does not answer with 200 and JSON
   */
  public JsonNode ask(Target target, String question, String query)
      throws IOException, InterruptedException {
    URI url = Objects.requireNonNull(target.url());
    String path = url.getRawPath() + "/" + question + query;
    return answer(
        question,
        signed(target, url.resolve(path), path.getBytes(StandardCharsets.UTF_8)).GET().build());
  }

  /** The same for a question that has a body. */
  public JsonNode ask(Target target, String question, byte[] body)
      throws IOException, InterruptedException {
    URI url = Objects.requireNonNull(target.url());
    return answer(
        question,
        signed(target, url.resolve(url.getRawPath() + "/" + question), body)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build());
  }

  /**
   * Gives it a CloudEvents batch that no lane has.
   *
   * @return its result for each event that it did not simply apply, by id
   * @throws IOException when it does not say what became of them; they may be given again
   */
  public JsonNode give(Target target, byte[] batch) throws IOException, InterruptedException {
    JsonNode results =
        answer(
                "events",
                signed(target, Objects.requireNonNull(target.url()), batch)
                    .header("content-type", "application/cloudevents-batch+json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(batch))
                    .build())
            .path("results");
    if (!results.isObject()) {
      throw new IOException("answered without results");
    }
    return results;
  }

  private static HttpRequest.Builder signed(Target target, URI url, byte[] what) {
    Signed signed =
        StandardWebhooks.sign(target.secrets(), "digest_" + UUID.randomUUID(), Instant.now(), what);
    return HttpRequest.newBuilder(url)
        .timeout(TIMEOUT)
        .header(StandardWebhooks.ID, signed.id())
        .header(StandardWebhooks.TIMESTAMP, signed.timestamp())
        .header(StandardWebhooks.SIGNATURE, signed.signature());
  }

  private JsonNode answer(String question, HttpRequest request)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      String refused = "answered " + answer.statusCode() + " to the question " + question;
      throw answer.statusCode() == 404
          ? new FileNotFoundException(refused)
          : new IOException(refused);
    }
    return JSON.readTree(answer.body());
  }
}
