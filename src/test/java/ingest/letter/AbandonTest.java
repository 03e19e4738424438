package ingest.letter;

import static ingest.outbox.AcmeEvents.APPLE_SEEN;
import static ingest.outbox.AcmeEvents.PEAR_SEEN;
import static ingest.outbox.AcmeEvents.apples;
import static ingest.outbox.AcmeEvents.event;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.delivery.Batch;
import ingest.delivery.Counts;
import ingest.delivery.Outcome;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.maintenance.MaintenanceMetrics;
import ingest.maintenance.OldDays;
import ingest.maintenance.TooOld;
import ingest.operation.Held;
import ingest.operation.Operation;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class AbandonTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private Post post;

  @BeforeEach
  void open() throws Exception {
    post = new Post(STORES);
  }

  @AfterEach
  void close() {
    post.close();
    assertEquals(
        List.of(),
        STORES
            .sql()
            .rows(
                """
                SELECT c.target, c.chunk, c.n_exc, count(i.event_id)
                FROM ingest.delivery_chunk c LEFT JOIN ingest.delivery_item i USING (day, chunk, target)
                GROUP BY c.target, c.chunk, c.n_exc HAVING c.n_exc <> count(i.event_id)
                """),
        "a chunk says how many of its events are items");
  }

  private static Filter filter(String json) throws IOException {
    return Filter.of(new ObjectMapper().readTree(json.replace('\'', '"')));
  }

  private static Filter pears() throws IOException {
    return filter("{'target':'stage','type':'acme.pear.*'}");
  }

  /** Apples at even places, pears at odd ones. */
  private static List<Envelope> fruit(int first, int number) {
    return IntStream.range(first, first + number)
        .mapToObj(n -> event(n % 2 == 0 ? APPLE_SEEN : PEAR_SEEN, n))
        .toList();
  }

  /** By status: of stage, from the view that operators read. */
  private static List<String> stage() {
    return STORES
        .sql()
        .rows(
            """
            SELECT type, status, count(*) FROM ingest.ingest_outbox_delivery
            WHERE target = 'stage' GROUP BY 1, 2 ORDER BY 1, 2
            """);
  }

  private Counts.Deliveries counted() throws SQLException {
    return Objects.requireNonNull(new Counts(STORES.dm()).deliveries().get("stage"));
  }

  private void deliverTheRest() throws SQLException {
    for (Batch batch = post.claimed(); batch != null; batch = post.claimed()) {
      post.settle(batch, i -> new Outcome.Settled("applied"));
    }
    for (Batch batch = post.claimedItems(); batch != null; batch = post.claimedItems()) {
      post.settle(batch, i -> new Outcome.Settled("applied"));
    }
  }

  @Test
  void what_is_dead_is_given_up_with_who_and_why() throws Exception {
    post.dead(apples(0, 3), "answered 422", "answered #");
    post.abandon(filter("{'target':'stage'}"), Order.Of.dead);
    Operation done = post.run();
    assertEquals("done 3 of 3", done.state() + " " + done.done() + " of " + done.total());
    assertEquals(
        List.of("abandoned|ann|a try|answered 422"),
        STORES
            .sql()
            .rows(
                "SELECT DISTINCT status, actor, reason, last_error FROM ingest.delivery_item WHERE target = 'stage'"));
    assertEquals(3, counted().abandoned());
    assertEquals(
        3.0, post.meters.get("ingest.letters.abandoned").tag("target", "stage").counter().count());
    assertEquals(
        3, post.previews.of(filter("{'target':'production'}"), Order.Of.dead, null).total());
  }

  @Test
  void a_type_leaves_the_chunks_that_wait_and_the_others_of_them_are_delivered() throws Exception {
    for (int commit = 0; commit < 5; commit++) {
      post.commit(fruit(20 * commit, 20));
    }
    post.commit(List.of(event(PEAR_SEEN, 101), event(PEAR_SEEN, 103)));
    Preview preview = post.previews.of(pears(), Order.Of.pending, null);
    assertEquals(52, preview.total());
    post.abandon(pears(), Order.Of.pending);
    assertEquals(52, post.run().done());
    assertEquals(
        List.of("acme.apple.seen|pending|50", "acme.pear.seen|abandoned|52"),
        stage(),
        "by the view");
    assertEquals("50 52", counted().pending() + " " + counted().abandoned());
    deliverTheRest();
    assertEquals(List.of("acme.apple.seen|delivered|50", "acme.pear.seen|abandoned|52"), stage());
    assertEquals(
        "0 50 52", counted().pending() + " " + counted().delivered() + " " + counted().abandoned());
    assertEquals(
        102,
        STORES.sql().number("SELECT sum(n) FROM ingest.delivery_chunk WHERE target = 'production'"),
        "the other target has all of it");
    assertEquals(0, post.previews.of(pears(), Order.Of.both, null).total());
  }

  @Test
  void what_was_abandoned_out_of_a_chunk_stands_in_the_totals_of_its_day() throws Exception {
    post.commit(fruit(0, 20));
    post.abandon(pears(), Order.Of.pending);
    post.run();
    deliverTheRest();
    STORES.sql().run("UPDATE ingest.target SET mode = 'off' WHERE name <> 'stage'");
    OldDays days = new OldDays(STORES.dm(), null, Duration.ofDays(8), maintenance());
    LocalDate day =
        LocalDate.parse(STORES.sql().rows("SELECT DISTINCT day FROM ingest.ingest_outbox").get(0));
    String totals = requireNonNull(days.look(day)).totals().toString();
    assertTrue(totals.contains("type=acme.pear.seen, target=stage, status=abandoned]=10"), totals);
    assertTrue(totals.contains("type=acme.apple.seen, target=stage, status=delivered]=10"), totals);
  }

  @Test
  void a_chunk_that_is_taken_apart_later_leaves_them_abandoned() throws Exception {
    post.commit(fruit(0, 20));
    post.abandon(pears(), Order.Of.pending);
    post.run();
    for (int lost = 1; lost <= 2; lost++) {
      assertEquals(10, requireNonNull(post.claimed()).events().size());
      STORES.clock(Post.LEASE.plusSeconds(1).multipliedBy(lost));
    }
    assertNull(post.claimed(), "it is taken apart");
    assertEquals(List.of("acme.apple.seen|pending|10", "acme.pear.seen|abandoned|10"), stage());
    deliverTheRest();
    assertEquals(List.of("acme.apple.seen|delivered|10", "acme.pear.seen|abandoned|10"), stage());
  }

  @Test
  void a_chunk_that_is_too_old_later_is_given_up_but_for_them() throws Exception {
    post.commit(fruit(0, 20));
    post.abandon(pears(), Order.Of.pending);
    post.run();
    STORES.clock(Duration.ofDays(27));
    new TooOld(STORES.dm(), Duration.ofDays(25), maintenance()).abandon();
    assertEquals(
        List.of("acme.apple.seen|too old|10", "acme.pear.seen|a try|10"),
        STORES
            .sql()
            .rows(
                "SELECT type, reason, count(*) FROM ingest.delivery_item WHERE target = 'stage' GROUP BY 1, 2 ORDER BY 1"));
    assertEquals("0 20", counted().pending() + " " + counted().abandoned());
  }

  @Test
  void two_that_overlap_abandon_each_event_once() throws Exception {
    post.commit(fruit(0, 20));
    post.abandon(pears(), Order.Of.pending);
    post.abandon(filter("{'target':'stage'}"), Order.Of.pending);
    Exchange one = post.claim();
    Exchange two = post.claim();
    post.abandon.page(one);
    post.send(two);
    post.send(one);
    assertEquals(20, STORES.sql().number("SELECT sum(done) FROM ingest.operation"));
    assertEquals("0 20", counted().pending() + " " + counted().abandoned());
  }

  private static MaintenanceMetrics maintenance() {
    return new MaintenanceMetrics(
        new SimpleMeterRegistry(), STORES.dm(), List.of("stage"), Duration.ofDays(8));
  }

  @Test
  void what_a_worker_has_is_left_to_it_and_looked_at_again() throws Exception {
    post.commit(fruit(0, 20));
    Batch worked = requireNonNull(post.claimed());
    post.abandon(pears(), Order.Of.pending);
    Exchange exchange = post.claim();
    post.abandon.page(exchange);
    assertEquals(0, STORES.sql().number("SELECT count(*) FROM ingest.delivery_item"));
    post.abandon.page(exchange);
    assertEquals(1000L, exchange.getProperty(Abandon.PAUSE), "all that is left is with a worker");
    assertEquals(
        0,
        post.settle(
            worked,
            i ->
                i == 1 || i == 2
                    ? new Outcome.Failed("answered 422", null, null)
                    : new Outcome.Settled("applied")),
        "nothing was taken from under it");
    post.send(exchange);
    assertEquals(
        List.of(
            "acme.apple.seen|delivered|9",
            "acme.apple.seen|pending|1",
            "acme.pear.seen|abandoned|1",
            "acme.pear.seen|delivered|9"),
        stage(),
        "the pear that was refused meanwhile waits as an exception");
  }

  @Test
  void a_worker_that_is_late_changes_nothing_of_what_was_taken() throws Exception {
    post.commit(fruit(0, 20));
    Batch late = requireNonNull(post.claimed());
    STORES.clock(Post.LEASE.plusSeconds(1));
    post.abandon(pears(), Order.Of.pending);
    assertEquals(10, post.run().done());
    assertEquals(
        1, post.settle(late, i -> new Outcome.Failed("answered 422", null, null)), "its chunk");
    assertEquals(List.of("acme.apple.seen|pending|10", "acme.pear.seen|abandoned|10"), stage());
    deliverTheRest();
    assertEquals(List.of("acme.apple.seen|delivered|10", "acme.pear.seen|abandoned|10"), stage());
  }

  @Test
  void exceptions_that_wait_are_taken_and_those_that_a_worker_has_once_it_has_settled()
      throws Exception {
    post.commit(fruit(0, 6));
    post.settle(
        requireNonNull(post.claimed()), i -> new Outcome.Failed("answered 422", null, null));
    STORES.clock(Duration.ofMinutes(1));
    Batch worked = requireNonNull(post.claimedItems());
    assertEquals(6, worked.events().size());
    post.abandon(pears(), Order.Of.pending);
    Exchange exchange = post.claim();
    post.abandon.page(exchange); // no chunk is open
    post.abandon.page(exchange);
    assertEquals(0, Held.of(exchange).counts().path("abandoned").asLong());
    assertEquals(
        0,
        post.settle(
            worked,
            i ->
                i == 1
                    ? new Outcome.Settled("applied")
                    : new Outcome.Failed("answered 422", null, null)));
    post.send(exchange);
    assertEquals(
        List.of(
            "acme.apple.seen|pending|3",
            "acme.pear.seen|abandoned|2",
            "acme.pear.seen|delivered|1"),
        stage());
  }

  @Test
  void what_dies_or_is_taken_apart_meanwhile_is_found_where_it_went() throws Exception {
    post.commit(fruit(0, 6));
    post.commit(fruit(6, 6));
    Filter filter = pears();
    post.abandon(filter, Order.Of.both);
    Exchange exchange = post.claim();
    Batch worked = requireNonNull(post.claimed());
    post.abandon.page(exchange);
    post.settle(worked, i -> new Outcome.Failed("answered 422", null, null));
    post.die("answered #");
    post.send(exchange);
    assertEquals(List.of("acme.apple.seen|dead|6", "acme.pear.seen|abandoned|6"), stage());
  }

  @Test
  void what_is_committed_after_the_preview_is_delivered() throws Exception {
    post.commit(fruit(0, 6));
    post.abandon(filter("{'target':'stage'}"), Order.Of.both);
    post.commit(fruit(6, 6));
    assertEquals(6, post.run().done());
    assertEquals(
        List.of(
            "acme.apple.seen|abandoned|3",
            "acme.apple.seen|pending|3",
            "acme.pear.seen|abandoned|3",
            "acme.pear.seen|pending|3"),
        stage());
  }

  @Test
  void one_event_of_a_chunk_is_taken_by_its_id() throws Exception {
    post.commit(fruit(0, 6));
    String id = EventId.text(event(PEAR_SEEN, 3).id());
    post.abandon(filter("{'target':'stage','event':'" + id + "'}"), Order.Of.both);
    assertEquals(1, post.run().done());
    assertEquals(
        List.of(
            "acme.apple.seen|pending|3", "acme.pear.seen|abandoned|1", "acme.pear.seen|pending|2"),
        stage());
    assertNull(post.claimedItems());
  }

  @Test
  void a_subject_is_taken_wherever_it_waits() throws Exception {
    post.commit(fruit(0, 14));
    post.settle(
        requireNonNull(post.claimed()), i -> new Outcome.Failed("answered 422", null, null));
    post.commit(fruit(14, 14));
    post.abandon(filter("{'target':'stage','subject':'acme:3'}"), Order.Of.pending);
    assertEquals(4, post.run().done());
    assertEquals(
        List.of("acme:3|4"),
        STORES
            .sql()
            .rows(
                "SELECT subject, count(*) FROM ingest.ingest_outbox_delivery WHERE status = 'abandoned' GROUP BY 1"));
  }

  @Test
  void a_cause_is_of_exceptions_alone() throws Exception {
    post.commit(fruit(0, 4));
    post.settle(
        requireNonNull(post.claimed()), i -> new Outcome.Parked("unknown type acme.pear.seen"));
    post.commit(fruit(4, 4));
    post.abandon(
        filter("{'target':'stage','fingerprint':'unknown type acme.pear.seen'}"), Order.Of.pending);
    assertEquals(4, post.run().done());
    assertEquals(4, counted().pending());
  }

  @Test
  void a_count_that_takes_too_long_says_that_there_is_more() throws Exception {
    post.commit(fruit(0, 6));
    Preview preview =
        new Previews(STORES.dm(), post.letters, Duration.ZERO).of(pears(), Order.Of.pending, null);
    assertFalse(preview.complete());
    assertTrue(post.previews.of(pears(), Order.Of.pending, null).complete());
  }
}
