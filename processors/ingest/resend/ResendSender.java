package ingest.resend;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.mapping.Arrival;
import ingest.signature.StandardWebhooks;
import ingest.signature.Svix;
import ingest.webhook.Sender;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Calls of Resend, which Svix signs: the id of a message, which retries and replays keep, and the
 * time of the attempt. Types are Resend's own: {@code email.sent} is {@code resend.email.sent}.
 */
public final class ResendSender implements Sender {
  private static final String ID = Svix.ID;
  private static final String TIMESTAMP = Svix.TIMESTAMP;

  @Override
  public String source() {
    return "resend";
  }

  @Override
  public List<String> headers() {
    return List.of(
        "content-type",
        ID,
        TIMESTAMP,
        signature(),
        StandardWebhooks.ID,
        StandardWebhooks.TIMESTAMP,
        StandardWebhooks.SIGNATURE);
  }

  @Override
  public String signature() {
    return Svix.SIGNATURE;
  }

  /** By the names that {@link Svix} verified the call by. */
  @Override
  public Arrival.Message message(Map<String, String> headers, byte[] body) {
    return new Arrival.Message(
        headers.getOrDefault(ID, headers.getOrDefault(StandardWebhooks.ID, "")),
        null,
        seconds(
            headers.getOrDefault(TIMESTAMP, headers.getOrDefault(StandardWebhooks.TIMESTAMP, ""))));
  }

  private static @Nullable Instant seconds(String text) {
    try {
      return Instant.ofEpochSecond(Long.parseLong(text));
    } catch (NumberFormatException | DateTimeException e) {
      return null;
    }
  }

  @Override
  public String said(Map<String, String> headers, JsonNode body) {
    return body.path("type").isTextual() ? body.path("type").textValue() : "";
  }

  @Override
  public List<String> types(Map<String, String> headers, JsonNode body) {
    String said = said(headers, body);
    return said.isEmpty() ? List.of() : List.of("resend." + said);
  }
}
