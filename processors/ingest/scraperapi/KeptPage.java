package ingest.scraperapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.scrape.ScrapeCalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** What is kept of a callback: its page without the address of the stream. */
final class KeptPage {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ENCODED = "base64EncodedBody";

  private KeptPage() {}

  /** Byte for byte what came, where there is no such address in it. */
  static byte[] of(byte[] body) {
    byte[] kept = without(body);
    try {
      JsonNode root = JSON.readTree(kept);
      if (root.path("response") instanceof ObjectNode response
          && response.path(ENCODED).isTextual()) {
        byte[] page = Base64.getDecoder().decode(response.path(ENCODED).textValue());
        byte[] keptPage = without(page);
        if (keptPage != page) {
          response.put(ENCODED, Base64.getEncoder().encodeToString(keptPage));
          return JSON.writeValueAsBytes(root);
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      return kept; // what is no JSON or no base64 has no page in it
    }
    return kept;
  }

  /** The same array where nothing is taken out; every byte is a character of its own. */
  private static byte[] without(byte[] text) {
    String all = new String(text, StandardCharsets.ISO_8859_1);
    String kept = all.contains("playback_url") ? ScrapeCalls.withoutPlayback(all) : all;
    return kept.equals(all) ? text : kept.getBytes(StandardCharsets.ISO_8859_1);
  }
}
