package ingest.reload;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.reload.Live.Policies;
import ingest.reload.Live.Step;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.support.DefaultEndpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Steps on routes that run, where one of them fails though it was rehearsed. */
class LiveTest {
  private static final Policies NONE = new Policies(List.of(), List.of());

  private final DefaultCamelContext camel = new DefaultCamelContext();
  private final Live live = new Live(camel, Duration.ofSeconds(20));
  private final CountDownLatch held = new CountDownLatch(1);

  @BeforeEach
  void start() {
    camel.addComponent("brittle", new Brittle());
    camel.getRegistry().bind("hold", (Processor) exchange -> held.await());
    camel.start();
  }

  @AfterEach
  void stop() {
    held.countDown();
    camel.stop();
  }

  /** Its consumers are made, and do not start. */
  private static final class Brittle extends DefaultComponent {
    @Override
    protected Endpoint createEndpoint(String uri, String rest, Map<String, Object> parameters) {
      return new DefaultEndpoint(uri, this) {
        @Override
        public Producer createProducer() {
          throw new UnsupportedOperationException();
        }

        @Override
        public Consumer createConsumer(Processor processor) {
          return new DefaultConsumer(this, processor) {
            @Override
            protected void doStart() {
              throw new IllegalStateException("the port is taken");
            }
          };
        }
      };
    }
  }

  private static Flow flow(String id, String from, String step) {
    String text =
        """
        - route:
            id: %s
            from:
              uri: %s
              steps:
                - %s
        """
            .formatted(id, from, step);
    return new Flow("routes/" + id + ".camel.yaml", text, true, id, true, List.of(), Set.of(from));
  }

  private static Flow saying(String id, String word) {
    return flow(id, "direct:" + id, "setBody: { id: say-" + id + ", constant: " + word + " }");
  }

  private static Step added(Flow flow) {
    return new Step(null, flow, flow.file());
  }

  private String answer(String route) {
    return camel.createFluentProducerTemplate().to("direct:" + route).request(String.class);
  }

  @Test
  void what_does_not_start_leaves_every_route_as_it_was() throws Exception {
    Flow one = saying("one", "first");
    Flow two = saying("two", "second");
    Flow three = saying("three", "third");
    live.take(List.of(added(one), added(two), added(three)), NONE);

    Refused refused =
        assertThrows(
            Refused.class,
            () ->
                live.take(
                    List.of(
                        new Step(three, null, three.file()),
                        added(saying("four", "fourth")),
                        new Step(one, saying("one", "other"), one.file()),
                        new Step(two, flow("two", "brittle:two", "stop: {}"), two.file())),
                    NONE));
    assertEquals(
        "routes/two.camel.yaml: two: the port is taken; the version before runs on",
        refused.getMessage());
    assertEquals("first", answer("one"));
    assertEquals("second", answer("two"));
    assertEquals("third", answer("three"));
    assertNull(camel.getRoute("four"));
    assertEquals(3, camel.getRouteDefinitions().size());
  }

  @Test
  void what_is_on_its_way_ends_first_and_a_caller_waits_for_the_new_one() throws Exception {
    Flow slow =
        flow("slow", "direct:slow", "process: { ref: hold }\n        - setBody: { constant: old }");
    live.take(List.of(added(slow)), NONE);
    Future<Object> early = camel.createProducerTemplate().asyncRequestBody("direct:slow", "");
    await().until(() -> camel.getInflightRepository().size("slow") == 1);
    Thread replacing =
        new Thread(
            () ->
                assertTrue(take(new Step(slow, saying("slow", "new"), slow.file())), "taken over"));
    replacing.start();
    await().until(((DefaultConsumer) camel.getRoute("slow").getConsumer())::isSuspended);
    assertEquals(
        true, camel.getComponent("direct", DirectComponent.class).isBlock(), "callers wait");
    Future<Object> late = camel.createProducerTemplate().asyncRequestBody("direct:slow", "");
    held.countDown();
    replacing.join();
    assertEquals("old", early.get());
    assertEquals("new", late.get());
  }

  private boolean take(Step step) {
    try {
      live.take(List.of(step), NONE);
      return true;
    } catch (Refused e) {
      return false;
    }
  }

  @Test
  void what_does_not_end_in_time_keeps_its_route() throws Exception {
    Flow slow = flow("slow", "direct:slow", "process: { ref: hold }");
    live.take(List.of(added(slow)), NONE);
    Future<Object> early = camel.createProducerTemplate().asyncRequestBody("direct:slow", "kept");
    await().until(() -> camel.getInflightRepository().size("slow") == 1);
    Live hasty = new Live(camel, Duration.ZERO);
    Refused refused =
        assertThrows(
            Refused.class,
            () -> hasty.take(List.of(new Step(slow, saying("slow", "new"), slow.file())), NONE));
    assertTrue(String.valueOf(refused.getMessage()).contains("1 on their way have not ended"));
    held.countDown();
    assertEquals("kept", early.get());
    assertEquals("again", camel.createProducerTemplate().requestBody("direct:slow", "again"));
  }
}
