package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/ingest dead}, {@code requeue} and {@code abandon} of a running product. */
class DeadLettersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int EVENTS = 300;

  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;
  private static Stores stores;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = IngestProcess.settings(data);
    settings.put("POLL_KICK_VIEWERS_ENABLED", "false");
    run = IngestProcess.run(settings);
    stores = Stores.of(run);
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  private static String event(int user) {
    ObjectNode event = JSON.createObjectNode();
    event.put("type", "kick.viewer_count.observed");
    event.put("source", "kick");
    event.put("subject", "kick:" + (700_000 + user));
    event.put("time", Instant.now().minusSeconds(5).toString());
    event
        .putObject("data")
        .put("platform", "kick")
        .put("platform_user_id", Integer.toString(700_000 + user))
        .put("viewer_count", user);
    return event.toString();
  }

  private static List<String> ingest(int code, String... words) throws Exception {
    List<String> line = new ArrayList<>(List.of(words));
    line.addAll(List.of("--url", "http://127.0.0.1:" + run.environment().get("MANAGEMENT_PORT")));
    try (IngestProcess process = IngestProcess.start(Map.of(), line.toArray(String[]::new))) {
      assertEquals(code, process.exitCode(), process.lines()::toString);
      return process.lines();
    }
  }

  private static JsonNode json(String... words) throws Exception {
    List<String> line = new ArrayList<>(List.of(words));
    line.add("--json");
    return JSON.readTree(ingest(0, line.toArray(String[]::new)).get(0));
  }

  private static long deliveries(String status) throws Exception {
    return json("status").path("deliveries").path("stage").path(status).asLong();
  }

  @Test
  void what_died_is_seen_requeued_as_it_was_seen_and_delivered_or_abandoned() throws Exception {
    Path lines =
        Files.write(
            data.resolve("events.ndjson"),
            IntStream.range(0, EVENTS).mapToObj(DeadLettersTest::event).toList());
    ingest(0, "emit", lines.toString());
    Balance.exact(run, stores);
    // as if the environment had refused them
    stores.dmExecute(
        """
        WITH mine AS (
            SELECT o.* FROM ingest.ingest_outbox o JOIN ingest.delivery_chunk c USING (day, chunk)
            WHERE c.target = 'stage' AND o.subject BETWEEN 'kick:700000' AND 'kick:700299'
        ), c AS (
            UPDATE ingest.delivery_chunk c SET n_exc = c.n_exc + m.n
            FROM (SELECT day, chunk, count(*) AS n FROM mine GROUP BY day, chunk) m
            WHERE c.day = m.day AND c.chunk = m.chunk AND c.target = 'stage'
        )
        INSERT INTO ingest.delivery_item
            (day, target, event_id, chunk, pos, type, status, attempts, due_at, attempted_at, last_error, fingerprint, response)
        SELECT day, 'stage', event_id, chunk, pos, type, 'dead', 15, now(), now(),
               'answered 422 to ' || rev, 'answered # to #', 'no such channel'
        FROM mine
        """);
    stores.envExecute("DELETE FROM public.processed_events; DELETE FROM public.channel_snapshot");
    assertEquals(EVENTS, deliveries("dead"));
    JsonNode groups = json("dead");
    assertEquals(EVENTS, groups.path("of_events").asInt());
    assertEquals("answered # to #", groups.at("/groups/0/fingerprint").asText());
    assertEquals("no such channel", groups.at("/groups/0/sample/response").asText());
    String one = groups.at("/groups/0/sample/event").asText();
    assertTrue(ingest(0, "dead", "list", "--limit", "7").toString().contains("there are more"));

    List<String> abandoned =
        ingest(0, "abandon", "--target", "stage", "--event", one, "--why", "no such channel");
    assertTrue(abandoned.toString().contains("done after 1: 1 abandoned"), abandoned::toString);
    JsonNode preview = json("requeue", "--target", "stage", "--type", "kick.*", "--dry-run");
    assertEquals(EVENTS - 1, preview.path("events").asInt());
    List<String> requeued =
        ingest(
            0,
            "requeue",
            "--target",
            "stage",
            "--type",
            "kick.*",
            "--seen",
            preview.path("seen").asText(),
            "--why",
            "the channels are there");
    assertTrue(requeued.toString().contains("done after " + (EVENTS - 1)), requeued::toString);
    await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () ->
                stores
                        .envRows(
                            "SELECT 1 FROM public.channel_snapshot WHERE platform_user_id BETWEEN '700000' AND '700299'")
                        .size()
                    == EVENTS - 1);
    assertEquals(
        List.of("abandon no such channel", "requeue the channels are there"),
        stores
            .dmRows(
                "SELECT action, why FROM ingest.audit WHERE action IN ('abandon', 'requeue') ORDER BY id")
            .stream()
            .map(row -> row.path("action").asText() + " " + row.path("why").asText())
            .toList());
    await().atMost(Duration.ofMinutes(1)).until(() -> deliveries("pending") == 0);
    assertEquals("0 1", deliveries("dead") + " " + deliveries("abandoned"));
  }
}
