package ingest.outbox;

import static ingest.outbox.AcmeEvents.APPLE_EATEN;
import static ingest.outbox.AcmeEvents.APPLE_SEEN;
import static ingest.outbox.AcmeEvents.PEAR_SEEN;
import static ingest.outbox.AcmeEvents.apples;
import static ingest.outbox.AcmeEvents.event;
import static ingest.outbox.AcmeEvents.intake;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class OutboxTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final EventTypes TYPES = AcmeEvents.types();
  private static final Duration LEASE = Duration.ofSeconds(60);

  private WakeUp wakeUp;
  private Outbox outbox;

  @BeforeEach
  void open() {
    wakeUp = new WakeUp(STORES.dm());
    outbox = outbox(Owners.NONE);
  }

  @AfterEach
  void close() {
    wakeUp.close();
  }

  private Outbox outbox(Owners owners) {
    OutboxMetrics metrics = new OutboxMetrics(new SimpleMeterRegistry(), TYPES);
    return new Outbox(STORES.dm(), State.NONE, TYPES, owners, wakeUp, metrics, LEASE);
  }

  private static void target(String name, String mode, String types) {
    STORES
        .sql()
        .run(
            "INSERT INTO ingest.target (name, kind, mode, types, batch, who, why) VALUES (?,"
                + " 'http', ?, ?::text[], 100, 'test', 'test')",
            name,
            mode,
            types);
  }

  private static long rows(String table) {
    return STORES.sql().number("SELECT count(*) FROM ingest." + table);
  }

  private static void assertNothingCommitted() {
    for (String table : List.of("event_key", "ingest_outbox", "delivery_chunk", "delivery_item")) {
      assertEquals(0, rows(table), table);
    }
  }

  @Test
  void an_intake_is_cut_into_chunks_of_at_most_128_events() throws SQLException {
    Committed committed = outbox.commit(intake(apples(0, 300)));
    assertEquals(300, committed.fresh().size());
    assertEquals(
        List.of("44", "128", "128"),
        STORES.sql().rows("SELECT n FROM ingest.delivery_chunk ORDER BY n"));
    assertEquals(
        List.of("44|0|43", "128|0|127", "128|0|127"),
        STORES
            .sql()
            .rows(
                "SELECT count(*), min(pos), max(pos) FROM ingest.ingest_outbox GROUP BY chunk ORDER"
                    + " BY 1"));
  }

  @Test
  void an_intake_is_cut_into_chunks_of_at_most_256_KiB() throws SQLException {
    List<Envelope> large =
        Stream.of(1, 2, 3, 4, 5).map(n -> event(APPLE_SEEN, n, "x".repeat(100_000))).toList();
    outbox.commit(intake(large));
    assertEquals(
        List.of("1", "2", "2"),
        STORES.sql().rows("SELECT n FROM ingest.delivery_chunk ORDER BY n"));
    assertTrue(
        STORES
                .sql()
                .number(
                    "SELECT max(bytes) FROM (SELECT sum(octet_length(envelope)) AS bytes FROM"
                        + " ingest.ingest_outbox GROUP BY chunk) AS c")
            <= 256 * 1024);
  }

  @Test
  void the_bytes_that_are_stored_are_those_that_the_envelope_makes() throws SQLException {
    Envelope envelope = event(APPLE_SEEN, 1, "naïve 🌙 \u0000 \\u0000");
    outbox.commit(intake(envelope));
    assertEquals(
        List.of(envelope.toJson()), STORES.sql().rows("SELECT envelope FROM ingest.ingest_outbox"));
  }

  @Test
  void the_same_intake_again_is_all_duplicates_and_changes_no_row() throws SQLException {
    target("stage", "live", "{*}");
    Intake intake = intake(apples(0, 200));
    outbox.commit(intake);
    List<String> before = everyRow();
    Committed again = outbox.commit(intake);
    assertEquals(Set.of(), again.fresh());
    assertEquals(
        intake.envelopes().stream().map(Envelope::id).collect(Collectors.toSet()),
        again.duplicates());
    assertEquals(before, everyRow());
  }

  private static List<String> everyRow() {
    return Stream.of("event_key", "ingest_outbox", "delivery_chunk", "delivery_item")
        .flatMap(
            t ->
                STORES
                    .sql()
                    .rows("SELECT t.*::text, xmin FROM ingest." + t + " t ORDER BY 1")
                    .stream())
        .toList();
  }

  @Test
  void an_intake_that_overlaps_another_brings_only_what_is_new() throws SQLException {
    outbox.commit(intake(apples(0, 10)));
    Committed overlapping = outbox.commit(intake(apples(5, 10)));
    assertEquals(5, overlapping.fresh().size());
    assertEquals(5, overlapping.duplicates().size());
    assertEquals(
        List.of("5", "10"), STORES.sql().rows("SELECT n FROM ingest.delivery_chunk ORDER BY n"));
    assertEquals(15, rows("ingest_outbox"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void a_refused_event_keeps_its_whole_intake_out(String why, Envelope bad, String message) {
    List<Envelope> envelopes = new ArrayList<>(apples(0, 200));
    envelopes.add(bad);
    InvalidEnvelope refusal =
        assertThrows(InvalidEnvelope.class, () -> outbox.commit(intake(envelopes)));
    assertTrue(String.valueOf(refusal.getMessage()).contains(message), refusal::getMessage);
    assertNothingCommitted();
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("an id twice", event(APPLE_SEEN, 7), "share the id"),
        Arguments.of("an unknown type", event("acme.plum.seen", 999), "not registered"),
        Arguments.of(
            "data off its schema",
            event(APPLE_SEEN, 999, JsonNodeFactory.instance.objectNode().put("n", "one")),
            "breaks type"),
        Arguments.of(
            "more than 128 KiB",
            event(APPLE_SEEN, 999, "x".repeat(Envelope.MAX_BYTES)),
            "over the limit"));
  }

  @ParameterizedTest(name = "{0} with the types {1} gets {2} of 3 events, mask {3}")
  @CsvSource(
      nullValues = "-",
      value = {
        "live, {*}, 3, -",
        "live, {acme.*}, 3, -",
        "live, {acme.apple.*}, 2, 101",
        "live, {acme.apple.seen}, 1, 100",
        "live, '{acme.pear.seen,acme.apple.eaten}', 2, 011",
        "live, {acme.apple}, -, -",
        "live, {kick.*}, -, -",
        "live, {}, -, -",
        "paused, {acme.apple.*}, 2, 101",
        "off, {*}, -, -",
      })
  void a_targets_mode_and_types_decide_what_is_to_be_delivered(
      String mode, String types, String number, String mask) throws SQLException {
    target("stage", mode, types);
    outbox.commit(intake(event(APPLE_SEEN, 1), event(PEAR_SEEN, 2), event(APPLE_EATEN, 3)));
    assertEquals(
        number == null ? List.of() : List.of(number + "|" + (mask == null ? "-" : mask)),
        STORES
            .sql()
            .rows(
                "SELECT n, substr(mask::text, 1, 3) FROM ingest.delivery_chunk WHERE target ="
                    + " 'stage'"));
    assertEquals(
        List.of("3|-"),
        STORES.sql().rows("SELECT n, mask FROM ingest.delivery_chunk WHERE target = 'clickhouse'"));
  }

  @Test
  void a_target_that_takes_none_of_what_is_new_gets_no_chunk() throws SQLException {
    target("stage", "live", "{acme.apple.*}");
    outbox.commit(intake(event(APPLE_SEEN, 1)));
    outbox.commit(intake(event(APPLE_SEEN, 1), event(PEAR_SEEN, 2)));
    assertEquals(
        List.of("1|-"),
        STORES.sql().rows("SELECT n, mask FROM ingest.delivery_chunk WHERE target = 'stage'"));
  }

  @Test
  void an_effect_is_committed_with_its_events_and_told_which_are_new() throws SQLException {
    outbox.commit(intake(apples(0, 1)));
    List<Set<UUID>> told = new ArrayList<>();
    outbox.commit(
        new Intake(
            apples(0, 2),
            List.of(
                (tx, fresh) -> {
                  told.add(fresh);
                  try (var statement = tx.createStatement()) {
                    statement.execute(
                        "INSERT INTO ingest.switch (name, value, who, why) VALUES ('effect', 'on',"
                            + " 'test', 'test')");
                  }
                  return List.of();
                })));
    assertEquals(List.of(Set.of(apples(1, 1).get(0).id())), told);
    assertEquals(List.of("effect"), STORES.sql().rows("SELECT name FROM ingest.switch"));
  }

  @Test
  void an_event_that_an_effect_decides_is_committed_once_and_goes_to_the_targets_it_names()
      throws SQLException {
    target("stage", "live", "{*}");
    target("production", "live", "{*}");
    Effect decides =
        (tx, fresh) ->
            List.of(
                new Derived(event(PEAR_SEEN, 1), List.of("production")),
                new Derived(event(PEAR_SEEN, 2), List.of()));
    Intake intake = new Intake(apples(0, 1), List.of(decides));
    assertEquals(Set.of(apples(0, 1).get(0).id()), outbox.commit(intake).fresh());
    assertEquals(Set.of(), outbox.commit(intake).fresh());
    assertEquals(
        List.of("clickhouse|1", "clickhouse|2", "production|1", "production|2", "stage|2"),
        STORES
            .sql()
            .rows(
                "SELECT target, envelope::json -> 'data' ->> 'n' FROM ingest.ingest_outbox_delivery"
                    + " JOIN ingest.ingest_outbox o USING (event_id) WHERE o.type = ? ORDER BY 1, 2",
                PEAR_SEEN));
  }

  @Test
  void an_event_that_an_effect_decides_is_held_to_its_schema_and_takes_the_whole_along() {
    Effect decides = (tx, fresh) -> List.of(new Derived(event("acme.plum.seen", 1), List.of()));
    assertThrows(
        InvalidEnvelope.class, () -> outbox.commit(new Intake(apples(0, 1), List.of(decides))));
    assertNothingCommitted();
  }

  @Test
  void what_another_commit_came_between_is_tried_again_as_a_whole() throws SQLException {
    List<Integer> tries = new ArrayList<>();
    Effect hindered =
        (tx, fresh) -> {
          tries.add(fresh.size());
          if (tries.size() < 3) {
            throw new SQLException("another came between", "40001");
          }
          return List.of();
        };
    assertEquals(1, outbox.commit(new Intake(apples(0, 1), List.of(hindered))).fresh().size());
    assertEquals(List.of(1, 1, 1), tries);
  }

  @Test
  void an_effect_that_throws_leaves_nothing_of_its_intake() {
    Effect written =
        (tx, fresh) -> {
          try (var statement = tx.createStatement()) {
            statement.execute(
                "INSERT INTO ingest.switch (name, value, who, why) VALUES ('effect', 'on', 'test',"
                    + " 'test')");
          }
          return List.of();
        };
    Effect throwing =
        (tx, fresh) -> {
          throw new SQLException("no");
        };
    assertThrows(
        SQLException.class,
        () -> outbox.commit(new Intake(apples(0, 200), List.of(written, throwing))));
    assertNothingCommitted();
    assertEquals(0, rows("switch"));
  }

  @ParameterizedTest(name = "batches of {0}")
  @CsvSource({"100", "400"})
  void threads_that_bring_the_same_events_in_different_orders_neither_deadlock_nor_repeat(int size)
      throws Exception {
    int events = 2 * size;
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Integer>> commits = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        Random random = new Random(thread);
        commits.add(
            threads.submit(
                () -> {
                  int fresh = 0;
                  for (int round = 0; round < 4; round++) {
                    List<Envelope> batch = new ArrayList<>(apples(0, events));
                    Collections.shuffle(batch, random);
                    fresh += outbox.commit(intake(batch.subList(0, size))).fresh().size();
                  }
                  return fresh;
                }));
      }
      long fresh = 0;
      for (Future<Integer> commit : commits) {
        fresh += commit.get();
      }
      assertEquals(fresh, rows("event_key"));
      assertEquals(
          fresh, STORES.sql().number("SELECT count(DISTINCT event_id) FROM ingest.ingest_outbox"));
      assertEquals(fresh, rows("ingest_outbox"));
      assertEquals(fresh, STORES.sql().number("SELECT sum(n) FROM ingest.delivery_chunk"));
    } finally {
      threads.shutdownNow();
      assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void a_redelivery_after_midnight_UTC_is_still_a_duplicate() throws SQLException {
    Intake intake = intake(apples(0, 3));
    outbox.commit(intake);
    STORES.clock(
        Duration.ofSeconds(
            STORES
                .sql()
                .number(
                    "SELECT ceil(extract(epoch FROM date_trunc('day', now(), 'UTC') + interval '1"
                        + " day' - now()))::bigint")));
    assertEquals(3, outbox.commit(intake).duplicates().size());
    outbox.commit(intake(apples(3, 1)));
    assertEquals(
        List.of("0|3", "1|1"),
        STORES
            .sql()
            .rows(
                "SELECT day - (now() AT TIME ZONE 'UTC')::date, count(*) FROM ingest.ingest_outbox"
                    + " GROUP BY day ORDER BY day"));
  }

  @Test
  void a_day_without_partitions_gets_them_from_the_first_intake() throws SQLException {
    STORES.clock(Duration.ofDays(20));
    assertEquals(1, outbox.commit(intake(apples(0, 1))).fresh().size());
    assertEquals(1, rows("delivery_chunk"));
  }

  @Test
  void an_id_from_the_future_does_not_stop_the_partitions_of_its_day() throws SQLException {
    Envelope now = event(APPLE_SEEN, 1);
    UUID future =
        new UUID(
            now.id().getMostSignificantBits() + (Duration.ofDays(40).toMillis() << 16),
            now.id().getLeastSignificantBits());
    Envelope ahead =
        new Envelope(
            future,
            now.source(),
            now.type(),
            now.dataschema(),
            now.subject(),
            now.time(),
            now.rev(),
            null,
            null,
            now.traceparent(),
            now.data());
    outbox.commit(intake(ahead));
    STORES.clock(Duration.ofDays(40));
    assertEquals(1, outbox.commit(intake(now)).fresh().size());
    assertEquals(1, outbox.commit(intake(ahead)).duplicates().size());
    assertEquals(1, STORES.sql().number("SELECT count(*) FROM ingest.event_key_" + partition(40)));
  }

  private static String partition(int days) {
    return STORES
        .sql()
        .rows("SELECT to_char((now() AT TIME ZONE 'UTC')::date + " + days + ", 'YYYYMMDD')")
        .get(0);
  }

  @Test
  void nothing_is_accepted_while_the_archive_is_no_target() throws SQLException {
    STORES.sql().run("DELETE FROM ingest.target");
    SQLException refusal =
        assertThrows(SQLException.class, () -> outbox.commit(intake(apples(0, 1))));
    assertEquals("55000", refusal.getSQLState());
    assertNothingCommitted();
    STORES
        .sql()
        .run(
            "INSERT INTO ingest.target (name, kind, mode, types, batch, who, why) VALUES"
                + " ('clickhouse', 'clickhouse', 'live', '{*}', 1000, 'test', 'test')");
    assertEquals(1, outbox.commit(intake(apples(0, 1))).fresh().size());
  }

  /** A process whose lanes have room for the targets named. */
  private static final class Holding implements Owners {
    private final Map<String, UUID> tokens;
    private final Set<String> taken = new TreeSet<>();
    private long leasedFrom = Long.MAX_VALUE;

    Holding(Map<String, UUID> tokens) {
      this.tokens = tokens;
    }

    @Override
    public Map<String, UUID> withRoom() {
      return tokens;
    }

    @Override
    public void take(
        String target, LocalDate day, long chunk, List<OutboxEvent> events, long since) {
      leasedFrom = since;
      taken.add(target + " " + events.stream().map(e -> e.position + e.type).toList());
    }
  }

  @Test
  void a_chunk_is_born_leased_to_a_lane_with_room_and_handed_to_it() throws SQLException {
    target("stage", "live", "{acme.pear.*}");
    target("paused", "paused", "{*}");
    target("full", "live", "{*}");
    UUID token = UUID.randomUUID();
    Holding lanes = new Holding(Map.of("stage", token, "paused", token, "gone", token));
    outbox(lanes).commit(intake(event(APPLE_SEEN, 1), event(PEAR_SEEN, 2)));
    assertEquals(Set.of("stage [1acme.pear.seen]"), lanes.taken);
    assertEquals(
        List.of("clickhouse|-|0|0", "full|-|0|0", "paused|-|0|0", "stage|" + token + "|1|60"),
        STORES
            .sql()
            .rows(
                "SELECT c.target, c.token, c.claims, round(extract(epoch FROM c.due_at -"
                    + " o.created_at)) FROM ingest.delivery_chunk c JOIN ingest.ingest_outbox o"
                    + " USING (day, chunk) WHERE o.pos = 0 ORDER BY 1"));
  }

  /** A commit may wait for its standby, or its process be stopped meanwhile. */
  @Test
  void the_lease_of_an_owned_chunk_runs_from_before_its_commit() throws SQLException {
    List<Long> committing = new ArrayList<>();
    Holding lanes = new Holding(Map.of("clickhouse", UUID.randomUUID()));
    Effect effect =
        (tx, fresh) -> {
          committing.add(System.nanoTime());
          return List.of();
        };
    outbox(lanes).commit(new Intake(apples(0, 1), List.of(effect)));
    assertTrue(lanes.leasedFrom - committing.get(0) < 0);
  }

  @Test
  void nothing_is_handed_over_of_an_intake_that_was_there_already() throws SQLException {
    outbox.commit(intake(apples(0, 1)));
    Holding lanes = new Holding(Map.of("clickhouse", UUID.randomUUID()));
    outbox(lanes).commit(intake(apples(0, 1)));
    assertEquals(Set.of(), lanes.taken);
  }

  /** Each commit reads the modes in its own snapshot, so no instance is ever of another opinion. */
  @Test
  void a_mode_that_is_flipped_a_hundred_times_under_load_leaves_no_event_without_its_rows()
      throws Exception {
    target("flipped", "live", "{*}");
    target("waiting", "paused", "{*}");
    ExecutorService threads = Executors.newFixedThreadPool(4);
    java.util.concurrent.atomic.AtomicBoolean flipping =
        new java.util.concurrent.atomic.AtomicBoolean(true);
    try {
      List<Future<Integer>> loads = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        int first = 1_000_000 * thread;
        loads.add(
            threads.submit(
                () -> {
                  int events = 0;
                  while (flipping.get()) {
                    events += outbox.commit(intake(apples(first + events, 5))).fresh().size();
                  }
                  return events;
                }));
      }
      String[] modes = {"paused", "off", "live"};
      for (int flip = 0; flip < 100; flip++) {
        STORES
            .sql()
            .run("UPDATE ingest.target SET mode = ? WHERE name = 'flipped'", modes[flip % 3]);
        STORES
            .sql()
            .run(
                "UPDATE ingest.target SET mode = ? WHERE name = 'waiting'",
                flip % 2 == 0 ? "live" : "paused");
      }
      flipping.set(false);
      long events = 0;
      for (Future<Integer> load : loads) {
        events += load.get();
      }
      assertEquals(events, rows("ingest_outbox"));
      assertEquals(
          events,
          STORES.sql().number("SELECT sum(n) FROM ingest.delivery_chunk WHERE target = 'waiting'"),
          "never off, so each event has its row");
      assertEquals(
          List.of(),
          STORES
              .sql()
              .rows(
                  "SELECT c.chunk FROM ingest.delivery_chunk c WHERE c.target = 'flipped' AND (c.mask"
                      + " IS NOT NULL OR c.n <> (SELECT count(*) FROM ingest.ingest_outbox o WHERE"
                      + " o.chunk = c.chunk))"),
          "a commit has a target whole or not at all");
    } finally {
      flipping.set(false);
      threads.shutdownNow();
      assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    }
  }
}
