package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.f4b6a3.ulid.Ulid;
import ingest.mapping.Arrival;
import ingest.webhook.Sender;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Kick's webhooks. Kick signs message id, time and body, and nothing else: the type that a header
 * tells is a claim, which the mapper of that type holds against the body.
 */
public final class KickSender implements Sender {
  private static final String ID = "kick-event-message-id";
  private static final String SENT = "kick-event-message-timestamp";
  private static final String SIGNATURE = "kick-event-signature";
  private static final String TYPE = "kick-event-type";

  @Override
  public String source() {
    return KickWebhook.KICK;
  }

  @Override
  public List<String> headers() {
    return List.of(ID, SENT, SIGNATURE, TYPE, "kick-event-subscription-id", "kick-event-version");
  }

  @Override
  public String signature() {
    return SIGNATURE;
  }

  /** A message id is a ULID, whose own time goes with it over every retry. */
  @Override
  public Arrival.Message message(Map<String, String> headers, byte[] body) {
    String id = headers.getOrDefault(ID, "");
    if (id.isEmpty()) { // never of a call that is signed
      return new Arrival.Message(sha256(body), null, null);
    }
    Instant since = Ulid.isValid(id) ? Ulid.from(id).getInstant() : null;
    return new Arrival.Message(id, since, time(headers.get(SENT)));
  }

  @Override
  public String said(Map<String, String> headers, JsonNode body) {
    return headers.getOrDefault(TYPE, "");
  }

  @Override
  public List<String> types(Map<String, String> headers, JsonNode body) {
    return headers.containsKey(TYPE) ? List.of("kick." + headers.get(TYPE)) : List.of();
  }

  private static String sha256(byte[] body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static @Nullable Instant time(@Nullable String text) {
    try {
      return text == null ? null : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }
}
