package ingest.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.jspecify.annotations.Nullable;

/** What a request says: its body is an object, with who and why in it. */
final class Requests {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Requests() {}

  static JsonNode object(@Nullable String body) {
    if (body == null || body.isBlank()) {
      return JSON.createObjectNode();
    }
    try {
      JsonNode node = JSON.readTree(body);
      if (node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      throw new AdminRefusal(400, "the body is not JSON");
    }
    throw new AdminRefusal(400, "the body is not an object");
  }

  /** The number of a row that a list goes on before; the end of all when none is given. */
  static long before(@Nullable String number) {
    if (number == null || number.isEmpty()) {
      return Long.MAX_VALUE;
    }
    if (!number.matches("\\d{1,18}")) {
      throw new AdminRefusal(400, "before is a number of an answer");
    }
    return Long.parseLong(number);
  }
}
