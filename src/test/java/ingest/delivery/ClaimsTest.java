package ingest.delivery;

import static ingest.outbox.AcmeEvents.APPLE_SEEN;
import static ingest.outbox.AcmeEvents.PEAR_SEEN;
import static ingest.outbox.AcmeEvents.apples;
import static ingest.outbox.AcmeEvents.event;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.envelope.Envelope;
import ingest.outbox.Intake;
import ingest.outbox.Original;
import ingest.outbox.OutboxEvent;
import ingest.store.TestStores;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClaimsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Target STAGE =
      Rig.http("stage", URI.create("http://127.0.0.1:1/internal/events"), 100);
  private static final Duration OVER = Rig.LEASE.plusSeconds(1);

  private Rig rig;

  @BeforeEach
  void open() throws SQLException {
    rig = new Rig(STORES, Duration.ofSeconds(5), STAGE);
  }

  @AfterEach
  void close() throws Exception {
    rig.close();
  }

  private @Nullable Batch claim() throws SQLException {
    return rig.claims.chunks(STAGE, 0, 8);
  }

  private static void settled(Batch batch) {
    batch.events().forEach(e -> batch.put(e.id, new Outcome.Settled("applied")));
  }

  private static List<UUID> ids(Batch batch) {
    return batch.events().stream().map(e -> e.id).toList();
  }

  private static List<String> chunk() {
    return STORES
        .sql()
        .rows(
            "SELECT status, claims, attempts, n_exc, token IS NULL FROM ingest.delivery_chunk WHERE"
                + " target = 'stage' ORDER BY chunk");
  }

  @Test
  void what_waits_is_as_old_as_its_oldest_event() throws SQLException {
    Counts counts = new Counts(STORES.dm());
    assertEquals(0, requireNonNull(counts.deliveries().get("stage")).oldestPendingSeconds());
    rig.commit(apples(0, 3));
    STORES.clock(Duration.ofSeconds(90));
    rig.commit(apples(3, 2));
    Counts.Deliveries stage = requireNonNull(counts.deliveries().get("stage"));
    assertEquals(5, stage.pending());
    assertTrue(
        stage.oldestPendingSeconds() >= 90 && stage.oldestPendingSeconds() < 120, stage::toString);
  }

  @Test
  void what_is_open_is_claimed_oldest_first_and_what_is_settled_never_again() throws SQLException {
    rig.commit(apples(0, 2));
    rig.commit(apples(2, 1));
    Batch batch = requireNonNull(claim());
    assertEquals(apples(0, 3).stream().map(Envelope::id).toList(), ids(batch));
    assertEquals(
        apples(0, 3).stream().map(Envelope::toJson).toList(),
        batch.events().stream()
            .map(e -> new String(e.envelope, java.nio.charset.StandardCharsets.UTF_8))
            .toList());
    assertNull(claim(), "its lease is running");
    settled(batch);
    assertEquals(0, rig.settlement.settle(batch));
    STORES.clock(OVER);
    assertNull(claim());
    assertEquals(List.of("1|1|0|0|t", "1|1|0|0|t"), chunk());
  }

  @Test
  void a_claim_brings_only_the_types_that_the_target_takes() throws SQLException {
    STORES.sql().run("UPDATE ingest.target SET types = '{acme.pear.*}' WHERE name = 'stage'");
    rig.commit(List.of(event(APPLE_SEEN, 1), event(PEAR_SEEN, 2), event(APPLE_SEEN, 3)));
    assertEquals(List.of(event(PEAR_SEEN, 2).id()), ids(requireNonNull(claim())));
  }

  @Test
  void a_claim_brings_at_most_as_many_chunks_as_it_may() throws SQLException {
    for (int i = 0; i < 20; i++) {
      rig.commit(apples(i, 1));
    }
    STORES.owner().run("ANALYZE ingest.delivery_chunk");
    for (int left = 20; left > 0; left -= 5) {
      assertEquals(5, requireNonNull(rig.claims.chunks(STAGE, 0, 5)).chunks().size());
    }
    assertNull(claim());
  }

  @Test
  void who_settles_after_the_lease_changes_nothing_and_is_counted() throws SQLException {
    rig.commit(apples(0, 3));
    Batch late = requireNonNull(claim());
    STORES.clock(OVER);
    Batch next = requireNonNull(claim());
    assertEquals(ids(late), ids(next));
    List<String> before = chunk();

    settled(late);
    late.put(ids(late).get(0), new Outcome.Failed("refused", null, null));
    assertEquals(1, rig.settlement.settle(late), "one chunk was no longer its own");
    assertEquals(before, chunk());
    assertEquals(List.of(), STORES.sql().rows("SELECT event_id FROM ingest.delivery_item"));

    Batch nothingSent = new Batch(STAGE, late.token(), 0, late.chunks(), List.of(), late.events());
    rig.settlement.settle(nothingSent);
    assertEquals(before, chunk(), "nor does it give back what is another's");

    settled(next);
    assertEquals(0, rig.settlement.settle(next));
    assertEquals(List.of("1|2|0|0|t"), chunk());
  }

  @Test
  void claimers_side_by_side_never_share_a_chunk() throws Exception {
    for (int i = 0; i < 120; i++) {
      rig.commit(apples(i, 1));
    }
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<List<Long>>> claimers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        claimers.add(
            threads.submit(
                () -> {
                  List<Long> mine = new ArrayList<>();
                  for (Batch b = rig.claims.chunks(STAGE, 0, 3);
                      b != null;
                      b = rig.claims.chunks(STAGE, 0, 3)) {
                    b.chunks().forEach(c -> mine.add(c.chunk()));
                  }
                  return mine;
                }));
      }
      Set<Long> all = new HashSet<>();
      int claimed = 0;
      for (Future<List<Long>> claimer : claimers) {
        all.addAll(claimer.get());
        claimed += claimer.get().size();
      }
      assertEquals(120, all.size());
      assertEquals(120, claimed);
    } finally {
      threads.shutdownNow();
      assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"paused", "off"})
  void a_target_that_is_not_live_is_not_claimed_for(String mode) throws SQLException {
    Targets targets = new Targets(STORES.dm());
    rig.commit(apples(0, 2));
    Batch batch = requireNonNull(claim());
    settled(batch);
    batch.put(ids(batch).get(0), new Outcome.Parked("unknown type"));
    rig.settlement.settle(batch);
    rig.commit(apples(2, 1));
    STORES.clock(Duration.ofMinutes(5));

    targets.set("stage", mode, "test", "test");
    assertNull(claim());
    assertNull(rig.claims.items(STAGE, 100));
    targets.set("stage", "live", "test", "test");
    assertNotNull(claim());
    assertNotNull(rig.claims.items(STAGE, 100));
  }

  @Test
  void a_chunk_below_the_floor_waits_for_the_sweep_that_sees_it() throws SQLException {
    rig.commit(apples(0, 1));
    long chunk = rig.claims.lowestOpen(STAGE);
    assertNull(rig.claims.chunks(STAGE, chunk + 1, 8));
    assertEquals(1, requireNonNull(rig.claims.chunks(STAGE, chunk, 8)).chunks().size());
  }

  @Test
  void with_nothing_open_the_floor_is_below_whatever_is_committed_next() throws SQLException {
    long lowest = rig.claims.lowestOpen(STAGE);
    rig.commit(apples(0, 1));
    assertNotNull(rig.claims.chunks(STAGE, lowest, 8), "else a wake-up would find nothing");
  }

  @Test
  void the_third_claim_of_a_chunk_that_was_never_settled_takes_it_apart() throws SQLException {
    rig.commit(apples(0, 3));
    assertNotNull(claim());
    STORES.clock(OVER);
    assertNotNull(claim());
    STORES.clock(OVER.multipliedBy(2));
    assertNull(claim());
    assertEquals(List.of("3|3|0|3|t"), chunk());
    Batch items = requireNonNull(rig.claims.items(STAGE, 100));
    assertEquals(apples(0, 3).stream().map(Envelope::id).toList(), ids(items));
    assertFalse(items.suspicious());
    settled(items);
    assertEquals(0, rig.settlement.settle(items));
    assertEquals(
        List.of("delivered|1|0", "delivered|1|0", "delivered|1|0"),
        STORES.sql().rows("SELECT status, attempts, claims FROM ingest.delivery_item"));
  }

  @Test
  void an_event_that_takes_its_worker_down_five_times_alone_is_dead_and_its_mates_are_delivered()
      throws SQLException {
    UUID deadly = apples(1, 1).get(0).id();
    rig.commit(apples(0, 3));
    List<Integer> sizes = new ArrayList<>();
    for (int round = 0; round < 30; round++) {
      for (Batch batch = any(); batch != null; batch = any()) {
        List<UUID> ids = ids(batch);
        if (ids.contains(deadly)) {
          sizes.add(ids.size());
        } else {
          settled(batch);
          rig.settlement.settle(batch);
        }
      }
      rig.pass(Duration.ofMinutes(30));
    }
    assertEquals(
        List.of(3, 3, 3, 1, 1, 1, 1, 1),
        sizes,
        "twice in its chunk, once among items, five times alone");
    assertEquals(
        List.of("dead|0|crash|took its worker down 5 times"),
        STORES
            .sql()
            .rows(
                "SELECT status, attempts, fingerprint, last_error FROM ingest.delivery_item WHERE"
                    + " event_id = ?",
                deadly));
    assertEquals(
        2,
        STORES
            .sql()
            .number("SELECT count(*) FROM ingest.delivery_item WHERE status = 'delivered'"));
  }

  private @Nullable Batch any() throws SQLException {
    Batch items = rig.claims.items(STAGE, 100);
    return items != null ? items : claim();
  }

  /** SIGKILL as soon as the batch is claimed again, whatever its size. */
  @ParameterizedTest(name = "a batch of {0}")
  @ValueSource(ints = {1, 2, 10, 100})
  void fifty_kills_over_one_batch_make_nothing_dead_and_then_all_of_it_is_delivered(int events)
      throws SQLException {
    rig.commit(apples(0, events));
    for (int kill = 0; kill < 50; kill++) {
      any();
      rig.pass(OVER);
    }
    assertEquals(0, dead());
    rig.pass(Duration.ofHours(5));
    for (Batch batch = any(); batch != null; batch = any()) {
      settled(batch);
      assertEquals(0, rig.settlement.settle(batch));
    }
    assertEquals(0, dead());
    assertEquals(
        events,
        STORES
            .sql()
            .number(
                "SELECT count(*) FROM ingest.ingest_outbox_delivery WHERE target = 'stage' AND"
                    + " status = 'delivered' AND attempts = 1"));
  }

  private static long dead() {
    return STORES
        .sql()
        .number(
            "SELECT count(*) FROM ingest.delivery_item WHERE status NOT IN ('pending', 'delivered')");
  }

  @ParameterizedTest(name = "lost {0} times, an item is sent again after {1} minutes")
  @CsvSource({"1, 0", "2, 3", "3, 15", "4, 63", "5, 255"})
  void each_loss_makes_the_next_try_wait_longer(int lost, int minutes) throws SQLException {
    item(lost);
    if (minutes > 0) {
      rig.pass(Duration.ofMinutes(minutes).minusSeconds(30));
      assertNull(rig.claims.items(STAGE, 100));
      rig.pass(Duration.ofSeconds(31));
    }
    assertTrue(requireNonNull(rig.claims.items(STAGE, 100)).suspicious());
  }

  /** One item whose lease has just run out for the {@code lost}th time. */
  private void item(int lost) throws SQLException {
    rig.commit(apples(0, 1));
    Batch batch = requireNonNull(claim());
    batch.put(ids(batch).get(0), new Outcome.Parked("unknown type"));
    rig.settlement.settle(batch);
    STORES.sql().run("UPDATE ingest.delivery_item SET claims = ?, due_at = ingest.now()", lost);
  }

  @ParameterizedTest(name = "tried, and the target is broken: {0}; its losses are then {1}")
  @CsvSource({"true, 0", "false, 3"})
  void what_comes_back_to_a_living_worker_is_cleared_when_it_was_tried(boolean tried, int claims)
      throws SQLException {
    item(3);
    rig.pass(Duration.ofMinutes(15));
    Batch batch = requireNonNull(rig.claims.items(STAGE, 100));
    if (tried) {
      batch.breakOff(new Outcome.TargetBroken("answered 503", null));
    }
    assertEquals(0, rig.settlement.settle(batch));
    assertEquals(
        List.of("pending|0|" + claims),
        STORES.sql().rows("SELECT status, attempts, claims FROM ingest.delivery_item"));
  }

  @Test
  void a_lease_begins_again_at_its_half_time_and_not_before() throws SQLException {
    rig.commit(apples(0, 3));
    Batch batch = requireNonNull(claim());
    String due =
        "SELECT round(extract(epoch FROM due_at - ingest.now())) FROM ingest.delivery_chunk WHERE target = 'stage'";
    rig.pass(Rig.LEASE.dividedBy(2).minusSeconds(2));
    assertTrue(rig.claims.keep(batch));
    assertEquals(List.of("32"), STORES.sql().rows(due));
    rig.pass(Duration.ofSeconds(3));
    assertTrue(rig.claims.keep(batch));
    assertEquals(List.of("60"), STORES.sql().rows(due));
    for (int i = 0; i < 10; i++) {
      rig.pass(Rig.LEASE.dividedBy(2).plusSeconds(1));
      assertTrue(rig.claims.keep(batch));
      assertNull(claim());
    }
    assertEquals(List.of("0|1|0|0|f"), chunk(), "it is one claim");
  }

  @Test
  void a_lease_that_another_has_taken_over_is_not_kept() throws SQLException {
    rig.commit(apples(0, 3));
    rig.commit(apples(3, 1));
    Batch stopped = requireNonNull(claim());
    rig.pass(OVER);
    assertEquals(1, requireNonNull(rig.claims.chunks(STAGE, 0, 1)).chunks().size());
    assertFalse(rig.claims.keep(stopped), "one of its two chunks is another's");
  }

  @Test
  void what_is_given_back_unsent_has_its_claim_back_however_often() throws SQLException {
    rig.commit(apples(0, 3));
    for (int i = 0; i < 6; i++) {
      Batch batch = requireNonNull(claim());
      batch.breakOff(new Outcome.TargetBroken("away", null));
      assertEquals(0, rig.settlement.settle(batch));
      assertEquals(List.of("0|0|0|0|t"), chunk());
    }
  }

  @Test
  void a_chunk_that_was_sent_in_part_is_given_back_whole() throws SQLException {
    rig.commit(apples(0, 3));
    rig.commit(apples(3, 3));
    Batch batch = requireNonNull(claim());
    List<OutboxEvent> events = batch.events();
    events.subList(0, 4).forEach(e -> batch.put(e.id, new Outcome.Settled("applied")));
    batch.put(events.get(4).id, new Outcome.Failed("refused", null, null));
    assertEquals(0, rig.settlement.settle(batch));
    assertEquals(List.of("1|1|0|0|t", "0|0|0|0|t"), chunk());
    assertEquals(List.of(), STORES.sql().rows("SELECT event_id FROM ingest.delivery_item"));
    assertEquals(apples(3, 3).stream().map(Envelope::id).toList(), ids(requireNonNull(claim())));
  }

  private static final Target ARCHIVE = Target.clickhouse();

  /** An event that came with a call of so many bytes, in a chunk of its own. */
  private void call(int number, int bytes) throws SQLException {
    byte[] body = new byte[bytes];
    new Random(number).nextBytes(body);
    rig.outbox()
        .commit(
            new Intake(
                apples(number, 1),
                List.of(),
                new Original("seen", "message " + number, "signed", Map.of("h", "v"), body)));
  }

  @Test
  void the_archive_alone_gets_a_call_with_its_event() throws SQLException {
    call(1, 1000);
    rig.commit(apples(2, 1));
    assertNull(requireNonNull(claim()).events().get(0).original);
    List<OutboxEvent> events = requireNonNull(rig.claims.chunks(ARCHIVE, 0, 8)).events();
    assertNull(events.get(1).original, "nothing came by itself");
    Original original = requireNonNull(events.get(0).original);
    byte[] body = new byte[1000];
    new Random(1).nextBytes(body);
    assertArrayEquals(body, original.body);
    assertEquals("seen", original.eventType);
    assertEquals("message 1", original.messageId);
    assertEquals("signed", original.signature);
    assertEquals(Map.of("h", "v"), original.headers);
  }

  @Test
  void a_batch_of_the_archive_has_a_bounded_number_of_bytes_and_what_is_beyond_is_not_claimed()
      throws SQLException {
    for (int i = 0; i < 20; i++) {
      call(i, 1 << 20);
    }
    call(20, 9 << 20);
    call(21, 1 << 20);
    List<UUID> claimed = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    for (Batch b = rig.claims.chunks(ARCHIVE, 0, 32);
        b != null;
        b = rig.claims.chunks(ARCHIVE, 0, 32)) {
      claimed.addAll(ids(b));
      sizes.add(b.events().size());
    }
    assertEquals(apples(0, 22).stream().map(Envelope::id).toList(), claimed);
    assertEquals(List.of(8, 8, 5, 1), sizes, "8 MiB and no chunk more, or one chunk that has more");
    assertEquals(
        List.of("1|22"),
        STORES
            .sql()
            .rows(
                "SELECT claims, count(*) FROM ingest.delivery_chunk WHERE target = 'clickhouse' GROUP BY 1"));
  }

  @Test
  void exceptions_of_the_archive_are_cut_by_bytes_as_well() throws SQLException {
    for (int i = 0; i < 10; i++) {
      call(i, 1 << 20);
    }
    STORES.sql().run("UPDATE ingest.delivery_chunk SET claims = 2 WHERE target = 'clickhouse'");
    assertNull(rig.claims.chunks(ARCHIVE, 0, 100), "eight are taken apart");
    assertNull(rig.claims.chunks(ARCHIVE, 0, 100), "and two");
    Batch first = requireNonNull(rig.claims.items(ARCHIVE, 1000));
    Batch second = requireNonNull(rig.claims.items(ARCHIVE, 1000));
    assertEquals(List.of(8, 2), List.of(first.events().size(), second.events().size()));
    assertTrue(second.events().stream().allMatch(e -> e.original != null));
    assertNull(rig.claims.items(ARCHIVE, 1000));
  }
}
