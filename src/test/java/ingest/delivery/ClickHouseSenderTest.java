package ingest.delivery;

import static ingest.outbox.AcmeEvents.apples;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.sun.net.httpserver.HttpServer;
import ingest.TestMigrations;
import ingest.embedded.clickhouse.EngineServer;
import ingest.envelope.Envelope;
import ingest.outbox.OutboxEvent;
import ingest.settings.Settings;
import ingest.store.ClickHouse;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive, behind a proxy that drops answers. */
class ClickHouseSenderTest {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Target ARCHIVE = Target.clickhouse();

  @TempDir static Path folder;
  private static EngineServer engine;
  private static HttpServer proxy;

  /** Answers that are dropped from now on; the statements are carried out. */
  private static final AtomicInteger DROPPED = new AtomicInteger();

  @BeforeAll
  static void start() throws IOException {
    engine =
        EngineServer.start(
            Settings.load(Path.of("no-such-folder"), Map.of()), folder, TestStores::freePort);
    String there = "http://127.0.0.1:" + engine.port();
    TestMigrations.clickHouse(there);
    proxy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    proxy.createContext(
        "/",
        call -> {
          try (call) {
            HttpResponse<byte[]> answer =
                HTTP.send(
                    HttpRequest.newBuilder(
                            URI.create(there + "/?" + call.getRequestURI().getRawQuery()))
                        .POST(
                            HttpRequest.BodyPublishers.ofByteArray(
                                call.getRequestBody().readAllBytes()))
                        .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            if (DROPPED.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
              call.sendResponseHeaders(
                  answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
              call.getResponseBody().write(answer.body());
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    proxy.start();
  }

  @AfterAll
  static void stop() {
    proxy.stop(0);
    engine.close();
  }

  private static List<OutboxEvent> events(int first, int number) {
    return apples(first, number).stream().map(ClickHouseSenderTest::event).toList();
  }

  private static OutboxEvent event(Envelope envelope) {
    return new OutboxEvent(
        LocalDate.now(ZoneOffset.UTC),
        1,
        0,
        envelope.id(),
        envelope.type(),
        envelope.toJson().getBytes(StandardCharsets.UTF_8),
        Instant.now(),
        null);
  }

  private static Batch sent(List<OutboxEvent> events) throws Exception {
    ClickHouseSender sender =
        new ClickHouseSender(
            new ClickHouse("http://127.0.0.1:" + proxy.getAddress().getPort()),
            Map.of(),
            new DeliveryMetrics(new SimpleMeterRegistry(), List.of(ARCHIVE)));
    Batch batch = new Batch(ARCHIVE, UUID.randomUUID(), 0, List.of(), List.of(), events);
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      Exchange exchange = new DefaultExchange(camel);
      exchange.getMessage().setBody(batch);
      sender.process(exchange);
    }
    return batch;
  }

  private static long number(String query) throws Exception {
    return new ClickHouse("http://127.0.0.1:" + engine.port()).number(query, Map.of());
  }

  @Test
  void an_insert_whose_answer_is_dropped_and_that_comes_again_otherwise_composed_counts_once()
      throws Exception {
    DROPPED.set(1);
    Batch unanswered = sent(events(0, 60));
    assertNotNull(unanswered.broken());
    assertNull(unanswered.outcome(unanswered.events().get(0).id), "nothing is settled by it");
    assertEquals(60, number("SELECT count() FROM vf.raw_events"), "and yet it is there");

    for (List<OutboxEvent> other : List.of(events(0, 30), events(20, 60), events(0, 60))) {
      assertNull(sent(other).broken());
    }
    assertEquals(80, number("SELECT count() FROM vf.raw_events"));
    assertEquals(80, number("SELECT uniqExact(event_id) FROM vf.raw_events_log"));
  }
}
