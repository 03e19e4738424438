package ingest.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.store.TestStores;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class OperationsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Duration LEASE = Duration.ofSeconds(60);
  private static final Actor ANN = new Actor("ann", "a try");

  private final MeterRegistry meters = new SimpleMeterRegistry();
  private final DefaultCamelContext camel = new DefaultCamelContext();
  private Operations here = instance();
  private Operations there = instance();

  private Operations instance() {
    return new Operations(
        camel, STORES.dm(), new OperationMetrics(new SimpleMeterRegistry(), STORES.dm()), LEASE);
  }

  @BeforeEach
  void start() throws Exception {
    STORES.owner().run("TRUNCATE ingest.operation, ingest.audit");
    here = instance();
    there = instance();
    camel.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:replay").routeId("replay").log("page");
          }
        });
    camel.start();
  }

  @AfterEach
  void stop() {
    camel.stop();
  }

  private static ObjectNode json(String field, int value) {
    return JsonNodeFactory.instance.objectNode().put(field, value);
  }

  private long begun() throws SQLException {
    return here.begin("replay", json("of", 7), 10L, null, ANN);
  }

  private Exchange exchange() {
    return new DefaultExchange(camel);
  }

  private Operation found(long id) throws SQLException {
    return here.find(id).orElseThrow();
  }

  private void broke(Operations instance, Exchange exchange, Exception cause) throws SQLException {
    exchange.setProperty(Exchange.EXCEPTION_CAUGHT, cause);
    instance.broke(exchange);
  }

  @Test
  void it_is_done_page_by_page_and_by_one_instance() throws Exception {
    long id = begun();
    Exchange one = exchange();
    assertTrue(here.claim(one));
    assertFalse(there.claim(exchange()), "it is held");
    assertTrue(here.goesOn(one));
    Held held = Held.of(one);
    assertNull(held.position());
    assertEquals(7, held.request().path("of").asInt());
    held.advance(json("at", 4), 4);
    held.count("applied", 3);
    held.count("applied", 1);
    here.progressed(one);
    assertEquals("running", found(id).state());
    assertEquals(4, found(id).done());
    assertEquals(4, found(id).counts().path("applied").asInt());
    held.finish();
    assertFalse(here.goesOn(one));
    here.ended(one);
    assertEquals("done", found(id).state());
    assertTrue(found(id).ended());
    assertFalse(there.claim(exchange()), "nothing is left to do");
  }

  @Test
  void another_instance_goes_on_where_the_lease_ran_out_and_the_late_one_writes_nothing()
      throws Exception {
    long id = begun();
    Exchange late = exchange();
    assertTrue(here.claim(late));
    Held.of(late).advance(json("at", 4), 4);
    here.progressed(late);
    STORES.clock(LEASE.plusSeconds(1));
    Exchange next = exchange();
    assertTrue(there.claim(next));
    assertEquals(json("at", 4), Held.of(next).position());
    assertEquals(4, Held.of(next).done());
    Held.of(late).advance(json("at", 8), 4);
    assertThrows(Lost.class, () -> here.progressed(late));
    assertThrows(Lost.class, () -> here.keep(Held.of(late)));
    broke(here, late, new Lost(id));
    assertEquals(4, found(id).done(), "what the late one did is not counted");
    Held.of(next).advance(json("at", 9), 5);
    there.progressed(next);
    assertEquals(9, found(id).done());
  }

  @Test
  void one_that_is_called_off_ends_after_its_page() throws Exception {
    long id = begun();
    Exchange one = exchange();
    assertTrue(here.claim(one));
    assertTrue(there.cancel(id, new Actor("bob", "the wrong window")));
    assertTrue(here.goesOn(one), "it is not known yet");
    here.progressed(one);
    assertFalse(here.goesOn(one));
    here.ended(one);
    assertEquals("cancelled", found(id).state());
    assertEquals("bob", found(id).cancelledBy());
    assertFalse(there.cancel(id, ANN), "it has ended");
  }

  @Test
  void one_that_nobody_is_at_ends_at_once_and_can_be_resumed() throws Exception {
    long id = begun();
    assertFalse(here.resume(id, ANN), "it has not ended");
    assertTrue(here.cancel(id, ANN));
    assertEquals("cancelled", found(id).state());
    assertFalse(here.claim(exchange()));
    assertTrue(here.resume(id, ANN));
    assertNull(found(id).cancelledBy());
    assertTrue(here.claim(exchange()));
  }

  @Test
  void a_page_that_fails_is_tried_again_after_longer_and_longer_pauses_until_it_has_failed()
      throws Exception {
    long id = begun();
    Duration passed = Duration.ZERO;
    for (int failure = 1; failure <= 10; failure++) {
      Exchange one = exchange();
      assertTrue(here.claim(one), "failure " + failure);
      broke(here, one, new java.io.IOException("the archive is away"));
      assertFalse(here.claim(exchange()), "not at once");
      passed = passed.plusMinutes(5);
      STORES.clock(passed);
    }
    assertEquals("failed", found(id).state());
    assertEquals("java.io.IOException: the archive is away", found(id).error());
    assertFalse(here.claim(exchange()));
    assertTrue(here.resume(id, ANN));
    Exchange again = exchange();
    assertTrue(here.claim(again));
    here.progressed(again);
    assertNull(found(id).error(), "a page that went well forgets what was before");
  }

  @Test
  void one_that_can_never_go_on_fails_at_once() throws Exception {
    long id = begun();
    Exchange one = exchange();
    assertTrue(here.claim(one));
    broke(here, one, new OperationFailed("the window is gone"));
    assertEquals("failed", found(id).state());
    assertEquals("the window is gone", found(id).error());
  }

  @Test
  void a_process_that_stops_gives_it_back() throws Exception {
    long id = begun();
    Exchange one = exchange();
    assertTrue(here.claim(one));
    Held.of(one).advance(json("at", 2), 2);
    here.progressed(one);
    camel.getRouteController().suspendRoute("replay");
    assertFalse(here.goesOn(one), "its route is being replaced");
    here.ended(one);
    assertEquals("running", found(id).state());
    camel.getRouteController().resumeRoute("replay");
    Exchange next = exchange();
    assertTrue(there.claim(next), "at once, without a lease to wait for");
    assertEquals(json("at", 2), Held.of(next).position());
  }

  @Test
  void a_process_is_at_four_at_most() throws Exception {
    for (int i = 0; i < 5; i++) {
      begun();
    }
    Exchange first = exchange();
    assertTrue(here.claim(first));
    for (int i = 0; i < 3; i++) {
      assertTrue(here.claim(exchange()));
    }
    assertFalse(here.claim(exchange()));
    Held.of(first).finish();
    here.ended(first);
    assertTrue(here.claim(exchange()));
  }

  @Test
  void a_rate_bounds_the_page_and_is_kept_to() throws Exception {
    here.begin("replay", json("of", 7), null, 50, ANN);
    Exchange one = exchange();
    assertTrue(here.claim(one));
    Held held = Held.of(one);
    assertEquals(50, held.pageSize(1000));
    assertEquals(10, held.pageSize(10));
    here.goesOn(one);
    long began = System.nanoTime();
    held.advance(json("at", 1), 25);
    here.progressed(one);
    assertTrue(System.nanoTime() - began >= Duration.ofMillis(480).toNanos(), "25 at 50 a second");
  }

  @Test
  void every_action_is_in_the_audit_before_it_is_done() throws Exception {
    long id = begun();
    here.cancel(id, new Actor("bob", "the wrong window"));
    here.cancel(id, new Actor("eve", "again"));
    List<Audit.Entry> entries = new Audit(STORES.dm()).before(Long.MAX_VALUE, 10);
    assertEquals(
        List.of("operation.cancel eve", "operation.cancel bob", "replay ann"),
        entries.stream().map(e -> e.action() + " " + e.who()).toList());
    assertEquals(1, new Audit(STORES.dm()).before(entries.get(1).id(), 10).size());
  }

  @Test
  void whoever_holds_a_token_is_named_by_it() {
    ObjectNode request = JsonNodeFactory.instance.objectNode().put("who", "ann@laptop");
    assertEquals("ci (ann@laptop)", Actor.of("ci", request).who());
    assertEquals("ann@laptop", Actor.of(null, request).who());
    assertEquals("unknown", Actor.of(null, JsonNodeFactory.instance.objectNode()).who());
    assertEquals("not said", Actor.of(null, request).why());
    assertEquals(500, new Actor("x".repeat(600), "").who().length());
  }

  @Test
  void what_is_open_failed_and_stalled_is_told_by_kind() throws Exception {
    new OperationMetrics(meters, STORES.dm());
    begun();
    long failed = begun();
    Exchange one = exchange();
    Exchange two = exchange();
    assertTrue(here.claim(one));
    assertTrue(here.claim(two));
    Exchange fails = Held.of(one).id() == failed ? one : two;
    broke(here, fails, new OperationFailed("no"));
    STORES.clock(Duration.ofSeconds(90));
    assertEquals(1, gauge("ingest.operations.open"));
    assertEquals(1, gauge("ingest.operations.failed"));
    assertTrue(gauge("ingest.operations.stalled.seconds") >= 90);
    assertNotNull(meters.find("ingest.operation.items").tag("kind", "erase").counter());
  }

  private double gauge(String name) {
    return meters.get(name).tag("kind", "replay").gauge().value();
  }
}
