package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EraseCommandTest {
  private static final String ENDED =
      """
      {"id": 7, "kind": "erase", "state": "done", "done": 40, "total": null, "error": null, "ended_at": "2026-03-01T12:00:00Z",
       "counts": {"outbox.found": 3, "outbox.erased": 3, "stage.left": 1, "why": {"stage": "the target is paused"}}}
      """;

  @TempDir private Path root = Path.of("");
  private final FakeIngest ingest = new FakeIngest();

  @AfterEach
  void stop() {
    ingest.close();
  }

  private Caller caller() {
    return new Caller(root).with("INGEST_URL", ingest.url());
  }

  @Test
  void it_begins_an_erasure_looks_at_it_and_tells_by_store_what_became_of_it() {
    ingest.on("POST /admin/erasures", 200, "{\"operation\": 7}");
    ingest.on("GET /admin/operations/7", 200, ENDED);
    Caller.Result result =
        caller()
            .calls(
                "erase",
                "--subject",
                "kick:1",
                "--applicant",
                "a",
                "--email",
                "a@b.example",
                "--name",
                "maple_fan",
                "--dry-run");
    assertEquals(0, result.code(), result.err());
    String asked = ingest.requests().get(0).body();
    assertTrue(asked.contains("\"subjects\":[\"kick:1\"]"), asked);
    assertTrue(asked.contains("\"applicants\":[\"a\"]"), asked);
    assertTrue(asked.contains("\"emails\":[\"a@b.example\"]"), asked);
    assertTrue(asked.contains("\"names\":[\"maple_fan\"]"), asked);
    assertTrue(asked.contains("\"dry_run\":true"), asked);
    assertTrue(result.out().lines().anyMatch(l -> l.matches("outbox +3 +3.*")), result.out());
    assertTrue(
        result.out().lines().anyMatch(l -> l.matches("stage .*1 +the target is paused")),
        result.out());
  }

  @Test
  void detached_it_says_where_to_look() {
    ingest.on("POST /admin/erasures", 200, "{\"operation\": 7}");
    Caller.Result result = caller().calls("erase", "--subject", "kick:1", "--detach");
    assertEquals(0, result.code(), result.err());
    assertEquals("operation 7: `bin/ingest operations watch 7` looks at it\n", result.out());
  }

  @Test
  void it_does_not_begin_without_a_person() {
    Caller.Result result = caller().calls("erase", "--why", "tidying up");
    assertEquals(2, result.code());
    assertTrue(result.err().contains("says who is meant"), result.err());
    assertTrue(ingest.requests().isEmpty());
  }
}
