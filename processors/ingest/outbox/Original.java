package ingest.outbox;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
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
    StringWriter text = new StringWriter(512);
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("event_type", eventType);
      json.writeStringField("message_id", messageId);
      json.writeStringField("signature", signature);
      json.writeObjectFieldStart("headers");
      for (Map.Entry<String, String> header : headers.entrySet()) {
        json.writeStringField(header.getKey(), header.getValue());
      }
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
