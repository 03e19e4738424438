package ingest.resend;

import com.ethlo.time.ITU;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.InvalidEnvelope;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Maps a webhook of an e-mail: which one, and why where it did not arrive. Addresses, the subject,
 * what was clicked and by whom, tags and texts of mail servers are dropped.
 *
 * <p>The key is Resend's id of the message: an e-mail to several is delivered several times, which
 * nothing in the body tells apart. {@code null} and absent are one; anything of a wrong type is an
 * {@link InvalidEnvelope}.
 */
abstract class EmailMapper {
  private static final String SOURCE = "resend";
  private static final Pattern ID = Pattern.compile("[0-9A-Za-z-]{1,64}");

  /** A word of an open set; what is none is a text, which may have an address in it. */
  private static final Pattern WORD = Pattern.compile("[A-Za-z][0-9A-Za-z_-]{0,99}");

  private final String type;

  EmailMapper(String type) {
    this.type = type;
  }

  public String source() {
    return SOURCE;
  }

  public String type() {
    return type;
  }

  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    if (arrival.message() == null) {
      throw new InvalidEnvelope("svix-id is absent");
    }
    JsonNode email = object(payload, "data", "$.data");
    String id = text(email, "email_id", "$.data.email_id");
    if (id == null || !ID.matcher(id).matches()) {
      throw new InvalidEnvelope("$.data.email_id is not an id");
    }
    ObjectNode data = JsonNodeFactory.instance.objectNode().put("email_id", id);
    why(email, data);
    return List.of(
        Draft.keyed(type, SOURCE + ":" + id, arrival.message().id(), happened(payload), data)
            .envelope(arrival));
  }

  /** Adds what the type says beyond that it happened. */
  void why(JsonNode email, ObjectNode data) {}

  /** Adds a word of {@code email.<object>.<field>}, where there is one. */
  static void putWord(ObjectNode data, String name, JsonNode email, String object, String field) {
    String path = "$.data." + object;
    String word = text(object(email, object, path), field, path + "." + field);
    if (word != null && WORD.matcher(word).matches()) {
      data.put(name, word);
    }
  }

  /** The outer time is the event's; the inner one is the e-mail's. */
  private static Instant happened(JsonNode payload) {
    String text = text(payload, "created_at", "$.created_at");
    try {
      return ITU.parseDateTime(text == null ? "" : text).toInstant();
    } catch (DateTimeException e) {
      throw new InvalidEnvelope("$.created_at is not an RFC 3339 time");
    }
  }

  /** The object, or an empty one where it is absent. */
  private static JsonNode object(JsonNode node, String name, String path) {
    JsonNode value = node.path(name);
    if (value.isObject()) {
      return value;
    }
    if (value.isNull() || value.isMissingNode()) {
      return JsonNodeFactory.instance.objectNode();
    }
    throw new InvalidEnvelope(path + " is not an object");
  }

  private static @Nullable String text(JsonNode node, String name, String path) {
    JsonNode value = node.path(name);
    if (value.isNull() || value.isMissingNode()) {
      return null;
    }
    if (!value.isTextual()) {
      throw new InvalidEnvelope(path + " is not a string");
    }
    return value.textValue();
  }
}
