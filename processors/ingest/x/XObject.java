package ingest.x;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import ingest.envelope.InvalidEnvelope;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * An object that X sent, and its place in the whole. Its fields are read as X documents them and as
 * its samples have them; anything else is an {@link InvalidEnvelope} that names the place.
 */
record XObject(JsonNode node, String path) {
  private static final Pattern ID = Pattern.compile("[0-9]{1,19}");

  /** Signed 64-bit numbers as text. */
  private static final Pattern EVENT_UUID = Pattern.compile("-?[0-9]{1,19}");

  /** Until the year 2286. */
  private static final Pattern MILLIS = Pattern.compile("[0-9]{1,13}");

  /** From here on X's own samples have numbers that were rounded. */
  private static final long EXACT = 1L << 53;

  XObject {
    if (!node.isObject()) {
      throw invalid(path, "an object");
    }
  }

  /** The whole of it. */
  static XObject of(JsonNode root) {
    return new XObject(root, "$");
  }

  XObject object(String name) {
    return new XObject(node.path(name), path + "." + name);
  }

  List<XObject> objects(String name) {
    JsonNode values = node.path(name);
    if (!values.isArray()) {
      throw not(name, "an array");
    }
    List<XObject> objects = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      objects.add(new XObject(values.get(i), "%s.%s[%d]".formatted(path, name, i)));
    }
    return objects;
  }

  /** A user, who stands there bare or wrapped as {@code data}: the samples have both. */
  XObject user(String name) {
    XObject user = object(name);
    return user.node.path("data").isObject() ? user.object("data") : user;
  }

  /** The id of the object itself, as text; where it has {@code id_str}, that. */
  String id() {
    return node.hasNonNull("id_str") ? id("id_str") : id("id");
  }

  /** An id as text. A number that may have been rounded is none. */
  String id(String name) {
    JsonNode value = node.path(name);
    boolean rounded = value.isNumber() && !(value.canConvertToLong() && value.longValue() < EXACT);
    return written(rounded ? MissingNode.getInstance() : value, name, ID, "an id that is exact");
  }

  String eventUuid() {
    return written(node.path("event_uuid"), "event_uuid", EVENT_UUID, "a 64-bit number");
  }

  /** A time in milliseconds since 1970, which X sends as text or as a number. */
  Instant millis(String name) {
    return Instant.ofEpochMilli(
        Long.parseLong(
            written(node.path(name), name, MILLIS, "a time in milliseconds since 1970")));
  }

  /** A time as text, with any offset. */
  Instant time(String name) {
    try {
      OffsetDateTime time = OffsetDateTime.parse(text(name));
      if (time.getYear() >= 1970 && time.getYear() < 9999) {
        return time.toInstant();
      }
    } catch (DateTimeException e) { // told below, with what is out of bounds
    }
    throw not(name, "an RFC 3339 time since 1970");
  }

  String text(String name) {
    JsonNode value = node.path(name);
    if (!value.isTextual()) {
      throw not(name, "a string");
    }
    return value.textValue();
  }

  /** What is wrong with a field. */
  InvalidEnvelope not(String name, String expected) {
    return invalid(path + "." + name, expected);
  }

  private String written(JsonNode value, String name, Pattern pattern, String expected) {
    if (!(value.isTextual() || value.isIntegralNumber())
        || !pattern.matcher(value.asText()).matches()) {
      throw not(name, expected);
    }
    return value.asText();
  }

  private static InvalidEnvelope invalid(String path, String expected) {
    return new InvalidEnvelope(path + " is not " + expected);
  }
}
