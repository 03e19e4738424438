package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import ingest.store.ClickHouse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The export of chat by a running product, into a store that has its troubles. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ChatExportTest {
  /** What the store does with an object. */
  enum Trouble {
    FORBIDDEN,
    BROKEN,
    HANGS,
    AWAY
  }

  /** Hours; each case inserts an older row, so that it is late but for the first. */
  private static int age = 2;

  private static final String FAILED =
      "SELECT error FROM dm.chat_archive_log WHERE NOT success ORDER BY id DESC LIMIT 1";
  private static final String DONE =
      "SELECT rows_exported AS rows, rows_late AS late, files_written AS files FROM dm.chat_archive_log WHERE success AND rows_exported > 0 ORDER BY id DESC LIMIT 1";

  @TempDir static Path folder = Path.of("");
  private final Set<String> objects = ConcurrentHashMap.newKeySet();
  private final CountDownLatch over = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile Trouble trouble = Trouble.AWAY;
  private HttpServer store;
  private IngestProcess product;
  private Stores stores;
  private int port;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    port = IngestProcess.freePort(); // where nothing is while it starts
    Map<String, String> settings = IngestProcess.settings(folder.resolve("data"));
    settings.put("POLL_CHAT_EXPORT_CRON", "0 0 0 1 1 ? 2099");
    settings.put("EXPORT_CHAT_TO", "s3");
    settings.put("EXPORT_CHAT_BUCKET", "archive");
    settings.put("EXPORT_CHAT_REGION", "eu-central-1");
    settings.put("EXPORT_CHAT_ENDPOINT", "http://127.0.0.1:" + port);
    settings.put("EXPORT_CHAT_ACCESS_KEY", "writes");
    settings.put("EXPORT_CHAT_SECRET_KEY", "secret-of-the-store");
    settings.put("EXPORT_CHAT_TIMEOUT", "1s");
    settings.put("EXPORT_CHAT_SETTLE", "1s");
    product = IngestProcess.run(settings);
    stores = Stores.of(product);
    open();
  }

  @AfterAll
  void stop() {
    over.countDown();
    product.close();
    store.stop(0);
    threads.shutdownNow();
  }

  private void open() throws IOException {
    store = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    store.setExecutor(threads);
    store.createContext(
        "/",
        call -> {
          try (call) {
            call.getRequestBody().readAllBytes();
            switch (trouble) {
              case FORBIDDEN -> call.sendResponseHeaders(403, -1);
              case BROKEN -> call.sendResponseHeaders(500, -1);
              case HANGS -> over.await();
              case AWAY -> {
                if (call.getRequestMethod().equals("PUT")) {
                  objects.add(call.getRequestURI().getPath());
                }
                call.sendResponseHeaders(200, -1);
              }
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    store.start();
  }

  @Test
  void the_lag_and_what_was_done_are_there_at_the_first_scrape() throws Exception {
    for (String name :
        List.of(
            "lag_seconds",
            "rows_total",
            "late_rows_total",
            "objects_total",
            "bytes_total",
            "failures_total")) {
      assertTrue(product.metric("ingest_export_chat_" + name) >= 0, name);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_store_in_trouble_ends_the_run_and_loses_nothing(Trouble kind) throws Exception {
    Instant created = Instant.now().minus(Duration.ofHours(age++));
    insert(created);
    double failures = product.metric("ingest_export_chat_failures_total");
    trouble = kind;
    if (kind == Trouble.AWAY) {
      store.stop(0);
    }
    awaitRun(() -> product.metric("ingest_export_chat_failures_total") > failures);
    String error = stores.dmRows(FAILED).get(0).path("error").textValue();
    assertTrue(!error.isEmpty() && !error.contains("secret-of-the-store"), error);
    if (kind == Trouble.FORBIDDEN) {
      assertTrue(error.contains("403"), error);
    }
    objects.clear();
    trouble = Trouble.AWAY;
    if (kind == Trouble.AWAY) {
      open();
    }
    awaitRun(() -> !objects.isEmpty());
    JsonNode done = stores.dmRows(DONE).get(0);
    assertEquals(1, done.path("rows").asInt());
    assertEquals(1, done.path("files").asInt());
    assertEquals(1, objects.size());
    String day = created.toString().substring(0, 10);
    String key = objects.iterator().next();
    assertTrue(key.startsWith("/archive/chat/shared/" + day + "/42/"), key);
    assertEquals(0, stores.dmNumber("SELECT count(*) FROM dm.chat_export_run"));
  }

  /** Asked for again, since what was inserted just now is exported when it is settled. */
  private void awaitRun(java.util.concurrent.Callable<Boolean> until) {
    await()
        .atMost(Duration.ofMinutes(2))
        .until(
            () -> {
              product.act("/admin/pollers/chat-export/run");
              return until.call();
            });
  }

  private void insert(Instant created) throws Exception {
    new ClickHouse(stores.clickHouse())
        .insert(
            "vf.kick_chat_message_log",
            UUID.randomUUID().toString(),
            """
            {"env":"shared","channel_id":42,"created_at":"%s","event_id":"%s"}"""
                .formatted(created, UUID.randomUUID())
                .getBytes(StandardCharsets.UTF_8));
  }
}
