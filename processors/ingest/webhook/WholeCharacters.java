package ingest.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;

/**
 * Puts U+FFFD for half a character: JSON can say one ({@code \}{@code ud83c} without its other
 * half, as of a text that was cut), and no store can hold it.
 */
final class WholeCharacters {
  private static final int REPLACEMENT = 0xFFFD;

  private WholeCharacters() {}

  /** The same document where nothing is to be mended. */
  static JsonNode of(JsonNode node) {
    return isWhole(node) ? node : mended(node);
  }

  static String of(String text) {
    return isWhole(text)
        ? text
        : text.codePoints()
            .map(c -> isHalf(c) ? REPLACEMENT : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
  }

  private static boolean isWhole(JsonNode node) {
    if (node.isTextual()) {
      return isWhole(node.textValue());
    }
    for (var field : node.properties()) {
      if (!isWhole(field.getKey())) {
        return false;
      }
    }
    for (JsonNode inner : node) {
      if (!isWhole(inner)) {
        return false;
      }
    }
    return true;
  }

  private static JsonNode mended(JsonNode node) {
    if (node.isTextual()) {
      return TextNode.valueOf(of(node.textValue()));
    }
    if (node.isObject()) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      node.properties().forEach(f -> object.set(of(f.getKey()), mended(f.getValue())));
      return object;
    }
    if (node.isArray()) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      node.forEach(item -> array.add(mended(item)));
      return array;
    }
    return node;
  }

  private static boolean isWhole(String text) {
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      if (isHalf(text.codePointAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isHalf(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
