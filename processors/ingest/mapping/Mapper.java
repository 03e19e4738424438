package ingest.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import java.util.List;

/**
 * Maps an upstream's JSON to the events of one (source, type), for what expressions in a route make
 * unreadable. Found by scanning, so an implementation needs a public constructor without arguments;
 * used by several threads.
 */
public interface Mapper {
  String source();

  String type();

  /**
   * Pure: the same payload and arrival always give the same envelopes. Several of one subject need
   * a key or an ordinal each: two with one id are refused.
   *
   * @param type as its schema registers it, for {@link Draft}
   * @throws ingest.envelope.InvalidEnvelope when the payload is not what the upstream documents;
   *     names the place, never what stands there
   */
  List<Envelope> map(JsonNode payload, EventType type, Arrival arrival);
}
