package ingest.sumsub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.envelope.InvalidEnvelope;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An object that Sumsub sent, and its place in the whole. {@code null}, a blank text and an absent
 * field are one; anything of a wrong type is an {@link InvalidEnvelope}.
 */
record SumsubObject(JsonNode node, String path) {
  private static final Pattern ID = Pattern.compile("[0-9A-Za-z_-]{1,100}");

  /** {@code 2026-09-24 03:15:10.123} and {@code 2026-09-24 03:15:10+0000}; no zone is UTC. */
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .optionalStart()
          .appendOffset("+HHMM", "Z")
          .optionalEnd()
          .optionalStart()
          .appendOffset("+HH:MM", "Z")
          .optionalEnd()
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  SumsubObject {
    if (!node.isObject()) {
      throw new InvalidEnvelope(path + " is not an object");
    }
  }

  /** The whole of it. */
  static SumsubObject of(JsonNode root) {
    return new SumsubObject(root, "$");
  }

  /** The object, or an empty one where it is absent. */
  SumsubObject object(String name) {
    JsonNode value = optional(name, JsonNode::isObject, "an object");
    return new SumsubObject(
        value == null ? JsonNodeFactory.instance.objectNode() : value, path + "." + name);
  }

  /** An id of Sumsub's that has to be there. */
  String id(String name) {
    String id = textOrNumber(name);
    if (id == null || !ID.matcher(id).matches()) {
      throw invalid(name, "an id");
    }
    return id;
  }

  /** As text, also where it is sent as a number. */
  @Nullable String textOrNumber(String name) {
    JsonNode value =
        optional(name, v -> v.isTextual() || v.isIntegralNumber(), "a string or a number");
    return value == null ? null : text(value);
  }

  @Nullable String text(String name) {
    JsonNode value = optional(name, JsonNode::isTextual, "a string");
    return value == null ? null : text(value);
  }

  /** As a flag, also where it is sent as text. */
  @Nullable Boolean flag(String name) {
    JsonNode value = optional(name, SumsubObject::isFlag, "a boolean");
    return value == null ? null : Boolean.valueOf(value.asText());
  }

  @Nullable Instant time(String name) {
    String text = text(name);
    if (text == null) {
      return null;
    }
    try {
      TemporalAccessor time = TIME.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
      return time instanceof OffsetDateTime zoned
          ? zoned.toInstant()
          : LocalDateTime.from(time).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      throw invalid(name, "a time");
    }
  }

  InvalidEnvelope invalid(String name, String expected) {
    return new InvalidEnvelope("%s.%s is not %s".formatted(path, name, expected));
  }

  private static boolean isFlag(JsonNode value) {
    return value.isBoolean()
        || (value.isTextual()
            && ("true".equals(value.textValue()) || "false".equals(value.textValue())));
  }

  /** Without NUL, which no text column of PostgreSQL takes. */
  private static String text(JsonNode value) {
    return value.asText().replace("\0", "");
  }

  private @Nullable JsonNode optional(String name, Predicate<JsonNode> is, String expected) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull() || (value.isTextual() && text(value).isBlank())) {
      return null;
    }
    if (!is.test(value)) {
      throw invalid(name, expected);
    }
    return value;
  }
}
