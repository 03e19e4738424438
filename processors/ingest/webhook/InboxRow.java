package ingest.webhook;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.outbox.Original;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A row of {@code vf.webhook_inbox_log}, for {@code JSONEachRow}.
 *
 * <p>Among its headers those whose names begin with a colon, as no header's does, are not the
 * sender's: they say what this product did with the call.
 */
public final class InboxRow {
  public static final String TABLE = "vf.webhook_inbox_log";

  /** Of a body that is no UTF-8, which a row of JSON cannot hold: {@value #BASE64}. */
  static final String ENCODING = ":encoding";

  static final String BASE64 = "base64";

  /** Why the call was rejected. */
  static final String REJECTED = ":rejected";

  /** How long a body was that was cut. */
  static final String BYTES = ":bytes";

  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS").withZone(ZoneOffset.UTC);

  private InboxRow() {}

  /** Of a call that was verified and committed: id and time are those of the event it rode on. */
  public static ObjectNode verified(
      String source, UUID eventId, Instant createdAt, Original original) {
    return row(source, eventId, createdAt, original, true);
  }

  static ObjectNode rejected(String source, UUID id, Instant at, Original original) {
    return row(source, id, at, original, false);
  }

  private static ObjectNode row(
      String source, UUID id, Instant at, Original original, boolean verified) {
    Map<String, String> headers = new TreeMap<>(original.headers);
    String payload = payload(original.body, headers);
    ObjectNode named = JsonNodeFactory.instance.objectNode();
    headers.forEach((name, value) -> named.put(text(name), text(value)));
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    row.put("env", "shared");
    row.put("source", source);
    row.put("received_at", MILLIS.format(at));
    row.put("event_id", id.toString());
    row.put("event_type", text(original.eventType));
    row.put("message_id", text(original.messageId));
    row.put("verified", verified);
    row.put("signature", text(original.signature));
    row.put("headers", named.toString());
    row.put("payload", payload);
    return row;
  }

  /** The body as a text that gives it back byte for byte; notes its encoding where that is one. */
  private static String payload(byte[] body, Map<String, String> headers) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      headers.put(ENCODING, BASE64);
      return Base64.getEncoder().encodeToString(body);
    }
  }

  /** The bytes that {@link #verified} was given. */
  static byte[] body(String payload, Map<String, String> headers) {
    return BASE64.equals(headers.get(ENCODING))
        ? Base64.getDecoder().decode(payload)
        : payload.getBytes(StandardCharsets.UTF_8);
  }

  /** Without halves of characters, which no row could hold. */
  public static String text(String given) {
    return new String(given.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}
