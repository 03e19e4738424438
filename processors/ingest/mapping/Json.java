package ingest.mapping;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import ingest.envelope.InvalidEnvelope;
import java.io.IOException;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.NoTypeConversionAvailableException;
import org.apache.camel.TypeConversionException;
import org.jspecify.annotations.Nullable;

/** What routes carry (maps, lists, text, streams) as JSON. */
final class Json {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private Json() {}

  /**
   * A value as it is: text stays text.
   *
   * @throws InvalidEnvelope when it is nothing that JSON has
   */
  static JsonNode value(Object value, String attribute) {
    try {
      return value instanceof JsonNode node ? node : JSON.valueToTree(value);
    } catch (IllegalArgumentException e) {
      throw new InvalidEnvelope(attribute + " is no JSON value");
    }
  }

  /**
   * A document: what is text or bytes is parsed.
   *
   * @throws InvalidEnvelope when it is no JSON
   */
  static JsonNode document(@Nullable Object value, String attribute, Exchange exchange) {
    if (value instanceof JsonNode || value instanceof Iterable || value instanceof Map) {
      return value(value, attribute);
    }
    try {
      byte[] bytes =
          value == null
              ? null
              : exchange
                  .getContext()
                  .getTypeConverter()
                  .mandatoryConvertTo(byte[].class, exchange, value);
      return bytes == null || bytes.length == 0 ? absent(attribute) : JSON.readTree(bytes);
    } catch (JacksonException | NumberFormatException e) { // an exponent that nothing holds
      throw new InvalidEnvelope(attribute + " is not JSON");
    } catch (IOException | NoTypeConversionAvailableException | TypeConversionException e) {
      throw new InvalidEnvelope(attribute + " cannot be read as JSON");
    }
  }

  private static JsonNode absent(String attribute) {
    throw new InvalidEnvelope(attribute + " is absent");
  }

  /**
   * Without what says nothing: a member that is null is absent, and NUL, which no text column of
   * PostgreSQL takes, is left out.
   */
  static JsonNode told(JsonNode node) {
    if (node.isObject()) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      node.properties()
          .forEach(
              p -> {
                if (!p.getValue().isNull()) {
                  object.set(p.getKey(), told(p.getValue()));
                }
              });
      return object;
    }
    if (node.isArray()) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      node.forEach(item -> array.add(told(item)));
      return array;
    }
    return node.isTextual() && node.textValue().indexOf('\0') >= 0
        ? TextNode.valueOf(node.textValue().replace("\0", ""))
        : node;
  }
}
