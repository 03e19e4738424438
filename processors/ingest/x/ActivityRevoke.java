package ingest.x;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.mapping.Arrival;
import ingest.mapping.Mapper;
import java.util.List;

/** Maps {@code oauth.revoke} of the X Activity API: a user took our access back. */
public final class ActivityRevoke implements Mapper {
  @Override
  public String source() {
    return "x";
  }

  @Override
  public String type() {
    return "x.activity.oauth.revoke";
  }

  @Override
  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    Activity activity = Activity.of(payload);
    XObject revoke = activity.payload();
    String user = revoke.id("user_id");
    return activity.event(
        type,
        user,
        revoke.time("date_time"),
        JsonNodeFactory.instance
            .objectNode()
            .put("user_id", user)
            .put("app_id", revoke.id("app_id")),
        arrival);
  }
}
