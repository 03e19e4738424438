package ingest.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.EventTypes;
import ingest.outbox.Partitions;
import ingest.outbox.Tail;
import ingest.store.TestStores;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a page leaves the process, and what is taken for a cursor. */
class TailApiTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final ObjectMapper JSON = new ObjectMapper();

  private final EventTypes types = EventTypes.load(Path.of("routes"));
  private final TailApi api = new TailApi(new Tail(STORES.dm()), types, Clock.systemUTC());

  private JsonNode page(String cursor) throws Exception {
    return JSON.readTree(api.page(cursor, "", null, null));
  }

  private static void commit(String type) throws Exception {
    new Partitions(STORES.dm()).make();
    STORES
        .sql()
        .run(
            """
            INSERT INTO ingest.ingest_outbox (day, chunk, pos, event_id, source, type, subject, rev, envelope, created_at)
            SELECT (ingest.now() AT TIME ZONE 'UTC')::date, nextval('ingest.chunk_seq'), 0, gen_random_uuid(), 'acme', '%s', 'a', 1,
                   '{"type":"%s","data":{"name":"somebody"}}', ingest.now()
            """
                .formatted(type, type));
  }

  @Test
  void data_of_persons_stays_here() throws Exception {
    String cursor = page("").path("cursor").asText();
    commit("kick.viewer_count.observed");
    commit("kick.chat.message.sent");
    commit("acme.unknown");
    JsonNode events = page(cursor).path("events");
    assertEquals(3, events.size());
    assertTrue(events.get(0).path("event").has("data"));
    assertFalse(events.get(0).has("data_withheld"));
    for (int i = 1; i < 3; i++) {
      assertFalse(events.get(i).path("event").has("data"), events.toString());
      assertEquals("personal", events.get(i).path("data_withheld").asText());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "{}",
        "null",
        "[]",
        "{\"told\":\"1'; DROP TABLE x; --\",\"floor\":1,\"marks\":[],\"millis\":1}",
        "{\"told\":\"1:1:\",\"after\":{\"day\":\"today\",\"chunk\":1,\"pos\":1},\"marks\":[]}",
        "{\"told\":\"9:1:\",\"floor\":1,\"floorMillis\":1,\"marks\":[],\"millis\":99999999999999}"
      })
  void what_is_no_cursor_is_refused(String cursor) {
    for (String given :
        new String[] {
          cursor,
          Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(cursor.getBytes(StandardCharsets.UTF_8))
        }) {
      assertEquals(
          400, assertThrows(AdminRefusal.class, () -> api.page(given, "", "", "")).status());
    }
  }

  @Test
  void who_was_away_for_long_begins_anew() throws Exception {
    String cursor = page("").path("cursor").asText();
    TailApi later =
        new TailApi(
            new Tail(STORES.dm()), types, Clock.offset(Clock.systemUTC(), Duration.ofMinutes(61)));
    assertEquals(
        410, assertThrows(AdminRefusal.class, () -> later.page(cursor, "", "", "")).status());
  }
}
