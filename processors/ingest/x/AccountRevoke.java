package ingest.x;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import ingest.mapping.Mapper;
import java.time.Instant;
import java.util.List;

/**
 * Maps {@code user_event.revoke} of the Account Activity API: a user took our access back, and no
 * event of theirs comes after it. Such a call is for no user.
 */
public final class AccountRevoke implements Mapper {
  @Override
  public String source() {
    return "x";
  }

  @Override
  public String type() {
    return "x.account_activity.revoke";
  }

  @Override
  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    XObject revoke = XObject.of(payload).object("user_event").object("revoke");
    String user = revoke.object("source").id("user_id");
    String app = revoke.object("target").id("app_id");
    Instant time = revoke.time("date_time");
    return List.of(
        Draft.keyed(
                type,
                Users.subject(user),
                app + " " + time,
                time,
                JsonNodeFactory.instance.objectNode().put("user_id", user).put("app_id", app))
            .envelope(arrival));
  }
}
