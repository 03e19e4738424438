package ingest.x;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import ingest.mapping.Mapper;
import java.util.List;

/**
 * Maps {@code direct_message_events} of the Account Activity API: who wrote to whom, and when; what
 * was written is nobody's. The same message is told to both sides.
 */
public final class DirectMessages implements Mapper {
  @Override
  public String source() {
    return "x";
  }

  @Override
  public String type() {
    return "x.account_activity.direct_message";
  }

  @Override
  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    return Users.once(
        XObject.of(payload).objects("direct_message_events").stream()
            .map(item -> envelope(item, type, arrival))
            .toList());
  }

  private static Envelope envelope(XObject item, EventType type, Arrival arrival) {
    XObject message = item.object("message_create");
    String id = item.id();
    String sender = message.id("sender_id");
    return Draft.keyed(
            type,
            Users.subject(sender),
            id,
            item.millis("created_timestamp"),
            JsonNodeFactory.instance
                .objectNode()
                .put("message_id", id)
                .put("sender_id", sender)
                .put("recipient_id", message.object("target").id("recipient_id")))
        .envelope(arrival);
  }
}
