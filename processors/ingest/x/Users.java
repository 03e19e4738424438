package ingest.x;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What events between users of X have in common. */
final class Users {
  private Users() {}

  static String subject(String user) {
    return "x:" + user;
  }

  /** That {@code source} follows {@code target}, or does so no longer. */
  static ObjectNode follow(String source, String target, boolean following) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("source_user_id", source)
        .put("target_user_id", target)
        .put("following", following);
  }

  /** An item that stands in one call twice is one event. */
  static List<Envelope> once(Collection<Envelope> envelopes) {
    Map<UUID, Envelope> byId = new LinkedHashMap<>();
    envelopes.forEach(e -> byId.putIfAbsent(e.id(), e));
    return List.copyOf(byId.values());
  }
}
