package ingest.x;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one event of a call of the X Activity API. Its key is X's {@code event_uuid}, which tells no
 * time.
 */
record Activity(XObject data) {
  static Activity of(JsonNode payload) {
    return new Activity(XObject.of(payload).object("data"));
  }

  XObject payload() {
    return data.object("payload");
  }

  /** {@code happened}: null where X does not say, which is when the call came in. */
  List<Envelope> event(
      EventType type, String user, @Nullable Instant happened, JsonNode told, Arrival arrival) {
    return List.of(
        Draft.keyed(type, Users.subject(user), data.eventUuid(), Instant.EPOCH, told)
            .at(happened)
            .envelope(arrival));
  }

  /** Whom {@code source} follows, or does so no longer; X does not say since when. */
  List<Envelope> follow(EventType type, boolean following, Arrival arrival) {
    String source = payload().user("source").id();
    String target = payload().user("target").id();
    return event(type, target, null, Users.follow(source, target, following), arrival);
  }
}
