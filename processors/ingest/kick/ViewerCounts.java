package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Maps Kick's answer to {@code GET /channels} to {@code kick.viewer_count.observed}.
 *
 * <p>A count that Kick leaves out stays absent: zero would claim that someone looked and saw
 * nobody. {@code null} is read as absent everywhere.
 */
public final class ViewerCounts {
  /** The type this emits. */
  public static final String TYPE = "kick.viewer_count.observed";

  private static final String SOURCE = "kick";
  private static final String DATASCHEMA = TYPE + "/1";

  /**
   * How much older than the poll its stream fields count as. Kick's lists lag its webhooks: a
   * stream was still listed 3 s after its end and gone at 19 s, and counts refresh about every 61 s
   * (recorded traffic, KickTracker). A poll that began after a push must not undo it.
   */
  private static final Duration LAG = Duration.ofSeconds(90);

  /** A stream that starts later than this after the poll is a fault of Kick's clock. */
  private static final Duration AHEAD = Duration.ofMinutes(2);

  /**
   * One envelope for each channel of the page that the answer lists, in the answer's order.
   *
   * <p>Channels are matched by user id, never by position. One that was not asked for is passed
   * over, one that is not listed (renamed, banned) has no envelope, and of one that is listed twice
   * the first item counts. Another poll of the same slot gives the same ids.
   *
   * @param answer the body of an answer with status 200
   * @param traceparent of the call that brought the answer
   * @throws MalformedAnswer when anything that is mapped has a wrong type
   */
  public List<Envelope> map(JsonNode answer, List<DueChannel> page, String traceparent) {
    JsonNode items = required(answer, "$", "data", JsonNode::isArray, "an array");
    Map<String, DueChannel> due = new HashMap<>();
    page.forEach(channel -> due.put(channel.platformUserId(), channel));
    List<Envelope> envelopes = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      String path = "$.data[" + i + "]";
      JsonNode item = items.get(i);
      String userId =
          required(item, path, "broadcaster_user_id", JsonNode::isIntegralNumber, "an integer")
              .asText();
      DueChannel channel = due.remove(userId);
      if (channel != null) {
        envelopes.add(envelope(channel, data(item, path, channel), traceparent));
      }
    }
    return envelopes;
  }

  private static Envelope envelope(DueChannel channel, ObjectNode data, String traceparent) {
    String subject = "kick:" + channel.platformUserId();
    String slot = Long.toString(channel.slot().toEpochMilli());
    return new Envelope(
        EventId.of(channel.slot(), SOURCE, TYPE, subject, slot, 0),
        SOURCE,
        TYPE,
        DATASCHEMA,
        subject,
        channel.polledAt().truncatedTo(ChronoUnit.MILLIS),
        Envelope.micros(channel.polledAt()),
        channel.externalId(),
        null,
        traceparent,
        data);
  }

  private static ObjectNode data(JsonNode item, String path, DueChannel channel) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform", SOURCE);
    data.put("platform_user_id", channel.platformUserId());
    String slug = text(item, path, "slug");
    put(data, "slug", slug == null ? null : slug.toLowerCase(Locale.ROOT));
    JsonNode answered = object(item, path, "stream");
    set(data, "viewer_count", count(answered, path + ".stream", "viewer_count"));
    ObjectNode stream = stream(item, path, channel.polledAt());
    if (!stream.isEmpty()) {
      data.set("stream", stream);
      data.put("stream_rev", Long.toString(Envelope.micros(channel.polledAt().minus(LAG))));
    }
    return data;
  }

  /** What Kick's webhooks report too; Kick has parts of it beside its own {@code stream}. */
  private static ObjectNode stream(JsonNode item, String path, Instant polledAt) {
    JsonNode answered = object(item, path, "stream");
    String at = path + ".stream";
    ObjectNode stream = JsonNodeFactory.instance.objectNode();
    set(stream, "is_live", flag(answered, at, "is_live"));
    Instant startedAt = time(answered, at, "start_time");
    if (startedAt != null
        && !startedAt.isAfter(polledAt.plus(AHEAD))
        && stream.path("is_live").booleanValue()) {
      stream.put("started_at", startedAt.toString());
    }
    put(stream, "title", text(item, path, "stream_title"));
    put(stream, "language", text(answered, at, "language"));
    set(stream, "is_mature", flag(answered, at, "is_mature"));
    ObjectNode category = category(object(item, path, "category"), path + ".category");
    if (!category.isEmpty()) {
      stream.set("category", category);
    }
    ArrayNode tags = texts(answered, at, "custom_tags");
    if (!tags.isEmpty()) {
      stream.set("tags", tags);
    }
    return stream;
  }

  /** Empty for id 0, which is Kick's way to say that there is none. */
  private static ObjectNode category(JsonNode answered, String path) {
    ObjectNode category = JsonNodeFactory.instance.objectNode();
    JsonNode id = count(answered, path, "id");
    String name = text(answered, path, "name");
    if (id != null && id.intValue() != 0) {
      category.set("id", id);
      put(category, "name", name);
    }
    return category;
  }

  /** The object, or an empty one where it is absent. */
  private static JsonNode object(JsonNode parent, String path, String name) {
    JsonNode value = optional(parent, path, name, JsonNode::isObject, "an object");
    return value == null ? JsonNodeFactory.instance.objectNode() : value;
  }

  private static @Nullable JsonNode count(JsonNode parent, String path, String name) {
    return optional(
        parent,
        path,
        name,
        value -> value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= 0,
        "a count");
  }

  private static @Nullable JsonNode flag(JsonNode parent, String path, String name) {
    return optional(parent, path, name, JsonNode::isBoolean, "a boolean");
  }

  /** The time, or null where Kick has none: the field is absent or empty, or the year is 1. */
  private static @Nullable Instant time(JsonNode parent, String path, String name) {
    String text = text(parent, path, name);
    if (text == null) {
      return null;
    }
    try {
      OffsetDateTime time = OffsetDateTime.parse(text);
      return time.getYear() <= 1 ? null : time.toInstant();
    } catch (DateTimeException e) {
      throw new MalformedAnswer(path + "." + name, "an RFC 3339 time");
    }
  }

  private static @Nullable String text(JsonNode parent, String path, String name) {
    JsonNode value = optional(parent, path, name, JsonNode::isTextual, "a string");
    return value == null ? null : text(value);
  }

  private static ArrayNode texts(JsonNode parent, String path, String name) {
    ArrayNode texts = JsonNodeFactory.instance.arrayNode();
    JsonNode values = optional(parent, path, name, JsonNode::isArray, "an array");
    for (int i = 0; values != null && i < values.size(); i++) {
      if (!values.get(i).isTextual()) {
        throw new MalformedAnswer("%s.%s[%d]".formatted(path, name, i), "a string");
      }
      String text = text(values.get(i));
      if (text != null) {
        texts.add(text);
      }
    }
    return texts;
  }

  /** Null where it is blank. Without NUL, which no text column of PostgreSQL takes. */
  private static @Nullable String text(JsonNode value) {
    String text = value.textValue().replace("\0", "");
    return text.isBlank() ? null : text;
  }

  private static JsonNode required(
      JsonNode parent, String path, String name, Predicate<JsonNode> is, String expected) {
    if (!parent.isObject()) {
      throw new MalformedAnswer(path, "an object");
    }
    JsonNode value = optional(parent, path, name, is, expected);
    if (value == null) {
      throw new MalformedAnswer(path + "." + name, expected);
    }
    return value;
  }

  private static @Nullable JsonNode optional(
      JsonNode parent, String path, String name, Predicate<JsonNode> is, String expected) {
    JsonNode value = parent.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!is.test(value)) {
      throw new MalformedAnswer(path + "." + name, expected);
    }
    return value;
  }

  private static void set(ObjectNode object, String name, @Nullable JsonNode value) {
    if (value != null) {
      object.set(name, value);
    }
  }

  private static void put(ObjectNode object, String name, @Nullable String value) {
    if (value != null) {
      object.put(name, value);
    }
  }
}
