package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.MalformedAnswer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An object that Kick sent, and its place in the whole. Its fields are read as Kick documents them:
 * {@code null} is absent, and anything of a wrong type is a {@link MalformedAnswer}.
 */
record KickObject(JsonNode node, String path) {
  private static final Pattern ID = Pattern.compile("[0-9]{1,19}");
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,128}");

  KickObject {
    if (!node.isObject()) {
      throw new MalformedAnswer(path, "an object");
    }
  }

  /** The whole of it. */
  static KickObject of(JsonNode root) {
    return new KickObject(root, "$");
  }

  /** The object, or an empty one where it is absent. */
  KickObject object(String name) {
    JsonNode value = optional(name, JsonNode::isObject, "an object");
    return new KickObject(
        value == null ? JsonNodeFactory.instance.objectNode() : value, path + "." + name);
  }

  /** The object, which has to be there. */
  KickObject requiredObject(String name) {
    return new KickObject(required(name, JsonNode::isObject, "an object"), path + "." + name);
  }

  /** The objects of an array that has to be there. */
  List<KickObject> objects(String name) {
    return objects(name, required(name, JsonNode::isArray, "an array"));
  }

  /** The same, or none where it is absent. */
  List<KickObject> optionalObjects(String name) {
    return objects(name, optional(name, JsonNode::isArray, "an array"));
  }

  private List<KickObject> objects(String name, @Nullable JsonNode values) {
    List<KickObject> objects = new ArrayList<>();
    for (int i = 0; values != null && i < values.size(); i++) {
      objects.add(new KickObject(values.get(i), "%s.%s[%d]".formatted(path, name, i)));
    }
    return objects;
  }

  /** An id that has to be there, as text. */
  String id(String name) {
    return required(name, JsonNode::isIntegralNumber, "an integer").asText();
  }

  /** An id that has to be there, as text, also where it is sent as text. */
  String idOrText(String name) {
    return required(name, value -> word(value, ID), "an id").asText();
  }

  /** The same, or null where it is absent: who is anonymous has none. */
  @Nullable String optionalIdOrText(String name) {
    JsonNode value = optional(name, v -> word(v, ID), "an id");
    return value == null ? null : value.asText();
  }

  /** What Kick tells one thing from all others by, which has to be there: a UUID, a ULID. */
  String key(String name) {
    return required(name, value -> word(value, KEY), "an id").asText();
  }

  private static boolean word(JsonNode value, Pattern is) {
    return (value.isIntegralNumber() || value.isTextual()) && is.matcher(value.asText()).matches();
  }

  @Nullable JsonNode count(String name) {
    return optional(
        name,
        value -> value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= 0,
        "a count");
  }

  JsonNode requiredCount(String name) {
    JsonNode count = count(name);
    if (count == null) {
      throw new MalformedAnswer(path + "." + name, "a count");
    }
    return count;
  }

  /** A count that has to be there, also where it is sent as text. */
  int requiredCountOrText(String name) {
    JsonNode value = required(name, v -> word(v, ID) && fits(v.asText()), "a count");
    return Integer.parseInt(value.asText());
  }

  private static boolean fits(String digits) {
    return digits.length() <= 10 && Long.parseLong(digits) <= Integer.MAX_VALUE;
  }

  @Nullable JsonNode flag(String name) {
    return optional(name, JsonNode::isBoolean, "a boolean");
  }

  boolean requiredFlag(String name) {
    return required(name, JsonNode::isBoolean, "a boolean").booleanValue();
  }

  /** The time, or null where Kick has none: the field is absent or empty, or the year is 1. */
  @Nullable Instant time(String name) {
    String text = text(name);
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

  /** A channel's name in URLs; Kick has been seen to send capitals. */
  @Nullable String slug(String name) {
    String text = text(name);
    return text == null ? null : text.toLowerCase(Locale.ROOT);
  }

  @Nullable String text(String name) {
    JsonNode value = optional(name, JsonNode::isTextual, "a string");
    return value == null ? null : text(value);
  }

  /** A text that has to be there; null where it is blank. */
  @Nullable String requiredText(String name) {
    return text(required(name, JsonNode::isTextual, "a string"));
  }

  /** As it is written, blanks and all; without NUL. */
  @Nullable String words(String name) {
    JsonNode value = optional(name, JsonNode::isTextual, "a string");
    return value == null ? null : clean(value);
  }

  ArrayNode texts(String name) {
    ArrayNode texts = JsonNodeFactory.instance.arrayNode();
    JsonNode values = optional(name, JsonNode::isArray, "an array");
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

  /** Null where it is blank. */
  private static @Nullable String text(JsonNode value) {
    String text = clean(value);
    return text.isBlank() ? null : text;
  }

  /** Without NUL, which no text column of PostgreSQL takes. */
  private static String clean(JsonNode value) {
    return value.textValue().replace("\0", "");
  }

  private JsonNode required(String name, Predicate<JsonNode> is, String expected) {
    JsonNode value = optional(name, is, expected);
    if (value == null) {
      throw new MalformedAnswer(path + "." + name, expected);
    }
    return value;
  }

  private @Nullable JsonNode optional(String name, Predicate<JsonNode> is, String expected) {
    JsonNode value = node.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!is.test(value)) {
      throw new MalformedAnswer(path + "." + name, expected);
    }
    return value;
  }

  /** Sets what there is. */
  static void put(ObjectNode object, String name, @Nullable String value) {
    if (value != null) {
      object.put(name, value);
    }
  }

  /** Sets what there is, in UTC. */
  static void putTime(ObjectNode object, String name, @Nullable Instant value) {
    put(object, name, value == null ? null : value.toString());
  }

  /** Sets what there is. */
  static void set(ObjectNode object, String name, @Nullable JsonNode value) {
    if (value != null) {
      object.set(name, value);
    }
  }
}
