package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of a run, and the next one on its folder. */
class StopTest {
  /** The default of DELIVER_LEASE. */
  private static final Duration LEASE = Duration.ofSeconds(60);

  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;

  @BeforeAll
  static void start() throws Exception {
    run = IngestProcess.run(settings());
  }

  private static Map<String, String> settings() throws IOException {
    Map<String, String> settings = IngestProcess.settings(data);
    IngestProcess.pollEvery(2, settings);
    return settings;
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void a_signal_drains_leaves_nothing_behind_and_the_next_run_goes_on(String signal)
      throws Exception {
    Stores stores = Stores.of(run);
    run.resumePollers();
    stores.schedule("next_probe_at = now()");
    long before = stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox") > before + 600);
    Set<String> accepted = ids(stores);
    List<ProcessHandle> parts =
        Stream.concat(
                run.handle().descendants(),
                Stream.of("postgres/data/postmaster.pid", "clickhouse/engine.lock")
                    .map(StopTest::holder))
            .toList();
    assertTrue(parts.stream().allMatch(ProcessHandle::isAlive), parts::toString);

    run.signal(signal);
    run.drained();
    // a process that has ended counts as alive until the one that adopted it has looked
    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(
            () ->
                assertEquals(
                    List.of(),
                    parts.stream()
                        .filter(ProcessHandle::isAlive)
                        .map(part -> part.pid() + " " + part.info())
                        .toList()));
    assertFalse(Files.exists(data.resolve("postgres/data/postmaster.pid")));

    Instant stopped = Instant.now();
    List<String> said = run.lines();

    run = IngestProcess.run(settings());
    Stores again = Stores.of(run);
    assertEquals(
        List.of(),
        again.dmRows(
            """
            SELECT target, chunk, due_at FROM ingest.delivery_chunk
            WHERE status IN (0, 2) AND token IS NOT NULL AND due_at BETWEEN '%s' AND '%s'"""
                .formatted(stopped, stopped.plus(LEASE))),
        () -> "what was not delivered is given back:\n" + String.join("\n", said));
    Balance.exact(run, again);
    Set<String> lost = new HashSet<>(accepted);
    lost.removeAll(ids(again));
    assertEquals(Set.of(), lost);
    assertEquals(
        again.dmNumber("SELECT count(DISTINCT event_id) FROM ingest.ingest_outbox"),
        again
            .clickHouseRows("SELECT count() AS n FROM vf.kick_streamer_probe")
            .get(0)
            .path("n")
            .asLong());
  }

  private static Set<String> ids(Stores stores) throws Exception {
    return stores.dmRows("SELECT event_id FROM ingest.ingest_outbox").stream()
        .map(row -> row.path("event_id").asText())
        .collect(Collectors.toSet());
  }

  /** The process whose id is the first word of a file. */
  private static ProcessHandle holder(String file) {
    try {
      long pid = Long.parseLong(Files.readString(data.resolve(file)).split("\\s", 2)[0]);
      return ProcessHandle.of(pid).orElseThrow();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
