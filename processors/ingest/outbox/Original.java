package ingest.outbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A verified call as it came, byte for byte. It rides on the first event that its commit brings, so
 * that the archive gets it by the same commit and the same delivery.
 */
public final class Original {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** As the sender names it; empty where it does not. */
  public final String eventType;

  public final String messageId;
  public final String signature;

  /** By name in lower case; those that say something of the call. */
  public final Map<String, String> headers;

  public final byte[] body;

  public Original(
      String eventType,
      String messageId,
      String signature,
      Map<String, String> headers,
      byte[] body) {
    this.eventType = eventType;
    this.messageId = messageId;
    this.signature = signature;
    this.headers = Map.copyOf(headers);
    this.body = body;
  }

  /** Reads the columns {@code raw_headers} and {@code raw} of an outbox row. */
  public static Original of(String about, byte[] body) {
    try {
      JsonNode node = JSON.readTree(about);
      Map<String, String> headers = new LinkedHashMap<>();
      node.path("headers")
          .properties()
          .forEach(h -> headers.put(h.getKey(), h.getValue().asText()));
      return new Original(
          node.path("event_type").asText(),
          node.path("message_id").asText(),
          node.path("signature").asText(),
          headers,
          body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("raw_headers of the outbox is not what this writes", e);
    }
  }

  /** All but the body, for the column {@code raw_headers}. */
  public String about() {
    ObjectNode node = JSON.createObjectNode();
    node.put("event_type", eventType);
    node.put("message_id", messageId);
    node.put("signature", signature);
    ObjectNode named = node.putObject("headers");
    headers.forEach(named::put);
    return node.toString();
  }
}
