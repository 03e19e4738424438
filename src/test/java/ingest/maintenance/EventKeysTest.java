package ingest.maintenance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.store.TestStores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys that are forgotten, and the rows of other tables, in {@code dm}. */
class EventKeysTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private final LocalDate today = LocalDate.now(ZoneOffset.UTC);

  private final EventKeys keys = new EventKeys(STORES.dm(), Duration.ofDays(35));

  @BeforeEach
  void make_the_days() {
    STORES.sql().run("SELECT ingest.make_partitions((now() AT TIME ZONE 'UTC')::date - 40, 42)");
  }

  /** A key whose id is of so many days ago, and that came so many days ago. */
  private static void key(int number, int ofDaysAgo, int daysAgo) {
    STORES
        .sql()
        .run(
            """
            INSERT INTO ingest.event_key (id, day, chunk, pos, source, received_at)
            SELECT (lpad(to_hex((extract(epoch FROM now() - make_interval(days => ?)) * 1000)::bigint), 12, '0')
                    || lpad(to_hex(?::int), 20, '0'))::uuid,
                   current_date, 1, 0, 'acme', now() - make_interval(days => ?)
            """,
            ofDaysAgo,
            number,
            daysAgo);
  }

  private static List<String> left() {
    return STORES
        .sql()
        .rows("SELECT ('x' || right(id::text, 8))::bit(32)::int FROM ingest.event_key ORDER BY 1");
  }

  @Test
  void keys_go_by_when_they_came_not_by_when_their_events_happened() throws SQLException {
    key(1, 40, 40);
    key(2, 39, 3); // a call that came late
    key(3, 34, 34);
    key(4, 500, 40); // of an odd time: it is in no day
    key(5, 500, 34);

    List<LocalDate> due = keys.due();
    assertEquals(today.minusDays(40), due.get(0));
    assertEquals(today.minusDays(36), due.get(due.size() - 1));
    for (LocalDate day : due) {
      assertTrue(keys.drop(day));
      assertTrue(keys.drop(day), "another instance was faster");
    }
    keys.prune();

    assertEquals(List.of("2", "3", "5"), left());
    assertEquals(List.of(), keys.due());
    assertEquals(
        0,
        STORES
            .sql()
            .number(
                "WITH again AS (INSERT INTO ingest.event_key SELECT * FROM ingest.event_key ON CONFLICT DO NOTHING RETURNING id) SELECT count(*) FROM again"),
        "they are duplicates as before");
  }

  @Test
  void a_drop_that_would_keep_others_waiting_gives_up_and_changes_nothing() throws SQLException {
    key(1, 39, 40);
    try (Connection other = STORES.dm().connection();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT count(*) FROM ingest.event_key");
      SQLException refused = assertThrows(SQLException.class, () -> keys.drop(today.minusDays(39)));
      assertEquals("55P03", refused.getSQLState());
      SQLException day =
          assertThrows(
              SQLException.class,
              () -> {
                statement.execute("SELECT count(*) FROM ingest.ingest_outbox");
                try (Connection own = STORES.dm().connection();
                    Statement drop = own.createStatement()) {
                  drop.execute("SELECT ingest.drop_day(current_date - 39)");
                }
              });
      assertEquals("55P03", day.getSQLState());
      other.rollback();
    }
    assertEquals(List.of("1"), left());
    assertTrue(keys.drop(today.minusDays(39)));
    assertEquals(List.of(), left());
  }

  @Test
  void a_day_of_which_much_is_young_stays_until_it_is_old() throws SQLException {
    STORES
        .sql()
        .run(
            """
            INSERT INTO ingest.event_key (id, day, chunk, pos, source, received_at)
            SELECT (lpad(to_hex((extract(epoch FROM now() - interval '39 days') * 1000)::bigint), 12, '0')
                    || lpad(to_hex(n), 20, '0'))::uuid, current_date, 1, 0, 'acme', now()
            FROM generate_series(1, 10001) n
            """);
    assertFalse(keys.drop(today.minusDays(39)));
    assertEquals(10001, left().size());
  }

  @ParameterizedTest
  @CsvSource({
    "ingest.drop_day(current_date - 1)",
    "ingest.drop_day(current_date)",
    "'ingest.drop_event_keys(current_date - 3, now(), 1)'",
    "'ingest.prune_event_keys(now(), 1)'"
  })
  void whoever_calls_the_functions_drops_nothing_young(String call) throws SQLException {
    try (Connection connection = STORES.dm().connection();
        Statement statement = connection.createStatement()) {
      SQLException refused =
          assertThrows(SQLException.class, () -> statement.execute("SELECT " + call));
      assertEquals("55000", refused.getSQLState());
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "scrape-log|dm.scrape_log|at, provider, target, ms|now() - d, 'scrape-do', 'page', 1",
        "poll-slots|dm.poll_slot|poller, slot, run, claimed_at|'p', now() - d, gen_random_uuid(), now() - d",
        "skipped-pages|dm.skipped_page|poller, channel_ids, slot, error, skipped_at|'p', '{}', now(), 'e', now() - d",
        "day-totals|ingest.day_total|day, source, type, target, status, events|(now() - d)::date, 's', 't', '', 'accepted', 1",
      })
  void old_rows_are_deleted_in_batches(String file, String table, String columns, String values)
      throws Exception {
    STORES.owner().run("TRUNCATE " + table);
    STORES
        .sql()
        .run(
            "INSERT INTO %s (%s) SELECT %s FROM unnest(ARRAY[interval '31 days', '32 days', '33 days', '29 days', '0 days']) d"
                .formatted(table, columns, values));
    String statement =
        Files.readString(Path.of("routes/sql/maintenance-" + file + ".sql"))
            .replace(":#keep", "'30d'")
            .replace(":#rows", "2");
    for (int left : new int[] {3, 2, 2}) {
      STORES.sql().run(statement);
      assertEquals(left, STORES.sql().number("SELECT count(*) FROM " + table));
    }
  }
}
