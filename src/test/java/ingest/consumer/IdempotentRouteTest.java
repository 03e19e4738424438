package ingest.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.envelope.EventId;
import ingest.store.TestStores;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.management.MBeanException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Processor;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code public.processed_events} in a route of an integration engineer's, and in JMX. */
class IdempotentRouteTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private static final String ROUTE =
      """
      - route:
          id: once
          from:
            uri: direct:once
            steps:
              - idempotentConsumer:
                  idempotentRepository: processedEvents
                  eager: "false"
                  simple: "${header.id}"
                  steps:
                    - process:
                        ref: effect
      """;

  private final DefaultCamelContext camel = new DefaultCamelContext();
  private final List<String> effects = Collections.synchronizedList(new ArrayList<>());
  private boolean failing;

  @BeforeEach
  void start() throws Exception {
    ProcessedEvents processed = new ProcessedEvents(STORES.env());
    camel.getRegistry().bind("processedEvents", processed);
    Processor effect =
        exchange -> {
          if (failing) {
            throw new IllegalStateException("the effect failed");
          }
          effects.add(exchange.getMessage().getHeader("id", String.class));
        };
    camel.getRegistry().bind("effect", effect);
    camel.addService(processed);
    PluginHelper.getRoutesLoader(camel)
        .loadRoutes(ResourceHelper.fromString("once.camel.yaml", ROUTE));
    camel.start();
  }

  @AfterEach
  void stop() {
    camel.stop();
  }

  private static UUID id(String key) {
    return EventId.of(Instant.parse("2026-09-24T03:15:02Z"), "acme", "acme.fig", "fig:1", key, 0);
  }

  private void send(String id) {
    camel.createProducerTemplate().sendBodyAndHeader("direct:once", "", "id", id);
  }

  private static long recorded(UUID id) {
    return STORES
        .envSql()
        .number("SELECT count(*) FROM public.processed_events WHERE event_id = '" + id + "'");
  }

  @Test
  void an_event_that_comes_twice_has_one_effect() {
    String id = EventId.text(id("twice"));
    send(id);
    send(id);
    send(id("twice").toString());
    assertEquals(List.of(id), effects);
    assertEquals(1, recorded(id("twice")));
  }

  @Test
  void what_the_batch_path_has_recorded_the_route_skips() throws Exception {
    try (java.sql.Connection tx = STORES.env().connection()) {
      ProcessedEvents.record(tx, List.of(id("batched")));
    }
    send(EventId.text(id("batched")));
    assertEquals(List.of(), effects);
  }

  @Test
  void an_effect_that_failed_is_tried_again() {
    String id = EventId.text(id("failing"));
    failing = true;
    assertThrows(CamelExecutionException.class, () -> send(id));
    assertEquals(0, recorded(id("failing")));
    failing = false;
    send(id);
    assertEquals(List.of(id), effects);
  }

  @Test
  void a_key_that_is_no_event_id_is_refused() {
    assertThrows(CamelExecutionException.class, () -> send("fig-1"));
    assertEquals(List.of(), effects);
  }

  @Test
  void jmx_asks_and_forgets_and_cannot_clear() throws Exception {
    MBeanServer server = camel.getManagementStrategy().getManagementAgent().getMBeanServer();
    Set<ObjectName> found =
        server.queryNames(
            new ObjectName("org.apache.camel:type=services,name=ProcessedEvents,*"), null);
    assertEquals(1, found.size(), found.toString());
    ObjectName bean = found.iterator().next();
    String id = EventId.text(id("seen"));
    send(id);
    assertTrue((boolean) asked(server, bean, "contains", id));
    assertEquals(1L, server.getAttribute(bean, "ProcessedWithinHour"));
    assertTrue((boolean) asked(server, bean, "remove", id));
    assertFalse((boolean) asked(server, bean, "contains", id));
    MBeanException refused =
        assertThrows(MBeanException.class, () -> asked(server, bean, "contains", "fig-1"));
    Throwable cause = assertInstanceOf(IllegalArgumentException.class, refused.getCause());
    assertNull(cause.getCause(), "a console has none of our classes");
    assertThrows(
        MBeanException.class, () -> server.invoke(bean, "clear", new Object[0], new String[0]));
  }

  private static Object asked(MBeanServer server, ObjectName bean, String operation, String key)
      throws Exception {
    return server.invoke(
        bean, operation, new Object[] {key}, new String[] {String.class.getName()});
  }
}
