package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process for each role beside one that has the stores. */
class RolesTest {
  @TempDir private static Path data = Path.of("");
  private static StoresProcess storage;
  private static IngestProcess ingest;
  private static IngestProcess webhooks;
  private static IngestProcess env;
  private static Stores stores;

  @BeforeAll
  static void start() throws Exception {
    storage = StoresProcess.start(data, Map.of());
    stores = storage.stores();
    Map<String, String> envSettings = storage.role("env");
    Map<String, String> ingestSettings = storage.role("ingest");
    IngestProcess.pollEvery(3, ingestSettings);
    ingestSettings.put(
        "STAGE_INTERNAL_EVENTS_URL",
        "http://127.0.0.1:" + envSettings.get("HTTP_PORT") + "/internal/events");
    env = IngestProcess.start(envSettings, "run");
    ingest = IngestProcess.start(ingestSettings, "run");
    webhooks = IngestProcess.start(storage.role("webhooks"), "run");
    for (IngestProcess process : List.of(env, ingest, webhooks)) {
      process.awaitReady();
    }
  }

  @AfterAll
  static void stop() throws Exception {
    for (IngestProcess process : List.of(webhooks, ingest, env, storage.process())) {
      process.signal("TERM");
      assertEquals(0, process.exitCode(), () -> String.join("\n", process.lines()));
    }
  }

  private static long events() throws Exception {
    return stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
  }

  @Test
  void each_process_has_the_routes_of_its_role_alone() throws Exception {
    Set<String> ofIngest = Set.of(ingest.said("routes").split(", "));
    Set<String> ofWebhooks = Set.of(webhooks.said("routes").split(", "));
    Set<String> ofEnv = Set.of(env.said("routes").split(", "));
    assertTrue(ofIngest.containsAll(Set.of("kick-viewers", "deliver-http", "outbox-commit")));
    assertTrue(ofWebhooks.contains("outbox-commit"));
    assertTrue(ofEnv.contains("internal-events"));
    for (String route : ofIngest) {
      if (route.startsWith("kick-") || route.startsWith("deliver-") || route.startsWith("admin-")) {
        assertFalse(ofWebhooks.contains(route), route);
        assertFalse(ofEnv.contains(route), route);
      }
    }
    for (String route : ofEnv) {
      if (route.startsWith("internal-") || route.startsWith("consume-")) {
        assertFalse(ofIngest.contains(route), route);
        assertFalse(ofWebhooks.contains(route), route);
      }
    }
    assertEquals(401, unsigned(env));
    assertEquals(404, unsigned(ingest));
    assertEquals(404, unsigned(webhooks));
    assertEquals(404, env.manage("GET", "/admin/status", "").statusCode());
    for (IngestProcess process : List.of(ingest, webhooks, env)) {
      assertEquals(200, process.manage("GET", "/observe/health", "").statusCode());
    }
  }

  private static int unsigned(IngestProcess process) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(
                            "http://127.0.0.1:%s/internal/events"
                                .formatted(process.environment().get("HTTP_PORT"))))
                    .header("content-type", "application/cloudevents-batch+json")
                    .POST(HttpRequest.BodyPublishers.ofString("[]"))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    return answer.statusCode();
  }

  @Test
  void the_balance_holds_over_processes() throws Exception {
    await().atMost(Duration.ofSeconds(60)).until(() -> events() > 100);
    Balance.exact(ingest, stores);
    ingest.resumePollers();
  }

  @Test
  void an_environment_that_was_killed_gets_what_it_missed() throws Exception {
    long before = events();
    env.kill();
    stores.schedule("next_probe_at = now()");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> events() > before + 600 && stage("pending") > 600);
    assertEquals(0, stage("dead"));
    env = IngestProcess.run(env.environment());
    long arrived = stage("delivered");
    await().atMost(Duration.ofSeconds(60)).until(() -> stage("delivered") > arrived);
    stores.schedule("next_probe_at = now() + interval '1 hour'");
    Balance.exact(ingest, stores);
    ingest.resumePollers();
  }

  private static long stage(String state) throws Exception {
    return ingest.status().path("deliveries").path("stage").path(state).longValue();
  }
}
