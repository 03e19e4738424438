package ingest.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ingest.store.TestStores;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ids that an environment has processed: which are forgotten, and which are not yet. */
class ProcessedRetentionTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private final ProcessedRetention retention =
      new ProcessedRetention(STORES.env(), Duration.ofDays(35));

  @BeforeEach
  void make_the_days() {
    STORES
        .envSql()
        .run(
            "SELECT public.processed_events_make_partitions((now() AT TIME ZONE 'UTC')::date - 40, 42)");
  }

  /** An id of so many days ago, processed so many days ago. */
  private static void processed(int number, int ofDaysAgo, int daysAgo) {
    STORES
        .envSql()
        .run(
            """
            INSERT INTO public.processed_events (event_id, processed_at)
            SELECT (lpad(to_hex((extract(epoch FROM now() - make_interval(days => ?)) * 1000)::bigint), 12, '0')
                    || lpad(to_hex(?::int), 20, '0'))::uuid,
                   now() - make_interval(days => ?)
            """,
            ofDaysAgo,
            number,
            daysAgo);
  }

  private static List<String> left() {
    return STORES
        .envSql()
        .rows(
            "SELECT ('x' || right(event_id::text, 8))::bit(32)::int FROM public.processed_events ORDER BY 1");
  }

  private static long days() {
    return STORES
        .envSql()
        .number(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'public.processed_events'::regclass");
  }

  @Test
  void ids_go_by_when_they_were_processed_not_by_when_their_events_happened() throws SQLException {
    processed(1, 40, 40);
    processed(2, 39, 3); // waited for a target that was paused
    processed(3, 38, 38);
    processed(4, 30, 30);
    processed(5, 0, 0);
    processed(6, 500, 40); // of an odd time: it is in no day
    processed(7, 500, 2);
    long before = days();

    retention.drop();

    assertEquals(List.of("2", "4", "5", "7"), left());
    assertEquals(before - 5, days(), "40 to 36 days ago");
    retention.drop();
    assertEquals(List.of("2", "4", "5", "7"), left());
  }

  @Test
  void a_day_of_which_much_is_young_stays_until_it_is_old() throws SQLException {
    STORES
        .envSql()
        .run(
            """
            INSERT INTO public.processed_events (event_id)
            SELECT (lpad(to_hex((extract(epoch FROM now() - interval '39 days') * 1000)::bigint), 12, '0')
                    || lpad(to_hex(n), 20, '0'))::uuid
            FROM generate_series(1, 10001) n
            """);
    long before = days();
    retention.drop();
    assertEquals(10001, left().size());
    assertEquals(before - 4, days());
  }

  @Test
  void a_clock_that_is_wrong_forgets_nothing_of_the_last_days() {
    processed(1, 3, 3);
    assertThrows(
        SQLException.class, () -> new ProcessedRetention(STORES.env(), Duration.ofDays(2)).drop());
    assertEquals(List.of("1"), left());
  }
}
