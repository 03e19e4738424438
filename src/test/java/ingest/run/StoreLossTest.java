package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded stores are killed under a run, which goes on by itself once they are back. */
class StoreLossTest {
  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;
  private static Stores stores;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = IngestProcess.settings(data);
    settings.put("DELIVER_LEASE", "10s"); // what could not be settled is sent again after that
    settings.put("DELIVER_TIMEOUT", "4s");
    IngestProcess.pollEvery(2, settings);
    run = IngestProcess.run(settings);
    stores = Stores.of(run);
    stores.schedule("next_probe_at = now()");
  }

  @AfterAll
  static void stop() throws Exception {
    run.signal("TERM");
    run.drained();
  }

  private static long events() throws Exception {
    return stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
  }

  private static void kill(String file) throws IOException {
    long pid = Long.parseLong(Files.readString(data.resolve(file)).split("\\s", 2)[0]);
    assertTrue(ProcessHandle.of(pid).orElseThrow().destroyForcibly());
  }

  private static void awaitMoreThan(long before) {
    await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> events() > before);
  }

  private static long returns() {
    return run.lines().stream().filter(line -> line.contains("PostgreSQL is back on port")).count();
  }

  @Test
  void a_killed_postmaster_is_back_within_seconds_and_nothing_is_lost() throws Exception {
    for (int kill = 0; kill < 3; kill++) {
      awaitMoreThan(events());
      long before = events();
      kill("postgres/data/postmaster.pid");
      int back = kill + 1;
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                HttpResponse<String> emitted = run.manage("POST", "/admin/emit", "{}");
                assertTrue(List.of(200, 503).contains(emitted.statusCode()), emitted::body);
                return returns() == back;
              });
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> run.manage("GET", "/observe/health/ready", "").statusCode() == 200);
      awaitMoreThan(before);
    }
    Balance.exact(run, stores);
    run.resumePollers();
  }

  @Test
  void a_killed_engine_is_back_and_nothing_is_lost() throws Exception {
    awaitMoreThan(events());
    kill("clickhouse/engine.lock");
    awaitMoreThan(events());
    Balance.exact(run, stores);
    run.resumePollers();
  }
}
