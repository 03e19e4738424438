package ingest.delivery;

import static ingest.delivery.Receiver.silenceAfter;
import static ingest.delivery.Receiver.status;
import static ingest.outbox.AcmeEvents.apples;
import static ingest.outbox.AcmeEvents.intake;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.store.TestStores;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two targets with their lanes in a running route, as deliver-http has them. */
class LaneRouteTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private Receiver stage;
  private Receiver production;
  private Rig rig;
  private LaneComponent component;

  @BeforeEach
  void open() throws Exception {
    stage = new Receiver(request -> status(200));
    production = new Receiver(request -> status(200));
    rig =
        new Rig(
            STORES,
            TIMEOUT,
            Rig.http("stage", stage.url(), 100),
            Rig.http("production", production.url(), 100));
    component = new LaneComponent(rig.lanes, rig.settlement, rig.wakeUp, PATIENCE);
    rig.camel.addComponent("lane", component);
    rig.camel.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("lane:http?workers=2&chunks=8")
                .routeId("deliver")
                .process(rig.sender)
                .process(rig.settle);
          }
        });
    rig.camel.start();
  }

  @AfterEach
  void close() throws Exception {
    stage.close();
    production.close();
    rig.close();
  }

  private static List<String> open(String target) {
    return STORES
        .sql()
        .rows(
            "SELECT status, claims, token IS NULL, due_at <= ingest.now() FROM"
                + " ingest.delivery_chunk WHERE target = ? AND status <> 1",
            target);
  }

  private static long delivered(String target) {
    return STORES
        .sql()
        .number(
            "SELECT count(*) FROM ingest.ingest_outbox_delivery WHERE target = ? AND status ="
                + " 'delivered'",
            target);
  }

  @Test
  void what_a_process_commits_is_sent_from_memory_and_settled_under_the_lanes_token()
      throws Exception {
    rig.outbox(rig.lanes).commit(intake(apples(0, 200)));
    await().until(() -> delivered("stage") == 200 && delivered("production") == 200);
    assertEquals(
        List.of("1", "1", "1", "1"),
        STORES.sql().rows("SELECT claims FROM ingest.delivery_chunk WHERE target <> 'clickhouse'"),
        "owned from birth, never claimed");
  }

  @Test
  void what_another_process_commits_is_claimed_at_its_notification() throws Exception {
    rig.commit(apples(0, 200));
    await().until(() -> delivered("stage") == 200 && delivered("production") == 200);
  }

  @Test
  void a_target_that_does_not_answer_delays_no_other() throws Exception {
    stage.answers(request -> silenceAfter(""));
    rig.outbox(rig.lanes).commit(intake(apples(0, 10)));
    await().until(() -> !stage.requests().isEmpty());
    for (int round = 1; round <= 5; round++) {
      rig.outbox(rig.lanes).commit(intake(apples(10 * round, 10)));
    }
    await().until(() -> delivered("production") == 60);
    assertEquals(0, delivered("stage"));
  }

  @Test
  void a_target_that_was_away_takes_everything_when_it_is_back() throws Exception {
    stage.answers(request -> status(503));
    rig.outbox(rig.lanes).commit(intake(apples(0, 10)));
    await().until(() -> rig.lanes.lane("stage").brokenReason() != null);
    rig.outbox(rig.lanes).commit(intake(apples(10, 10)));
    await().until(() -> delivered("production") == 20);
    stage.answers(request -> status(200));
    await().until(() -> delivered("stage") == 20);
    assertEquals(
        0, STORES.sql().number("SELECT count(*) FROM ingest.delivery_item"), "nothing was spent");
  }

  @Test
  void a_stop_gives_back_what_was_not_sent() throws Exception {
    stage.answers(request -> silenceAfter(""));
    for (int i = 0; i < 3; i++) { // one for each worker, and one that waits in memory
      rig.outbox(rig.lanes).commit(intake(apples(10 * i, 10)));
      int sent = Math.min(i + 1, 2);
      await().until(() -> stage.requests().size() >= sent);
    }
    rig.camel.getRouteController().stopRoute("deliver");
    assertEquals(List.of("0|0|t|t", "0|0|t|t", "0|0|t|t"), open("stage"));
    assertEquals(30, delivered("production"));
    assertTrue(rig.lanes.withRoom().isEmpty(), "what is committed from now on is not its own");

    rig.outbox(rig.lanes).commit(intake(apples(100, 1)));
    stage.answers(request -> status(200));
    rig.camel.getRouteController().startRoute("deliver");
    await().until(() -> delivered("stage") == 31);
  }

  /** The chunks of both targets by what a stop may not have cost them. */
  private static List<String> all() {
    return STORES
        .sql()
        .rows(
            "SELECT status, claims, attempts, token IS NULL, count(*) FROM ingest.delivery_chunk"
                + " WHERE target <> 'clickhouse' GROUP BY 1, 2, 3, 4 ORDER BY 1");
  }

  @Test
  void a_request_that_outlasts_our_patience_is_given_back_without_a_claim_or_an_attempt()
      throws Exception {
    stage.answers(request -> silenceAfter(""));
    production.answers(request -> silenceAfter(""));
    rig.commit(apples(0, 10));
    rig.commit(apples(10, 10));
    await().until(() -> !stage.requests().isEmpty() && !production.requests().isEmpty());
    component.rest();
    rig.camel.getRouteController().stopRoute("deliver");
    assertEquals(List.of("0|0|0|t|4"), all());
    assertEquals(0, STORES.sql().number("SELECT count(*) FROM ingest.delivery_item"));
  }

  @Test
  void a_stop_settles_what_is_answered_within_our_patience_and_begins_no_other_request()
      throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    production.answers(request -> status(200));
    stage.answers(
        request -> {
          assertDoesNotThrow(() -> stopped.await(10, TimeUnit.SECONDS));
          return status(200);
        });
    for (int i = 0; i < 4; i++) {
      rig.commit(apples(100 * i, 100)); // a request each, claimed at once
    }
    await().until(() -> !stage.requests().isEmpty());
    component.rest();
    stopped.countDown();
    rig.camel.getRouteController().stopRoute("deliver");
    long sent = stage.requests().size();
    assertTrue(sent <= 2, () -> sent + " requests: one for each worker");
    assertEquals(100 * sent, delivered("stage"));
    assertEquals(4 - sent, open("stage").size());
    assertTrue(open("stage").stream().allMatch("0|0|t|t"::equals), () -> open("stage").toString());
  }
}
