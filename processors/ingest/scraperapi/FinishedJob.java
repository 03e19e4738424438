package ingest.scraperapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.InvalidEnvelope;
import ingest.kick.FollowerPage;
import ingest.kick.FollowersJob;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import ingest.mapping.Mapper;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Maps ScraperAPI's callback of a job that is over. That a job finished says nothing of the page:
 * what the target answered is {@code target_status}, and where the job was to fetch a channel's
 * page, {@code page} is what became of that. The page itself is in the kept body alone.
 *
 * <p>The body is nobody's word: our key of the job, which the token proves, is a part of the
 * event's key, so that whoever has one job's token cannot take another job's event.
 */
public final class FinishedJob implements Mapper {
  static final String TYPE = "scraperapi.job.finished";

  private static final Pattern ID = Pattern.compile("[\\x21-\\x7e]{1,100}");
  private static final Pattern UNPRINTABLE = Pattern.compile("[^\\x20-\\x7e]");
  private static final int MOST_CHARACTERS = 200;
  private static final Pattern STATUS = Pattern.compile("[1-9][0-9]{2}");

  @Override
  public String source() {
    return "scraperapi";
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    String id = matching(payload, "$.", "id", ID, "an id");
    String status = payload.path("status").asText();
    ObjectNode data = JsonNodeFactory.instance.objectNode().put("job_id", id);
    String key = arrival.message() == null ? "" : JobMessage.job(arrival.message().id());
    if (!key.isEmpty()) {
      data.put("job_key", key);
    }
    data.put("status", status);
    switch (status) {
      case "finished" -> answer(payload.path("response"), key, data);
      case "failed" -> {
        if (payload.path("failReason").isTextual()) {
          data.put("fail_reason", plain(payload.path("failReason").textValue()));
        }
      }
      default -> throw new InvalidEnvelope("$.status is not finished or failed");
    }
    if (payload.path("attempts").isIntegralNumber()) {
      data.set("attempts", payload.path("attempts"));
    }
    return List.of(
        Draft.keyed(type, "scraperapi:" + id, key + " " + status, Instant.EPOCH, data)
            .at(null)
            .envelope(arrival));
  }

  private static String plain(String text) {
    String plain = UNPRINTABLE.matcher(text).replaceAll("");
    return plain.substring(0, Math.min(plain.length(), MOST_CHARACTERS));
  }

  private static void answer(JsonNode response, String key, ObjectNode data) {
    int status = status(response);
    byte[] page = page(response);
    data.put("target_status", status).put("bytes", page.length);
    FollowersJob.of(key)
        .map(job -> FollowerPage.read(status, page, job.poll().platformUserId()))
        .ifPresent(read -> data.put("page", read.outcome().word()));
  }

  /** What the page was answered with. */
  static int status(JsonNode response) {
    return Integer.parseInt(
        matching(response, "$.response.", "statusCode", STATUS, "an HTTP status"));
  }

  /** A page is sent as text, or in base64 where it is none. */
  static byte[] page(JsonNode response) {
    JsonNode encoded = response.path("base64EncodedBody");
    if (!encoded.isTextual()) {
      return response.path("body").asText().getBytes(StandardCharsets.UTF_8);
    }
    try {
      return Base64.getDecoder().decode(encoded.textValue());
    } catch (IllegalArgumentException e) {
      throw new InvalidEnvelope("$.response.base64EncodedBody is not base64");
    }
  }

  private static String matching(
      JsonNode node, String path, String name, Pattern pattern, String expected) {
    JsonNode value = node.path(name);
    if (!(value.isTextual() || value.isIntegralNumber())
        || !pattern.matcher(value.asText()).matches()) {
      throw new InvalidEnvelope(path + name + " is not " + expected);
    }
    return value.asText();
  }
}
