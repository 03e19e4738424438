package ingest.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/** A consumer's answer to a batch. */
final class Applied {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Applied() {}

  /**
   * Holds it against a batch of new events.
   *
   * @throws Unbalanced unless all of them were applied
   */
  static void unlessAll(int events, String answer) throws IOException {
    JsonNode told = JSON.readTree(answer);
    Unbalanced.unlessEqual("applied events of a batch", events, told.path("applied").asLong());
    Unbalanced.unlessEqual("other results of a batch", 0, told.path("results").size());
  }
}
