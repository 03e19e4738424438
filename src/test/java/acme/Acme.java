package acme;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.mapping.Arrival;
import ingest.webhook.Sender;
import java.util.List;
import java.util.Map;

/** Signs in the header {@code sig}. */
public record Acme(String source) implements Sender {
  @Override
  public List<String> headers() {
    return List.of("sig", "event");
  }

  @Override
  public String signature() {
    return "sig";
  }

  @Override
  public Arrival.Message message(Map<String, String> headers, byte[] body) {
    throw new IllegalStateException("a rejected call has no identity");
  }

  @Override
  public String said(Map<String, String> headers, JsonNode body) {
    throw new IllegalStateException("a rejected call is not read");
  }

  @Override
  public List<String> types(Map<String, String> headers, JsonNode body) {
    throw new IllegalStateException("a rejected call is not read");
  }
}
