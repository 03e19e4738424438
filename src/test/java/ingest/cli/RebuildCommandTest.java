package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RebuildCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REBUILDS = "POST /admin/rebuilds";
  private static final String DIFFERENCE = "GET /admin/rebuilds/7/difference";

  @TempDir private Path root = Path.of("");
  private final FakeIngest ingest = new FakeIngest();

  @AfterEach
  void stop() {
    ingest.close();
  }

  private Caller.Result calls(String... arguments) {
    return new Caller(root).with("INGEST_URL", ingest.url()).calls(arguments);
  }

  private void operation(String state) {
    ingest.on(
        "GET /admin/operations/7",
        200,
        """
        {"id": 7, "kind": "rebuild", "state": "%s", "done": 3, "total": 3, "error": null,
         "ended_at": "2026-11-21T10:00:00Z", "counts": {"applied": 3}, "request": {}}"""
            .formatted(state));
  }

  /** Two pages of one table, the first of which is asked for twice: it names the tables. */
  private void differs() {
    String page =
        """
        {"table": "pears", "tables": ["pears"], "refused": 0, "only_live": 2, "only_shadow": 1, "different": 1,
         "columns": {"size": 1}, "rows": [%s], "next": %s}""";
    String row = "{\"key\": {\"id\": 1}, \"live\": {\"size\": 3}, \"shadow\": {\"size\": 4}}";
    String first = page.formatted(row, "[\"5\"]");
    String last = page.formatted("{\"key\": {\"id\": 9}, \"live\": {\"size\": 8}}", "null");
    Iterator<String> pages = List.of(first, first, last).iterator();
    ingest.on(DIFFERENCE, request -> new FakeIngest.Answer(200, pages.next()));
  }

  @Test
  void a_rebuild_is_begun_watched_and_its_difference_added_up() throws IOException {
    ingest.on(REBUILDS, 200, "{\"operation\": 7, \"rebuild\": \"x\", \"target\": \"stage\"}");
    operation("done");
    differs();
    Caller.Result result = calls("rebuild", "pears", "--target=stage", "--rate=50", "--why=mended");
    assertEquals(0, result.code(), result.err());
    JsonNode request = JSON.readTree(ingest.requests().get(0).body());
    assertEquals(
        JSON.readTree(
            "{\"target\": \"stage\", \"table\": \"pears\", \"rate\": 50, \"why\": \"mended\", \"who\": %s}"
                .formatted(request.path("who"))),
        request);
    assertTrue(result.out().contains("pears          4             2          2"), result.out());
    assertTrue(result.out().contains("{\"id\":1}  size    3      4"), result.out());
    assertTrue(result.out().contains("{\"id\":9}  -       there  -"), result.out());
    assertTrue(result.err().contains("--swap 7 --lose 4"), result.err());
  }

  @Test
  void one_that_fails_shows_no_difference() {
    ingest.on(REBUILDS, 200, "{\"operation\": 7}");
    operation("failed");
    assertEquals(1, calls("rebuild", "pears", "--target=stage").code());
  }

  @Test
  void a_swap_says_how_many_rows_may_go() throws IOException {
    ingest.on("POST /admin/rebuilds/7/swap", 200, "{\"operation\": 7}");
    operation("done");
    assertEquals(0, calls("rebuild", "--swap=7", "--lose=4", "--yes-production").code());
    JsonNode request = JSON.readTree(ingest.requests().get(0).body());
    assertEquals(4, request.path("lose").asLong());
    assertTrue(request.path("yes_production").asBoolean());
  }

  @Test
  void what_is_dropped_or_listed_is_told() {
    ingest.on(
        "POST /admin/rebuilds/7/drop",
        200,
        "{\"rebuild\": \"x\", \"state\": \"dropped\", \"tables\": [\"pears\", \"plums\"]}");
    assertEquals("rebuild x of pears, plums: dropped", calls("rebuild", "--drop=7").out().strip());
    ingest.on("GET /admin/rebuilds", 200, "[]");
    assertEquals("[]", calls("rebuild", "--list", "--target=stage", "--json").out().strip());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "pears", "--list", "--target=stage"})
  void what_is_not_said_is_asked_for(String arguments) {
    assertEquals(2, calls(("rebuild " + arguments).strip().split(" ")).code());
  }
}
