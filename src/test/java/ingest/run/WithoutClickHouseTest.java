package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code run --without-clickhouse}, and a run with it afterwards. */
class WithoutClickHouseTest {

  @Test
  void the_environment_gets_everything_and_the_archive_what_comes_once_it_is_there(
      @TempDir Path folder) throws Exception {
    long missed;
    try (IngestProcess run =
        IngestProcess.run(IngestProcess.settings(folder), "--without-clickhouse")) {
      assertEquals("clickhouse off, stage live", run.said("targets"));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> run.status().path("outbox").path("events").longValue() > 100);
      run.pausePollers();
      missed = run.status().path("outbox").path("events").longValue();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  run.status().path("env").path("stage").path("processed_events").longValue()
                      == missed);
      JsonNode status = run.status();
      JsonNode deliveries = status.path("deliveries");
      assertEquals(missed, deliveries.path("stage").path("delivered").longValue());
      assertEquals(0, deliveries.path("clickhouse").path("pending").longValue());
      assertEquals(0, deliveries.path("clickhouse").path("delivered").longValue());
      assertEquals(
          "clickhouse: this process runs without it", status.path("errors").path(0).asText());
      assertFalse(Files.exists(folder.resolve("clickhouse")));
      run.signal("TERM");
      run.drained();
    }
    try (IngestProcess run = IngestProcess.run(IngestProcess.settings(folder))) {
      assertEquals("clickhouse live, stage live", run.said("targets"));
      Stores own = Stores.of(run);
      own.schedule("next_probe_at = now()");
      run.pausePollers();
      long events = own.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
      assertTrue(events > missed);
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  run.status().path("clickhouse").path("raw_events").longValue()
                      == events - missed);
    }
  }
}
