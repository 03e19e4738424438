package ingest.outbox;

import static ingest.outbox.AcmeEvents.APPLE_SEEN;
import static ingest.outbox.AcmeEvents.apples;
import static ingest.outbox.AcmeEvents.event;
import static ingest.outbox.AcmeEvents.intake;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SharedCommitsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final EventTypes TYPES = AcmeEvents.types();

  /** What {@code dm} keeps, where a test wants it to hold a group up or to refuse one of it. */
  private static final class Gate implements State {
    final CountDownLatch open = new CountDownLatch(1);
    final AtomicInteger asked = new AtomicInteger();
    volatile boolean away;
    private final Semaphore reached = new Semaphore(0);
    private final @Nullable UUID poison;

    Gate(@Nullable UUID poison) {
      this.poison = poison;
    }

    /** An intake that holds a lane up. */
    CompletableFuture<Committed> hold(SharedCommits commits, Intake intake) throws Exception {
      CompletableFuture<Committed> outcome = commit(commits, intake);
      reached.acquire();
      return outcome;
    }

    @Override
    public Map<String, String> channels(Collection<Envelope> envelopes) throws SQLException {
      asked.incrementAndGet();
      reached.release();
      try {
        open.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (away) {
        throw new SQLException("the connection is lost", "08006");
      }
      return Map.of();
    }

    @Override
    public List<Effect> effects(List<Envelope> envelopes) {
      return List.of(
          (tx, fresh) -> {
            if (poison != null && fresh.contains(poison)) {
              throw new SQLException("a value that no column takes", "22021");
            }
            return List.of();
          });
    }
  }

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private WakeUp wakeUp;

  @BeforeEach
  void open() {
    wakeUp = new WakeUp(STORES.dm());
  }

  @AfterEach
  void close() {
    wakeUp.close();
  }

  private SharedCommits commits(State state, int most) {
    OutboxMetrics metrics = new OutboxMetrics(meters, TYPES);
    Outbox outbox =
        new Outbox(STORES.dm(), state, TYPES, Owners.NONE, wakeUp, metrics, Duration.ofSeconds(60));
    return new SharedCommits(outbox, metrics, most);
  }

  private static CompletableFuture<Committed> commit(SharedCommits commits, Intake intake)
      throws CommitsFull {
    CompletableFuture<Committed> outcome = new CompletableFuture<>();
    commits.commit(
        intake,
        (committed, failure) -> {
          if (failure == null) {
            outcome.complete(committed);
          } else {
            outcome.completeExceptionally(failure);
          }
        });
    return outcome;
  }

  private static Intake call(String id, Envelope... envelopes) {
    return new Intake(
        List.of(envelopes),
        List.of(),
        new Original(
            "thing", id, "v1,s", Map.of("user-agent", "acme"), ("{" + id + "}").getBytes(UTF_8)));
  }

  private static List<String> kept() {
    return STORES
        .sql()
        .rows(
            "SELECT convert_from(raw, 'UTF8') FROM ingest.ingest_outbox WHERE raw IS NOT NULL ORDER BY 1");
  }

  @Test
  void what_comes_at_the_same_time_shares_a_commit_and_each_is_told_of_its_own() throws Exception {
    Gate gate = new Gate(null);
    try (SharedCommits commits = commits(gate, 1000)) {
      List<CompletableFuture<Committed>> holding =
          List.of(
              gate.hold(commits, intake(apples(0, 1))), gate.hold(commits, intake(apples(1, 1))));
      List<CompletableFuture<Committed>> outcomes = new ArrayList<>();
      for (int n = 2; n < 52; n++) {
        outcomes.add(commit(commits, intake(apples(n, 1))));
      }
      gate.open.countDown();
      for (int n = 0; n < 50; n++) {
        assertEquals(
            new Committed(Set.of(event(APPLE_SEEN, n + 2).id()), Set.of()), outcomes.get(n).get());
      }
      for (CompletableFuture<Committed> outcome : holding) {
        assertEquals(1, outcome.get().fresh().size());
      }
    }
    assertEquals(52, STORES.sql().number("SELECT count(*) FROM ingest.ingest_outbox"));
    assertTrue(
        STORES.sql().number("SELECT count(DISTINCT chunk) FROM ingest.ingest_outbox") <= 4,
        "two that held the lanes, and what had gathered meanwhile");
  }

  @Test
  void an_event_that_two_of_a_group_bring_is_the_first_ones_and_keeps_one_body() throws Exception {
    Gate gate = new Gate(null);
    try (SharedCommits commits = commits(gate, 1000)) {
      CompletableFuture<Committed> a = gate.hold(commits, call("a", event(APPLE_SEEN, 1)));
      CompletableFuture<Committed> b = gate.hold(commits, call("b", event(APPLE_SEEN, 2)));
      CompletableFuture<Committed> first = commit(commits, call("c", event(APPLE_SEEN, 7)));
      CompletableFuture<Committed> second =
          commit(commits, call("d", event(APPLE_SEEN, 7), event(APPLE_SEEN, 8)));
      CompletableFuture<Committed> third = commit(commits, call("e", event(APPLE_SEEN, 7)));
      gate.open.countDown();
      UUID seven = event(APPLE_SEEN, 7).id();
      UUID eight = event(APPLE_SEEN, 8).id();
      assertEquals(new Committed(Set.of(seven), Set.of()), first.get());
      assertEquals(new Committed(Set.of(eight), Set.of(seven)), second.get());
      assertEquals(new Committed(Set.of(), Set.of(seven)), third.get());
      assertEquals(1, a.get().fresh().size() * b.get().fresh().size());
    }
    assertEquals(List.of("{a}", "{b}", "{c}", "{d}"), kept());
    assertEquals(
        List.of("a", "b", "c", "d"),
        STORES.sql().rows("SELECT message_id FROM ingest.event_key ORDER BY id, message_id"));
  }

  @Test
  void a_call_rides_on_the_first_of_its_events_that_is_new() throws Exception {
    try (SharedCommits commits = commits(State.NONE, 1000)) {
      commit(commits, intake(event(APPLE_SEEN, 1))).get();
      commit(commits, call("m", event(APPLE_SEEN, 1), event(APPLE_SEEN, 2), event(APPLE_SEEN, 3)))
          .get();
    }
    assertEquals(
        List.of(
            event(APPLE_SEEN, 1).id() + "|-",
            event(APPLE_SEEN, 2).id() + "|{m}",
            event(APPLE_SEEN, 3).id() + "|-"),
        STORES
            .sql()
            .rows(
                "SELECT event_id, convert_from(raw, 'UTF8') FROM ingest.ingest_outbox ORDER BY event_id"));
    String about =
        STORES
            .sql()
            .rows("SELECT raw_headers FROM ingest.ingest_outbox WHERE raw IS NOT NULL")
            .get(0);
    Original read = Original.of(about, new byte[0]);
    assertEquals(
        List.of("thing", "m", "v1,s", Map.of("user-agent", "acme")),
        List.of(read.eventType, read.messageId, read.signature, read.headers));
  }

  @Test
  void what_no_column_takes_fails_alone() throws Exception {
    UUID poison = event(APPLE_SEEN, 13).id();
    Gate gate = new Gate(poison);
    try (SharedCommits commits = commits(gate, 1000)) {
      List<CompletableFuture<Committed>> outcomes = new ArrayList<>();
      for (int n = 0; n < 30; n++) {
        outcomes.add(commit(commits, intake(apples(n, 1))));
      }
      gate.open.countDown();
      for (int n = 0; n < 30; n++) {
        CompletableFuture<Committed> outcome = outcomes.get(n);
        if (n == 13) {
          ExecutionException failed = assertThrows(ExecutionException.class, outcome::get);
          assertEquals(
              "22021", assertInstanceOf(SQLException.class, failed.getCause()).getSQLState());
        } else {
          assertEquals(Set.of(event(APPLE_SEEN, n).id()), outcome.get().fresh());
        }
      }
    }
    assertEquals(29, STORES.sql().number("SELECT count(*) FROM ingest.ingest_outbox"));
  }

  @Test
  void who_waits_behind_a_store_that_is_away_is_told_with_it() throws Exception {
    Gate gate = new Gate(null);
    gate.away = true;
    try (SharedCommits commits = commits(gate, 1000)) {
      List<CompletableFuture<Committed>> outcomes = new ArrayList<>();
      outcomes.add(gate.hold(commits, intake(apples(0, 1))));
      outcomes.add(gate.hold(commits, intake(apples(1, 1))));
      for (int n = 2; n < 300; n++) { // more than a group
        outcomes.add(commit(commits, intake(apples(n, 1))));
      }
      gate.open.countDown();
      for (CompletableFuture<Committed> outcome : outcomes) {
        ExecutionException failed = assertThrows(ExecutionException.class, outcome::get);
        assertEquals(
            "08006", assertInstanceOf(SQLException.class, failed.getCause()).getSQLState());
      }
      assertTrue(gate.asked.get() <= 4, () -> gate.asked + " groups asked for the store");
    }
  }

  @Test
  void beyond_its_bound_and_when_it_is_closed_it_refuses_and_what_waits_is_still_committed()
      throws Exception {
    Gate gate = new Gate(null);
    SharedCommits commits = commits(gate, 3);
    List<CompletableFuture<Committed>> outcomes = new ArrayList<>();
    outcomes.add(gate.hold(commits, intake(apples(0, 1))));
    outcomes.add(gate.hold(commits, intake(apples(1, 1))));
    for (int n = 2; n < 5; n++) {
      outcomes.add(commit(commits, intake(apples(n, 1))));
    }
    assertThrows(CommitsFull.class, () -> commit(commits, intake(apples(5, 1))));
    assertEquals(1, meters.get("ingest.outbox.refused").counter().count());
    assertEquals(3, meters.get("ingest.outbox.waiting").gauge().value());
    gate.open.countDown();
    commits.close();
    for (CompletableFuture<Committed> outcome : outcomes) {
      assertEquals(1, outcome.get().fresh().size());
    }
    assertThrows(CommitsFull.class, () -> commit(commits, intake(apples(6, 1))));
    assertEquals(5, STORES.sql().number("SELECT count(*) FROM ingest.ingest_outbox"));
  }

  @Test
  void what_is_off_its_schema_is_refused_before_it_waits() {
    try (SharedCommits commits = commits(State.NONE, 10)) {
      assertThrows(
          InvalidEnvelope.class,
          () -> commit(commits, intake(event(APPLE_SEEN, 1), event(APPLE_SEEN, 1))));
    }
  }

  @Test
  void many_at_once_with_duplicates_are_each_there_once() throws Exception {
    try (SharedCommits commits = commits(State.NONE, 100_000)) {
      List<Integer> numbers =
          new ArrayList<>(IntStream.range(0, 1500).mapToObj(n -> n % 1000).toList());
      Collections.shuffle(numbers, new Random(5));
      List<CompletableFuture<Committed>> outcomes = Collections.synchronizedList(new ArrayList<>());
      numbers.parallelStream()
          .forEach(
              n -> {
                try {
                  outcomes.add(commit(commits, call("m" + n, event(APPLE_SEEN, n))));
                } catch (CommitsFull e) {
                  throw new IllegalStateException(e);
                }
              });
      int fresh = 0;
      for (CompletableFuture<Committed> outcome : outcomes) {
        Committed committed = outcome.get();
        fresh += committed.fresh().size();
        assertEquals(1, committed.fresh().size() + committed.duplicates().size());
      }
      assertEquals(1000, fresh);
    }
    assertEquals(1000, STORES.sql().number("SELECT count(*) FROM ingest.ingest_outbox"));
    assertEquals(1000, kept().size());
  }
}
