package ingest.bench;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.consumer.Consumer;
import ingest.consumer.ConsumerMetrics;
import ingest.consumer.InternalEvents;
import ingest.consumer.ProcessedEvents;
import ingest.delivery.Target;
import ingest.envelope.EventTypes;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.State;
import ingest.outbox.WakeUp;
import ingest.projection.kick.ViewerCountProjector;
import ingest.settings.Settings;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that lost, doubled or mangled an event gives no figure. */
class UnbalancedTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private final Events events = new Events(Instant.now().truncatedTo(ChronoUnit.MILLIS));

  @Test
  void every_event_is_of_the_same_size_and_of_its_schema() {
    EventTypes types = EventTypes.load(Path.of("routes"));
    for (int number : new int[] {0, 1, 4_999, 5_000, 123_456, 999_999}) {
      String json = events.event(number).toJson();
      assertEquals(Events.BYTES, json.getBytes(StandardCharsets.UTF_8).length, json);
      assertDoesNotThrow(() -> types.check(events.event(number)));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DELETE FROM public.processed_events WHERE event_id = (SELECT min(event_id::text)::uuid FROM public.processed_events)",
        "DELETE FROM public.channel_snapshot WHERE platform_user_id = '900000007'",
        "UPDATE public.channel_snapshot SET viewers_rev = viewers_rev - 1 WHERE platform_user_id = '900000007'",
        "UPDATE public.channel_snapshot SET stream_ev = gen_random_uuid() WHERE platform_user_id = '900000007'",
      })
  void a_projection_that_is_not_whole(String loss) throws Exception {
    Environment environment = new Environment("", STORES.env());
    InternalEvents steps =
        new InternalEvents(
            new Consumer(
                STORES.env(),
                List.of(new ViewerCountProjector()),
                List.of(),
                EventTypes.load(Path.of("routes"))),
            new ProcessedEvents(STORES.env()),
            new ConsumerMetrics(new SimpleMeterRegistry()));
    for (byte[] body : Bodies.of(events, 600).all()) {
      steps.project(steps.parse(body));
    }
    environment.check(events, 600);
    STORES.envSql().run(loss);
    assertThrows(Unbalanced.class, () -> environment.check(events, 600));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE ingest.delivery_chunk SET status = 0 WHERE chunk = (SELECT min(chunk) FROM ingest.delivery_chunk)",
        "UPDATE ingest.delivery_chunk SET claims = 2 WHERE chunk = (SELECT min(chunk) FROM ingest.delivery_chunk)",
        "UPDATE ingest.delivery_chunk SET n_exc = 1 WHERE chunk = (SELECT min(chunk) FROM ingest.delivery_chunk)",
        "DELETE FROM ingest.delivery_chunk WHERE chunk = (SELECT min(chunk) FROM ingest.delivery_chunk)",
      })
  void a_delivery_that_was_not_made_at_the_first_try(String loss) throws Exception {
    Dm dm = new Dm(STORES.dm(), STORES.dm(), Settings.load(Path.of(""), Map.of()));
    dm.onlyTargets(
        List.of(
            new Target(
                "receiver", Target.HTTP, List.of("*"), 100, URI.create("http://x"), List.of())));
    EventTypes types = EventTypes.load(Path.of("routes"));
    try (WakeUp wakeUp = new WakeUp(STORES.dm())) {
      new Outbox(
              STORES.dm(),
              State.NONE,
              types,
              Owners.NONE,
              wakeUp,
              new OutboxMetrics(new SimpleMeterRegistry(), types),
              Duration.ofSeconds(60))
          .commit(new Intake(events.events(0, 300), List.of()));
    }
    assertThrows(Unbalanced.class, () -> Deliveries.check(dm, 300), "nothing was sent yet");
    dm.execute("UPDATE ingest.delivery_chunk SET status = 1, claims = 1");
    Deliveries.check(dm, 300);
    dm.execute(loss);
    assertThrows(Unbalanced.class, () -> Deliveries.check(dm, 300));
  }

  @Test
  void a_sink_that_had_a_byte_too_few_or_an_event_too_many() throws Exception {
    try (CheapReceiver sink = new CheapReceiver()) {
      byte[] body = Bodies.of(events, 300).all().get(0);
      sink.reset();
      post(sink, "application/cloudevents-batch+json", new String(body, StandardCharsets.UTF_8));
      post(sink, "application/cloudevents+json", events.event(300).toJson());
      sink.check(301);
      assertThrows(Unbalanced.class, () -> sink.check(300));
      assertThrows(Unbalanced.class, () -> sink.check(302));
      post(sink, "application/cloudevents+json", events.event(301).toJson().substring(1));
      assertThrows(Unbalanced.class, () -> sink.check(302));
    }
  }

  private static void post(Receiver receiver, String type, String body) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(receiver.url())
                    .version(HttpClient.Version.HTTP_1_1)
                    .header("content-type", type)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertEquals(200, answer.statusCode());
    assertTrue(answer.body().isEmpty());
  }

  @Test
  void a_batch_that_was_not_applied_as_a_whole() throws Exception {
    Applied.unlessAll(500, "{\"applied\":500,\"results\":{}}");
    assertThrows(
        Unbalanced.class, () -> Applied.unlessAll(500, "{\"applied\":499,\"results\":{}}"));
    assertThrows(
        Unbalanced.class, () -> Applied.unlessAll(500, "{\"applied\":500,\"results\":{\"x\":{}}}"));
  }
}
