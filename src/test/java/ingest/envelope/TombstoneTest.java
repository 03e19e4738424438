package ingest.envelope;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TombstoneTest {
  private static Envelope event(String version) {
    return new Envelope(
        EventId.of(Instant.EPOCH, "kick", "kick.chat.message.sent", "kick:1", "k", 0),
        "kick",
        "kick.chat.message.sent",
        "kick.chat.message.sent/" + version,
        "kick:1",
        Instant.parse("2026-03-01T12:00:00.123Z"),
        7,
        null,
        null,
        Envelope.newTraceparent(),
        JsonNodeFactory.instance.objectNode().put("a", 1));
  }

  @Test
  void it_keeps_what_is_counted_and_nothing_of_what_was_said() throws Exception {
    Envelope event = event("1");
    Envelope tombstone = Envelope.of(new ObjectMapper().readTree(Tombstone.of(event).toJson()));
    assertTrue(Tombstone.is(tombstone));
    assertEquals(event.id(), tombstone.id());
    assertEquals(event.type(), tombstone.type());
    assertEquals(event.time(), tombstone.time());
    assertEquals(event.rev(), tombstone.rev());
    assertEquals("erased", tombstone.subject());
    assertTrue(tombstone.data().isEmpty());
    assertEquals(tombstone, Tombstone.of(tombstone));
  }

  @Test
  void no_version_that_a_type_can_have_is_one() {
    assertFalse(Tombstone.is(event("1")));
    assertFalse(Tombstone.is(event("10")));
  }
}
