package ingest.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import acme.Acme;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import ingest.TestMigrations;
import ingest.embedded.clickhouse.EngineServer;
import ingest.settings.Settings;
import ingest.store.ClickHouse;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RejectionsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration NEVER = Duration.ofDays(1);
  private static final byte[] BODY = "{}".getBytes(StandardCharsets.UTF_8);

  private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final AtomicLong nanos = new AtomicLong();

  private static List<Sender> senders(int number) {
    return IntStream.range(0, number).<Sender>mapToObj(n -> new Acme("acme" + n)).toList();
  }

  private Rejections rejections(@Nullable ClickHouse archive, int senders, Duration every) {
    return new Rejections(archive, senders(senders), meters, nanos::get, every);
  }

  private static ClickHouse at(int port) {
    return new ClickHouse("http://127.0.0.1:" + port);
  }

  private int kept(String source) {
    return count("kept", source);
  }

  private int dropped(String source) {
    return count("dropped", source);
  }

  private int count(String what, String source) {
    return (int)
        meters.get("ingest.webhooks.rejected." + what).tag("source", source).counter().count();
  }

  private void offer(Rejections to, String source) {
    to.offer(source, Map.of("sig", "forged"), BODY, "signature", now);
  }

  /** Takes inserts and counts their lines. */
  private static HttpServer server(AtomicInteger lines, CountDownLatch first) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        call -> {
          try (call) {
            lines.addAndGet(
                (int)
                    new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .count());
            call.sendResponseHeaders(200, -1);
            first.countDown();
          }
        });
    server.start();
    return server;
  }

  @Test
  void a_rejected_call_is_in_the_inbox_with_its_reason_and_without_secrets(@TempDir Path folder)
      throws Exception {
    try (EngineServer engine =
        EngineServer.start(
            Settings.load(Path.of("no-such-folder"), Map.of()), folder, TestStores::freePort)) {
      TestMigrations.clickHouse("http://127.0.0.1:" + engine.port());
      ClickHouse archive = at(engine.port());
      String body = "x".repeat(Rejections.BODY - 1) + "\u00e9" + "x".repeat(1000);
      try (Rejections rejections = rejections(archive, 1, NEVER)) {
        rejections.offer(
            "acme0",
            Map.of(
                "Sig", "forged",
                "User-Agent", "curl",
                "Event", "e".repeat(5000),
                "Authorization", "Bearer secret",
                "Cookie", "secret",
                "X-Api-Key", "secret",
                "CamelHttpPath", "/wh/acme/secret"),
            body.getBytes(StandardCharsets.UTF_8),
            "signature",
            now);
        rejections.offer("nobody", Map.of(), BODY, "signature", now);
      }
      assertEquals(1, kept("acme0"));
      assertEquals(1, archive.number("SELECT count() FROM vf.webhook_inbox", Map.of()));
      JsonNode row =
          JSON.readTree(
              archive.text("SELECT * FROM vf.webhook_inbox FORMAT JSONEachRow", Map.of()));
      assertEquals("acme0", row.path("source").asText());
      assertEquals("false", row.path("verified").asText());
      assertEquals("forged", row.path("signature").asText());
      assertEquals("x".repeat(Rejections.BODY - 1), row.path("payload").asText());
      assertEquals(
          now.toString().substring(0, 19),
          row.path("received_at").asText().replace(' ', 'T').substring(0, 19));
      JsonNode headers = JSON.readTree(row.path("headers").asText());
      assertEquals(1000, headers.path("event").asText().length());
      assertEquals(
          "{\":bytes\":\"5097\",\":rejected\":\"signature\",\"event\":\"...\",\"sig\":\"forged\",\"user-agent\":\"curl\"}",
          headers.toString().replaceAll("e{1000}", "..."));
    }
  }

  @Test
  void a_flood_of_one_sender_is_counted_and_hinders_no_other() throws Exception {
    AtomicInteger lines = new AtomicInteger();
    HttpServer server = server(lines, new CountDownLatch(1));
    try (Rejections rejections = rejections(at(server.getAddress().getPort()), 2, NEVER)) {
      for (int i = 0; i < 10_000; i++) {
        offer(rejections, "acme0");
      }
      offer(rejections, "acme1");
      nanos.addAndGet(Rejections.RATE.multipliedBy(3).toNanos());
      for (int i = 0; i < 10; i++) {
        offer(rejections, "acme0");
      }
    }
    server.stop(0);
    assertEquals(Rejections.BURST + 3, kept("acme0"));
    assertEquals(10_010 - Rejections.BURST - 3, dropped("acme0"));
    assertEquals(1, kept("acme1"));
    assertEquals(Rejections.BURST + 4, lines.get());
  }

  @Test
  void what_waits_is_bounded_and_the_oldest_gives_way() throws Exception {
    AtomicInteger lines = new AtomicInteger();
    HttpServer server = server(lines, new CountDownLatch(1));
    int senders = Rejections.MOST_CALLS / Rejections.BURST + 2;
    try (Rejections rejections = rejections(at(server.getAddress().getPort()), senders, NEVER)) {
      for (int i = 0; i < senders; i++) {
        for (int j = 0; j < Rejections.BURST; j++) {
          offer(rejections, "acme" + i);
        }
      }
    }
    server.stop(0);
    assertEquals(Rejections.MOST_CALLS, lines.get());
    assertEquals(Rejections.BURST, dropped("acme0"));
    assertEquals(Rejections.BURST, dropped("acme1"));
    assertEquals(Rejections.BURST, kept("acme2"));
  }

  @Test
  void bytes_that_wait_are_bounded_as_well() throws Exception {
    AtomicInteger lines = new AtomicInteger();
    HttpServer server = server(lines, new CountDownLatch(1));
    byte[] escaped = new byte[Rejections.BODY]; // six bytes of JSON for each
    int senders = 9;
    try (Rejections rejections = rejections(at(server.getAddress().getPort()), senders, NEVER)) {
      for (int i = 0; i < senders; i++) {
        for (int j = 0; j < Rejections.BURST; j++) {
          rejections.offer("acme" + i, Map.of(), escaped, "signature", now);
        }
      }
    }
    server.stop(0);
    assertTrue(
        lines.get() > 300 && lines.get() * 6 * Rejections.BODY <= Rejections.MOST_BYTES,
        lines::toString);
    assertEquals(senders * Rejections.BURST, total("kept") + total("dropped"));
  }

  private int total(String what) {
    return (int)
        meters.find("ingest.webhooks.rejected." + what).counters().stream()
            .mapToDouble(c -> c.count())
            .sum();
  }

  @Test
  void what_is_offered_is_flushed_by_itself() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    HttpServer server = server(new AtomicInteger(), first);
    try (Rejections rejections =
        rejections(at(server.getAddress().getPort()), 1, Duration.ofMillis(20))) {
      offer(rejections, "acme0");
      assertTrue(first.await(30, TimeUnit.SECONDS));
    }
    server.stop(0);
    assertEquals(1, kept("acme0"));
  }

  @Test
  void without_an_archive_calls_are_counted() {
    try (Rejections rejections = rejections(null, 1, NEVER)) {
      assertEquals(0, dropped("acme0"), "its counters are there from the start");
      assertEquals(0, kept("acme0"));
      offer(rejections, "acme0");
    }
    assertEquals(1, dropped("acme0"));
    assertEquals(0, kept("acme0"));
  }

  @Test
  void what_the_archive_does_not_take_is_dropped_and_counted() {
    try (Rejections rejections = rejections(at(TestStores.freePort()), 1, NEVER)) {
      offer(rejections, "acme0");
    }
    assertEquals(1, dropped("acme0"));
    assertEquals(0, kept("acme0"));
  }

  /** A server that takes connections and never answers. */
  @Test
  void an_archive_that_hangs_holds_up_neither_calls_nor_the_stop() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Rejections rejections = rejections(at(silent.getLocalPort()), 1, Duration.ofMillis(10));
      offer(rejections, "acme0");
      silent.accept(); // an insert is on its way
      List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
      Thread caller =
          new Thread(
              () -> {
                for (int i = 0; i < 100_000; i++) {
                  offer(rejections, "acme0");
                }
              });
      caller.setUncaughtExceptionHandler((t, e) -> thrown.add(e));
      caller.start();
      caller.join(TimeUnit.SECONDS.toMillis(30));
      assertEquals(List.of(), thrown);
      assertTimeoutPreemptively(Duration.ofSeconds(30), rejections::close);
    }
  }

  @Test
  void an_odd_call_is_dropped_and_never_thrown_at_the_caller() {
    try (Rejections rejections = rejections(at(TestStores.freePort()), 1, NEVER)) {
      rejections.offer("acme0", Map.of("sig", "\ud800"), new byte[] {-1}, "\udfff", now);
      rejections.offer("acme0", Map.of(), BODY, "signature", Instant.MAX);
    }
    assertEquals(2, dropped("acme0"));
  }
}
