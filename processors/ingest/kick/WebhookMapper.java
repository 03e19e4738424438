package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.InvalidEnvelope;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import ingest.mapping.MalformedAnswer;
import ingest.mapping.Mapper;
import java.util.List;

/**
 * Maps Kick's webhooks of one type, each to one event. The type is told by a header that nobody
 * signed, so a body that lacks what tells its type from others is not of it.
 */
interface WebhookMapper extends Mapper {
  @Override
  default String source() {
    return KickWebhook.KICK;
  }

  @Override
  default List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    try {
      return List.of(
          draft(new KickWebhook(KickObject.of(payload), type, arrival)).envelope(arrival));
    } catch (MalformedAnswer e) {
      throw new InvalidEnvelope(String.valueOf(e.getMessage()));
    }
  }

  /**
   * What the event is.
   *
   * @throws MalformedAnswer when the body is not what Kick documents
   */
  Draft draft(KickWebhook webhook);
}
