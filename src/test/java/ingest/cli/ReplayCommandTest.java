package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REPLAYS = "POST /admin/replays";

  @TempDir private Path root = Path.of("");
  private final FakeIngest ingest = new FakeIngest();

  @AfterEach
  void stop() {
    ingest.close();
  }

  private Caller.Result calls(String... arguments) {
    return new Caller(root).with("INGEST_URL", ingest.url()).calls(arguments);
  }

  private void begins(String state, String counts) {
    ingest.on(
        REPLAYS,
        200,
        "{\"operation\": 7, \"target\": \"stage\", \"total\": 3, \"types\": [], \"told\": [\"ClickHouse is behind\"]}");
    ingest.on(
        "GET /admin/operations/7",
        200,
        """
        {"id": 7, "kind": "replay", "state": "%s", "done": 3, "total": 3, "error": null,
         "ended_at": "2026-11-21T10:00:00Z", "counts": %s, "request": {}}"""
            .formatted(state, counts));
  }

  @Test
  void what_is_asked_for_is_what_was_given() throws IOException {
    begins("done", "{\"applied\": 3}");
    Caller.Result result =
        calls(
            "replay",
            "--target=stage",
            "--from=2026-11-19T08:00:00Z",
            "--to=2026-11-19T09:00:00Z",
            "--type=kick.livestream.*",
            "--type=kick.channel.*",
            "--subject=kick:1",
            "--only-missing",
            "--rate=50",
            "--yes-production",
            "--why=mended");
    assertEquals(0, result.code(), result.err());
    assertTrue(result.err().contains("ClickHouse is behind"), result.err());
    JsonNode request = JSON.readTree(ingest.requests().get(0).body());
    assertEquals(
        JSON.readTree(
            """
            {"target": "stage", "from": "2026-11-19T08:00:00Z", "to": "2026-11-19T09:00:00Z",
             "types": ["kick.livestream.*", "kick.channel.*"], "subjects": ["kick:1"], "rate": 50,
             "only_missing": true, "dry_run": false, "yes_production": true, "why": "mended",
             "who": %s}"""
                .formatted(request.path("who"))),
        request);
  }

  @ParameterizedTest(name = "{0} {1}: {2}")
  @CsvSource({
    "done, '{\"applied\": 3}', 0",
    "done, '{\"applied\": 2, \"failed\": 1}', 1",
    "done, '{\"applied\": 2, \"unknown\": 1}', 1",
    "done, '{\"applied\": 2, \"unreadable\": 1}', 1",
    "failed, '{\"applied\": 3}', 1",
    "cancelled, '{}', 1"
  })
  void the_exit_code_says_whether_every_event_was_taken(String state, String counts, int code) {
    begins(state, counts);
    assertEquals(code, calls("replay", "--target", "stage", "--from", "24h").code());
  }

  @Test
  void what_it_waits_for_is_told_once() {
    begins("running", "{}");
    AtomicInteger looks = new AtomicInteger();
    ingest.on(
        "GET /admin/operations/7",
        request ->
            new FakeIngest.Answer(
                200,
                looks.incrementAndGet() < 4
                    ? """
                      {"id": 7, "kind": "replay", "state": "running", "done": 1, "total": 3, "error": null,
                       "ended_at": null, "counts": {"waits": "for stage since %d s"}}"""
                        .formatted(looks.get())
                    : """
                      {"id": 7, "kind": "replay", "state": "done", "done": 3, "total": 3, "error": null,
                       "ended_at": "2026-11-21T10:00:00Z", "counts": {"applied": 3}}"""));
    Caller.Result result = calls("replay", "--target", "stage", "--from", "24h");
    assertEquals(0, result.code(), result.err());
    assertEquals(List.of("ClickHouse is behind", "waits for stage"), result.err().lines().toList());
  }

  @Test
  void a_detached_one_is_told_how_to_be_looked_at() {
    begins("running", "{}");
    Caller.Result result = calls("replay", "--target", "stage", "--from", "24h", "--detach");
    assertEquals(0, result.code(), result.err());
    assertTrue(result.out().contains("bin/ingest operations watch 7"), result.out());
    assertEquals(1, ingest.requests().size());
  }

  @Test
  void a_refusal_is_told_as_it_is() {
    ingest.on(REPLAYS, 409, "{\"error\": \"production is guarded\"}");
    Caller.Result result = calls("replay", "--target", "production", "--from", "24h");
    assertEquals(1, result.code());
    assertEquals("production is guarded", result.err().strip());
  }

  @Test
  void without_a_target_or_a_beginning_nothing_is_asked_for() {
    assertEquals(2, calls("replay", "--from", "24h").code());
    assertEquals(2, calls("replay", "--target", "stage").code());
    assertEquals(2, calls("replay", "--target", "stage", "--from", "soon").code());
    assertTrue(ingest.requests().isEmpty());
  }

  @Test
  void the_latest_are_listed() {
    ingest.on(
        "GET /admin/replays",
        200,
        """
        [{"id": 7, "state": "running", "target": "stage", "window_from": null, "window_to": null, "done": 1000,
          "total": 4000, "rows_per_second": 250.5, "eta": "00:00:12", "waits_for": null, "dry_run": false}]
        """);
    Caller.Result result = calls("replay", "list");
    assertEquals(0, result.code(), result.err());
    assertEquals(
        """
        ID  STATE    TARGET  FROM  TO   DONE     OF  PER S  LEFT      WAITS
         7  running  stage   -     -   1,000  4,000  250.5  00:00:12  -
        """,
        result.out());
  }
}
