package ingest.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.jspecify.annotations.Nullable;

/** The body of an action: an object that says who and why. */
final class Requests {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST = 500;

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

  static String who(JsonNode request) {
    return text(request, "who", "unknown");
  }

  static String why(JsonNode request) {
    return text(request, "why", "not said");
  }

  private static String text(JsonNode request, String field, String absent) {
    String value = request.path(field).asText("");
    if (value.isBlank()) {
      return absent;
    }
    return value.length() > LONGEST ? value.substring(0, LONGEST) : value;
  }
}
