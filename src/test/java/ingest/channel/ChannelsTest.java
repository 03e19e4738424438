package ingest.channel;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of names, one situation at a time; their interleavings are NamesPropertyTest's. */
final class ChannelsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private static final Instant START = Instant.parse("2026-05-01T12:00:00Z");

  /** Statements of this database that wait for a row. */
  private static final String WAITING =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

  private final Channels channels = new Channels(new ChannelMetrics(new SimpleMeterRegistry()));

  @Test
  void a_channel_that_is_new_has_its_name_and_a_history_from_then_on() throws SQLException {
    assertEquals(List.of(), see(seen("1", "ninja", 0)));
    assertEquals(List.of("1 ninja ninja"), names());
    assertEquals(List.of("1 ninja 0 -"), history());
  }

  @Test
  void a_rename_ends_one_span_and_begins_the_next() throws SQLException {
    see(seen("1", "ninja", 0));
    assertEquals(List.of("1: ninja > ronin"), see(seen("1", "ronin", 60)));
    assertEquals(List.of("1 ronin ronin"), names());
    assertEquals(List.of("1 ninja 0 60", "1 ronin 60 -"), history());
  }

  @Test
  void the_same_sighting_again_and_an_older_one_change_nothing() throws SQLException {
    see(seen("1", "ninja", 0));
    see(seen("1", "ronin", 60));
    assertEquals(List.of(), see(seen("1", "ronin", 60)));
    assertEquals(List.of(), see(seen("1", "samurai", 30)));
    assertEquals(List.of("1 ronin ronin"), names());
    assertEquals(List.of("1 ninja 0 60", "1 ronin 60 -"), history());
  }

  @Test
  void two_channels_may_swap_their_names_in_one_batch() throws SQLException {
    see(seen("1", "a", 0), seen("2", "b", 0));
    assertEquals(List.of("1: a > b", "2: b > a"), see(seen("1", "b", 60), seen("2", "a", 60)));
    assertEquals(List.of("1 b b", "2 a a"), names());
    assertEquals(List.of("1 a 0 60", "1 b 60 -", "2 b 0 60", "2 a 60 -"), history());
  }

  @Test
  void who_is_seen_under_a_name_last_holds_it_until_it_moves_on() throws SQLException {
    see(seen("1", "ninja", 0));
    assertEquals(List.of(), see(seen("2", "ninja", 60)));
    assertEquals(List.of("1 ninja -", "2 ninja ninja"), names());
    assertEquals(List.of("2: ninja > other"), see(seen("2", "other", 120)));
    assertEquals(List.of("1 ninja ninja", "2 other other"), names());
    assertEquals(
        List.of("1 ninja 0 60", "1 - 60 120", "1 ninja 120 -", "2 ninja 60 120", "2 other 120 -"),
        history());
  }

  @Test
  void a_name_that_changes_while_its_row_is_awaited_is_settled_by_a_second_try() throws Exception {
    see(seen("1", "ninja", 0));
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (Connection tx = STORES.dm().connection()) {
      tx.setAutoCommit(false);
      channels.upsert(tx, List.of(seen("1", "ronin", 60)));
      Future<List<String>> waits = other.submit(() -> see(seen("1", "ninja", 90)));
      await().until(() -> STORES.sql().number(WAITING) == 1);
      tx.commit();
      ExecutionException failed = assertThrows(ExecutionException.class, waits::get);
      assertEquals("40001", assertInstanceOf(SQLException.class, failed.getCause()).getSQLState());
    } finally {
      other.shutdownNow();
    }
    assertEquals(List.of("1 ronin ronin"), names());
    List<Sighting> again = List.of(seen("1", "ninja", 90));
    assertEquals(
        List.of("ronin"),
        STORES.dm().transaction(tx -> channels.upsertInTurn(tx, again)).renames().stream()
            .map(Rename::from)
            .toList());
    assertEquals(List.of("1 ninja ninja"), names());
    assertEquals(List.of("1 ninja 0 60", "1 ronin 60 90", "1 ninja 90 -"), history());
  }

  private Sighting seen(String userId, String slug, int second) {
    Instant at = START.plusSeconds(second);
    UUID event = EventId.of(at, "kick", "test", userId, slug, 0);
    return Sighting.named(
        new ChannelKey("kick", userId), slug, at, event, Envelope.newTraceparent());
  }

  private List<String> see(Sighting... sightings) throws SQLException {
    return STORES.dm().transaction(tx -> channels.upsert(tx, List.of(sightings))).renames().stream()
        .map(r -> r.channel().userId() + ": " + r.from() + " > " + r.to())
        .sorted()
        .toList();
  }

  private static List<String> names() {
    return spaced(
        "SELECT platform_user_id, observed_slug, coalesce(current_slug, '-') FROM dm.streamer_channel ORDER BY 1");
  }

  private static List<String> history() {
    return spaced(
        "SELECT c.platform_user_id, coalesce(h.slug, '-'), round(extract(epoch FROM h.observed_from - '"
            + START
            + "')), coalesce(round(extract(epoch FROM h.observed_until - '"
            + START
            + "'))::text, '-') FROM dm.streamer_channel_slug_history h JOIN dm.streamer_channel c ON c.id = h.channel_id ORDER BY 1, h.observed_from");
  }

  private static List<String> spaced(String query) {
    return Stream.of(STORES.sql().rows(query))
        .flatMap(List::stream)
        .map(r -> r.replace('|', ' '))
        .toList();
  }
}
