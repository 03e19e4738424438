package ingest.x;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import ingest.mapping.Mapper;
import java.time.Instant;
import java.util.List;

/**
 * Maps {@code follow_events} of the Account Activity API: follows, and their ends.
 *
 * <p>X has no id of a follow and tells each user who subscribes, so the key is (source, target,
 * time, type), and nothing of an event depends on whom the call was for.
 */
public final class AccountFollows implements Mapper {
  @Override
  public String source() {
    return "x";
  }

  @Override
  public String type() {
    return "x.account_activity.follow";
  }

  @Override
  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    return Users.once(
        XObject.of(payload).objects("follow_events").stream()
            .map(item -> envelope(item, type, arrival))
            .toList());
  }

  private static Envelope envelope(XObject item, EventType type, Arrival arrival) {
    String kind = item.text("type");
    boolean following = kind.equals("follow");
    if (!following && !kind.equals("unfollow")) {
      throw item.not("type", "follow or unfollow");
    }
    String source = item.user("source").id();
    String target = item.user("target").id();
    Instant time = item.millis("created_timestamp");
    return Draft.keyed(
            type,
            Users.subject(target),
            String.join(" ", source, target, Long.toString(time.toEpochMilli()), kind),
            time,
            Users.follow(source, target, following))
        .envelope(arrival);
  }
}
