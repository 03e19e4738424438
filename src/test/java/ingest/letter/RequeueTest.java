package ingest.letter;

import static ingest.outbox.AcmeEvents.APPLE_EATEN;
import static ingest.outbox.AcmeEvents.apples;
import static ingest.outbox.AcmeEvents.event;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.delivery.Batch;
import ingest.delivery.Outcome;
import ingest.operation.Held;
import ingest.operation.Operation;
import ingest.store.TestStores;
import java.io.IOException;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RequeueTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private Post post;

  @BeforeEach
  void open() throws Exception {
    post = new Post(STORES);
  }

  @AfterEach
  void close() {
    post.close();
  }

  private static Filter filter(String json) throws IOException {
    return Filter.of(new ObjectMapper().readTree(json.replace('\'', '"')));
  }

  private static List<String> items(String columns) {
    return STORES
        .sql()
        .rows(
            "SELECT "
                + columns
                + " FROM ingest.delivery_item WHERE target = 'stage' ORDER BY chunk, pos");
  }

  private static long count(String status) {
    return STORES
        .sql()
        .number("SELECT count(*) FROM ingest.delivery_item WHERE status = ?", status);
  }

  @Test
  void it_is_as_if_they_had_never_been_tried_but_for_what_they_died_of() throws Exception {
    post.dead(apples(0, 2), "answered 422", "answered #");
    assertNull(post.claimedItems(), "the dead are not tried");
    post.requeue(filter("{'target':'stage'}"));
    Operation done = post.run();
    assertEquals("done 2 of 2", done.state() + " " + done.done() + " of " + done.total());
    assertEquals("{\"stage\":2}", done.counts().toString());
    assertEquals(
        List.of(
            "pending|0|0|answered 422|answered #|-|ann|a try",
            "pending|0|0|answered 422|answered #|-|ann|a try"),
        items("status, attempts, claims, last_error, fingerprint, died_at, actor, reason"));
    assertEquals(2, count("dead"), "of production");
    assertEquals(
        2.0, post.meters.get("ingest.letters.requeued").tag("target", "stage").counter().count());
    Batch batch = requireNonNull(post.claimedItems());
    assertEquals(2, batch.events().size(), "they go together");
    post.settle(
        batch,
        i -> i == 0 ? new Outcome.Settled("applied") : new Outcome.Failed("another", null, null));
    assertEquals(
        List.of("delivered|1|-", "pending|1|another"), items("status, attempts, last_error"));
  }

  @Test
  void what_took_its_worker_down_goes_alone_from_the_start() throws Exception {
    post.dead(apples(0, 3), "answered 422", "answered #");
    STORES
        .sql()
        .run(
            "UPDATE ingest.delivery_item SET fingerprint = 'crash', token = gen_random_uuid(), claims = 6 WHERE pos < 2");
    post.requeue(filter("{'target':'stage'}"));
    post.run();
    assertEquals(List.of("1", "1", "0"), items("claims"));
    assertEquals(1, requireNonNull(post.claimedItems()).events().size(), "what never crashed");
    assertEquals(1, requireNonNull(post.claimedItems()).events().size());
    assertEquals(1, requireNonNull(post.claimedItems()).events().size());
  }

  @Test
  void what_is_previewed_is_what_is_requeued_whatever_dies_between() throws Exception {
    post.dead(apples(0, 5), "answered 422", "answered #");
    post.commit(apples(5, 2));
    Batch late = requireNonNull(post.claimed());
    post.settle(late, i -> new Outcome.Failed("answered 422", null, null));
    try (Connection early = STORES.dm().connection();
        Statement statement = early.createStatement()) {
      early.setAutoCommit(false);
      statement.execute(
          "UPDATE ingest.delivery_item SET status = 'dead', fingerprint = 'answered #', attempts = 15 WHERE status = 'pending'");
      Filter filter = filter("{'target':'stage'}");
      Preview preview = post.previews.of(filter, Order.Of.dead, null);
      assertEquals(5, preview.total());
      early.commit();
      assertEquals(7, post.previews.of(filter, Order.Of.dead, null).total());
      assertEquals(5, post.previews.of(filter, Order.Of.dead, preview.seen()).total());
      post.requeue(filter, preview.seen(), null);
    }
    assertTrue(
        STORES.sql().number("SELECT count(*) FROM ingest.delivery_item WHERE died_at < now()") > 0);
    assertEquals(5, post.run().done());
    assertEquals(List.of("dead", "dead"), items("status").subList(5, 7));
    assertEquals(5, items("status").stream().filter(s -> s.equals("pending")).count());
  }

  @Test
  void what_was_requeued_and_died_again_is_another_death() throws Exception {
    post.dead(apples(0, 3), "answered 422", "answered #");
    Filter filter = filter("{'target':'stage'}");
    String seen = post.previews.of(filter, Order.Of.dead, null).seen();
    post.requeue(filter, seen, null);
    assertEquals(3, post.run().done());
    STORES.sql().run("UPDATE ingest.delivery_item SET status = 'dead' WHERE status = 'pending'");
    post.requeue(filter, seen, null);
    assertEquals(0, post.run().done());
    assertEquals(3, post.previews.of(filter, Order.Of.dead, null).total());
  }

  @Test
  void a_process_that_ends_within_it_leaves_the_rest_to_another_and_each_goes_once()
      throws Exception {
    post.dead(apples(0, 25), "answered 422", "answered #");
    post.requeue(filter("{'target':'stage'}"), null, 10);
    Exchange lost = post.claim();
    post.requeue.page(lost);
    assertEquals(10, STORES.sql().number("SELECT done FROM ingest.operation"));
    STORES.clock(Post.LEASE.plusSeconds(1));
    Operation done = post.run();
    assertEquals("done 25", done.state() + " " + done.done());
    assertEquals(25, items("status").stream().filter(s -> s.equals("pending")).count());
  }

  @Test
  void a_late_page_changes_nothing() throws Exception {
    post.dead(apples(0, 25), "answered 422", "answered #");
    post.requeue(filter("{'target':'stage'}"), null, 10);
    Exchange late = post.claim();
    STORES.clock(Post.LEASE.plusSeconds(1));
    Exchange next = post.claim();
    RuntimeException lost = assertThrows(RuntimeException.class, () -> post.requeue.page(late));
    assertTrue(String.valueOf(lost.getMessage()).contains("another instance"), lost::toString);
    assertEquals(50, count("dead"), "its page is rolled back");
    post.requeue.page(next);
    assertEquals(40, count("dead"));
  }

  @Test
  void two_that_overlap_requeue_each_event_once() throws Exception {
    post.dead(apples(0, 30), "answered 422", "answered #");
    post.requeue(filter("{'target':'stage'}"), null, 20);
    post.requeue(filter("{'type':'acme.apple.*'}"), null, 20);
    Exchange one = post.claim();
    Exchange two = post.claim();
    post.requeue.page(one);
    post.send(two);
    post.send(one);
    assertEquals(
        60, STORES.sql().number("SELECT sum(done) FROM ingest.operation WHERE state = 'done'"));
    assertEquals(0, count("dead"));
  }

  @Test
  void a_rate_is_kept_and_what_is_called_off_stays_dead() throws Exception {
    post.dead(apples(0, 25), "answered 422", "answered #");
    long id = post.requeue(filter("{'target':'stage'}"), null, 10);
    Exchange exchange = post.claim();
    assertEquals(10, Held.of(exchange).pageSize(1000));
    post.operations.cancel(id, Post.ANN);
    post.send(exchange);
    Operation ended = post.operations.find(id).orElseThrow();
    assertEquals("cancelled 10", ended.state() + " " + ended.done());
    assertEquals(40, count("dead"));
  }

  @Test
  void an_event_that_is_not_meant_is_left_alone() throws Exception {
    post.dead(apples(0, 5), "answered 422", "answered #");
    post.dead(List.of(event(APPLE_EATEN, 5)), "answered 422", "answered #");
    post.requeue(filter("{'target':'stage','type':'acme.apple.eaten'}"));
    assertEquals(1, post.run().done());
    assertFalse(items("status, type").contains("dead|" + APPLE_EATEN));
    assertEquals(11, count("dead"));
  }
}
