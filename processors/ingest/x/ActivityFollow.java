package ingest.x;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.mapping.Arrival;
import ingest.mapping.Mapper;
import java.util.List;

/** Maps {@code follow.follow} of the X Activity API. */
public final class ActivityFollow implements Mapper {
  @Override
  public String source() {
    return "x";
  }

  @Override
  public String type() {
    return "x.activity.follow.follow";
  }

  @Override
  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    return Activity.of(payload).follow(type, true, arrival);
  }
}
