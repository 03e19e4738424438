package ingest.letter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What an operation of dead letters is asked to do.
 *
 * @param filter what is meant
 * @param seen of the preview, so that it takes what was seen then and nothing that came later
 * @param of what is meant by its state
 * @param who for the rows
 * @param why for the rows
 */
public record Order(Filter filter, String seen, Of of, String who, String why) {

  /** Spelt as callers do. */
  public enum Of {
    dead,
    pending,
    both;

    boolean dead() {
      return this != pending;
    }

    boolean pending() {
      return this != dead;
    }
  }

  /** As an operation keeps it. */
  public ObjectNode json() {
    ObjectNode json = filter.json();
    return json.put("seen", seen).put("of", of.name()).put("who", who).put("why", why);
  }

  static Order of(JsonNode request) {
    return new Order(
        Filter.of(request),
        request.path("seen").asText(),
        Of.valueOf(request.path("of").asText()),
        request.path("who").asText(),
        request.path("why").asText());
  }
}
