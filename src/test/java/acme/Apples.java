package acme;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import ingest.mapping.Mapper;
import java.util.List;
import java.util.stream.StreamSupport;

/** Maps a list of numbers to {@code acme.apple.seen}. */
public final class Apples implements Mapper {
  private final String source;

  public Apples(String source) {
    this.source = source;
  }

  @Override
  public String source() {
    return source;
  }

  @Override
  public String type() {
    return "acme.apple.seen";
  }

  @Override
  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    return StreamSupport.stream(payload.path("apples").spliterator(), false)
        .map(
            n ->
                Draft.keyed(
                        type,
                        "acme:" + n.intValue(),
                        n.asText(),
                        arrival.time(),
                        JsonNodeFactory.instance.objectNode().set("n", n))
                    .envelope(arrival))
        .toList();
  }
}
