package ingest.envelope;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.github.f4b6a3.ulid.Ulid;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EventIdTest {
  private static final Instant TIME = Instant.parse("2026-09-24T03:15:00.123Z");

  /** Computed apart from this code; ids are on disk, so this never changes. */
  @Test
  void the_id_of_a_fact_never_changes() {
    UUID id =
        EventId.of(
            Instant.ofEpochMilli(1790219700000L),
            "kick",
            "kick.viewer_count.observed",
            "kick:900000001",
            "1790219700000",
            0);
    assertEquals("01M38PHHS09TAWMJGPBVVXXNJG", EventId.text(id));
  }

  @Test
  void the_same_fact_has_the_same_id() {
    assertEquals(
        EventId.of(TIME, "kick", "a.b", "kick:1", "key", 0),
        EventId.of(TIME, "kick", "a.b", "kick:1", "key", 0));
  }

  @Test
  void each_field_makes_another_fact() {
    List<UUID> ids =
        List.of(
            EventId.of(TIME, "kick", "a.b", "kick:1", "key", 0),
            EventId.of(TIME.plusMillis(1), "kick", "a.b", "kick:1", "key", 0),
            EventId.of(TIME, "x", "a.b", "kick:1", "key", 0),
            EventId.of(TIME, "kick", "a.c", "kick:1", "key", 0),
            EventId.of(TIME, "kick", "a.b", "kick:2", "key", 0),
            EventId.of(TIME, "kick", "a.b", "kick:1", "kex", 0),
            EventId.of(TIME, "kick", "a.b", "kick:1", "key", 1));
    assertEquals(ids.size(), Set.copyOf(ids).size());
  }

  @Test
  void the_border_between_two_fields_counts() {
    assertNotEquals(
        EventId.of(TIME, "s", "t", "a", "bc", 0), EventId.of(TIME, "s", "t", "ab", "c", 0));
    assertNotEquals(
        EventId.of(TIME, "s", "t", "a", "b1", 0), EventId.of(TIME, "s", "t", "a", "b", 10));
    assertNotEquals(
        EventId.of(TIME, "st", "", "a", "b", 0), EventId.of(TIME, "s", "t", "a", "b", 0));
  }

  @Test
  void the_time_stands_in_the_id_in_milliseconds() {
    UUID id = EventId.of(TIME.plusNanos(999_999), "s", "t", "a", "b", 0);
    assertEquals(TIME, Ulid.from(id).getInstant());
    assertEquals(EventId.of(TIME, "s", "t", "a", "b", 0), id);
  }

  @Test
  void later_ids_sort_later_as_text_and_as_bits() {
    String early = EventId.text(EventId.of(TIME, "s", "t", "a", "b", 0));
    String late = EventId.text(EventId.of(TIME.plusMillis(1), "s", "t", "a", "b", 0));
    assertEquals(-1, Integer.signum(early.compareTo(late)));
    assertEquals(
        -1,
        Integer.signum(EventId.parse(early).toString().compareTo(EventId.parse(late).toString())));
  }

  @Test
  void ordinals_of_one_message_do_not_meet() {
    Set<UUID> ids = new HashSet<>();
    for (int ordinal = 0; ordinal < 10_000; ordinal++) {
      ids.add(EventId.of(TIME, "s", "t", "a", "b", ordinal));
    }
    assertEquals(10_000, ids.size());
  }

  @Test
  void the_wire_form_is_read_back() {
    UUID id = EventId.of(TIME, "s", "t", "a", "b", 0);
    assertEquals(id, EventId.parse(EventId.text(id)));
  }

  @ParameterizedTest(name = "''{0}''")
  @ValueSource(
      strings = {
        "",
        "01K5X",
        "01K5X0000000000000000000U1",
        "81K5X0000000000000000000A1",
        "00000000-0000-0000-0000-000000000000"
      })
  void what_is_no_ulid_is_no_id(String text) {
    assertThrows(InvalidEnvelope.class, () -> EventId.parse(text));
  }
}
