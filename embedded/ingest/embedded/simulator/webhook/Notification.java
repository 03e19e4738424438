package ingest.embedded.simulator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/**
 * What one call is to tell, not signed yet.
 *
 * @param template the type, with what tells its templates apart behind a hyphen
 */
record Notification(SendingParty party, String template, String body) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Whose channel it tells of, where it is Kick's. */
  long broadcaster() {
    try {
      return JSON.readTree(body).at("/broadcaster/user_id").asLong();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As the sender names it. */
  String type() {
    int hyphen = template.indexOf('-');
    return hyphen < 0 ? template : template.substring(0, hyphen);
  }

  Notification withBody(String other) {
    return new Notification(party, template, other);
  }
}
