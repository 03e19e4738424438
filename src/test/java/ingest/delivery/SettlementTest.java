package ingest.delivery;

import static ingest.outbox.AcmeEvents.apples;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.store.TestStores;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettlementTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Target STAGE =
      Rig.http("stage", URI.create("http://127.0.0.1:1/internal/events"), 100);

  private Rig rig;

  @BeforeEach
  void open() throws SQLException {
    rig = new Rig(STORES, Duration.ofSeconds(5), STAGE);
  }

  @AfterEach
  void close() throws Exception {
    rig.close();
  }

  private Batch claimed(int events) throws SQLException {
    rig.commit(apples(0, events));
    return requireNonNull(rig.claims.chunks(STAGE, 0, 8));
  }

  private void settle(Batch batch, Outcome... outcomes) throws SQLException {
    for (int i = 0; i < outcomes.length; i++) {
      batch.put(batch.events().get(i).id, outcomes[i]);
    }
    assertEquals(0, rig.settlement.settle(batch));
  }

  private static List<String> items(String columns) {
    return STORES
        .sql()
        .rows(
            "SELECT " + columns + " FROM ingest.delivery_item WHERE target = 'stage' ORDER BY pos");
  }

  @Test
  void a_refused_event_becomes_an_item_and_its_mates_are_done() throws SQLException {
    settle(
        claimed(3),
        new Outcome.Settled("applied"),
        new Outcome.Failed("answered 422", "no such channel", null),
        new Outcome.Settled("duplicate"));
    assertEquals(
        List.of("1|1"),
        STORES
            .sql()
            .rows("SELECT status, n_exc FROM ingest.delivery_chunk WHERE target = 'stage'"));
    assertEquals(
        List.of("1|pending|1|answered 422|answered #|no such channel|-"),
        items("pos, status, attempts, last_error, fingerprint, response, token"));
    assertNull(rig.claims.items(STAGE, 100), "its pause is not over");
  }

  @Test
  void an_event_that_is_refused_fifteen_times_over_about_a_day_is_dead() throws SQLException {
    Outcome refusal = new Outcome.Failed("answered 422 to 7f3a", "no such channel", null);
    settle(claimed(1), refusal);
    for (int attempt = 2; attempt <= 15; attempt++) {
      STORES.clock(untilDue().minusSeconds(1));
      assertNull(rig.claims.items(STAGE, 100), "attempt " + attempt + " is not due");
      STORES.clock(untilDue());
      settle(requireNonNull(rig.claims.items(STAGE, 100)), refusal);
    }
    assertEquals(
        List.of("dead|15|answered # to #|no such channel"),
        items("status, attempts, fingerprint, response"));
    assertTrue(untilDue().toHours() >= 18 && untilDue().toHours() <= 28, untilDue()::toString);
    STORES.clock(untilDue().plusDays(1));
    assertNull(rig.claims.items(STAGE, 100), "the dead are not tried again");
  }

  /** From the real now to when the first item is due. */
  private static Duration untilDue() {
    return Duration.ofMillis(
        STORES
            .sql()
            .number(
                "SELECT ceil(extract(epoch FROM min(due_at) - now()) * 1000)::bigint FROM"
                    + " ingest.delivery_item"));
  }

  @Test
  void an_event_of_a_type_that_the_target_does_not_know_waits_and_pays_nothing()
      throws SQLException {
    Outcome parked = new Outcome.Parked("unknown type acme.apple.seen");
    settle(claimed(1), parked);
    for (int minutes = 1; minutes <= 20; minutes++) {
      STORES.clock(Duration.ofMinutes(2L * minutes));
      settle(requireNonNull(rig.claims.items(STAGE, 100)), parked);
    }
    assertEquals(
        List.of("pending|0|0|unknown type acme.apple.seen"),
        items("status, attempts, claims, last_error"));
    STORES.clock(Duration.ofHours(2));
    settle(requireNonNull(rig.claims.items(STAGE, 100)), new Outcome.Settled("applied"));
    assertEquals(List.of("delivered|1|-"), items("status, attempts, last_error"));
  }

  @ParameterizedTest(name = "asked for {0}, it waits {1} to {2} s")
  @CsvSource({
    "PT0S, 4, 6",
    "PT2S, 4, 6",
    "PT2M, 120, 120",
    "PT6H, 21600, 21600",
    "P9D, 21600, 21600"
  })
  void a_longer_pause_is_granted_up_to_six_hours(Duration asked, long least, long most)
      throws SQLException {
    settle(claimed(1), new Outcome.Failed("answered 422", null, asked));
    long pause =
        STORES
            .sql()
            .number(
                "SELECT round(extract(epoch FROM due_at - attempted_at)) FROM"
                    + " ingest.delivery_item");
    assertTrue(pause >= least && pause <= most, () -> pause + " s");
  }

  @ParameterizedTest
  @CsvSource({"'no\u0000such\u0000channel', nosuchchannel", "'\u0000', ''"})
  void a_refusal_with_a_NUL_in_it_is_settled_without_the_NUL(String said, String kept)
      throws SQLException {
    settle(claimed(2), new Outcome.Settled("applied"), new Outcome.Failed(said, said, null));
    assertEquals(List.of("pending|" + kept + "|" + kept), items("status, last_error, response"));
  }

  @Test
  void what_is_kept_of_a_refusal_is_cut_to_2_KiB() throws SQLException {
    String said = "nö ".repeat(5000);
    settle(claimed(1), new Outcome.Failed(said, said, null));
    assertEquals(List.of("2048|2048"), items("octet_length(last_error), octet_length(response)"));
  }

  @Test
  void the_view_agrees_with_the_counts_for_every_status() throws SQLException {
    settle(
        claimed(6),
        new Outcome.Settled("applied"),
        new Outcome.Failed("refused", null, null),
        new Outcome.Parked("unknown type"),
        new Outcome.Failed("refused", null, null),
        new Outcome.Failed("refused", null, null),
        new Outcome.Settled("ignored"));
    STORES.sql().run("UPDATE ingest.delivery_item SET status = 'dead' WHERE pos = 3");
    STORES.sql().run("UPDATE ingest.delivery_item SET status = 'abandoned' WHERE pos = 4");
    STORES.sql().run("UPDATE ingest.delivery_item SET status = 'delivered' WHERE pos = 1");
    STORES.sql().run("UPDATE ingest.target SET types = '{acme.pear.*}' WHERE name = 'stage'");
    rig.commit(
        List.of(
            ingest.outbox.AcmeEvents.event(ingest.outbox.AcmeEvents.APPLE_SEEN, 50),
            ingest.outbox.AcmeEvents.event(ingest.outbox.AcmeEvents.PEAR_SEEN, 51)));
    STORES.sql().run("UPDATE ingest.target SET types = '{*}' WHERE name = 'stage'");
    rig.commit(apples(100, 4));
    STORES
        .sql()
        .run("UPDATE ingest.delivery_chunk SET claims = 2 WHERE target = 'stage' AND n = 4");
    requireNonNull(rig.claims.chunks(STAGE, 0, 8)); // takes the four apart, holds the pear

    List<String> counts =
        new Counts(STORES.dm())
            .deliveries().entrySet().stream()
                .flatMap(
                    t ->
                        Stream.of(
                            t.getKey() + "|abandoned|" + t.getValue().abandoned(),
                            t.getKey() + "|dead|" + t.getValue().dead(),
                            t.getKey() + "|delivered|" + t.getValue().delivered(),
                            t.getKey() + "|pending|" + t.getValue().pending()))
                .filter(count -> !count.endsWith("|0"))
                .toList();
    assertEquals(
        List.of(
            "clickhouse|pending|12",
            "stage|abandoned|1",
            "stage|dead|1",
            "stage|delivered|3",
            "stage|pending|6"),
        counts);
    assertEquals(
        counts,
        STORES
            .sql()
            .rows(
                "SELECT target, status, count(*) FROM ingest.ingest_outbox_delivery GROUP BY 1, 2"
                    + " ORDER BY 1, 2"));
    assertEquals(
        new TreeSet<>(List.of("0", "1", "2", "3", "4", "5")),
        new TreeSet<>(
            STORES
                .sql()
                .rows(
                    "SELECT pos FROM ingest.ingest_outbox_delivery WHERE target = 'stage' AND chunk"
                        + " = (SELECT min(chunk) FROM ingest.ingest_outbox)")));
  }
}
