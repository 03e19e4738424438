package ingest.claim;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.InvalidEnvelope;
import java.time.Instant;
import java.util.UUID;

/**
 * Which environment a claim was made in, for who has the event alone: it goes to that one, its
 * envelope does not say which, and another would link a streamer of its own who has the same
 * number. The id tells, because the environment's name is part of what it is made of.
 */
public final class ClaimedIn {
  private ClaimedIn() {}

  /** True for a type that goes to one environment alone. */
  public static boolean one(String type) {
    return type.equals(Claim.TYPE);
  }

  /** Whether an event of that type was made in {@code environment}. */
  public static boolean environment(String environment, UUID id, String subject, JsonNode data) {
    Instant claimedAt;
    try {
      claimedAt = Envelope.time(data.path("claimed_at").asText());
    } catch (InvalidEnvelope e) {
      return false;
    }
    String key =
        Claim.key(
            environment,
            data.path("streamer_id").asLong(),
            data.path("verified").asBoolean(),
            claimedAt);
    return EventId.of(claimedAt, Claim.SOURCE, Claim.TYPE, subject, key, 0).equals(id);
  }
}
