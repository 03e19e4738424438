package ingest.x;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.Slug;
import ingest.mapping.Arrival;
import ingest.mapping.Mapper;
import java.util.List;

/**
 * Maps {@code profile.update.handle} of the X Activity API: a user has another name in URLs.
 *
 * <p>X does not say since when: the name counts from when the call came in, so of two changes that
 * arrive the wrong way round the older one stays, until X tells of the user again.
 */
public final class HandleUpdate implements Mapper {
  @Override
  public String source() {
    return "x";
  }

  @Override
  public String type() {
    return "x.activity.profile.update.handle";
  }

  @Override
  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    Activity activity = Activity.of(payload);
    String user = activity.data().object("filter").id("user_id");
    XObject change = activity.payload();
    String slug =
        Slug.of(change.text("after")).orElseThrow(() -> change.not("after", "a name in URLs"));
    return activity.event(
        type,
        user,
        null,
        JsonNodeFactory.instance
            .objectNode()
            .put("platform", "x")
            .put("platform_user_id", user)
            .put("slug", slug),
        arrival);
  }
}
