package ingest.claim;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.mapping.Arrival;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose claim an event tells of, by the event alone. */
class ClaimedInTest {
  private static final EventTypes TYPES = EventTypes.load(Path.of("routes"));

  @ParameterizedTest(name = "verified {0} at {1}")
  @CsvSource({
    "true, 2026-11-01T09:59:00Z",
    "false, 2026-11-01T09:59:00.123456Z",
    "true, 2026-11-01T09:59:00.120Z"
  })
  void a_claim_is_of_the_environment_that_it_was_made_in(boolean verified, String at)
      throws Exception {
    Claim claim =
        Claim.of(
            "stage",
            new ObjectMapper()
                .readTree(
                    """
                    {"streamer_id": 17, "platform": "kick", "platform_user_id": "4711",
                     "verified": %s, "claimed_at": "%s"}"""
                        .formatted(verified, at)));
    Envelope event =
        claim.event(
            TYPES.find(Claim.TYPE).orElseThrow(),
            new Arrival(Instant.parse("2026-11-01T10:00:00Z"), null, Envelope.newTraceparent()),
            5);
    assertTrue(ClaimedIn.one(event.type()));
    assertTrue(ClaimedIn.environment("stage", event.id(), event.subject(), event.data()));
    assertFalse(ClaimedIn.environment("production", event.id(), event.subject(), event.data()));
  }
}
