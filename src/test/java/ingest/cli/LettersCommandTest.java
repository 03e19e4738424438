package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.cli.FakeIngest.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LettersCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String GROUPS =
      """
      {"of_groups":3,"of_events":1234567,"complete":false,
       "groups":[{"target":"stage","type":"kick.viewer_count.observed","fingerprint":"answered #","events":1234000,
                  "first":"2026-03-01T11:20:00Z","last":"2026-03-01T11:59:30Z",
                  "sample":{"event":"01KAFQ3V8E4JX2T9B6N5R7C1DM","response":"\\u001b[2Jno"}}]}""";
  private static final String PREVIEW =
      """
      {"seen":"7421:7425:7422","events":1200,"complete":true,
       "targets":{"stage":{"mode":"paused","dead":1200,"pending":0}}}""";
  private static final String BEGUN = PREVIEW.strip().replaceAll("}$", ",\"operation\":12}");
  private static final String DONE =
      """
      {"id":12,"kind":"requeue","state":"done","done":1200,"total":1200,"error":null,"ended_at":"2026-03-01T11:59:30Z","counts":{"stage":1200}}""";

  @TempDir private Path root = Path.of("");
  private final FakeIngest ingest = new FakeIngest();

  @AfterEach
  void stop() {
    ingest.close();
  }

  private Caller.Result calls(String... words) {
    return new Caller(root).with("INGEST_URL", ingest.url()).calls(words);
  }

  private JsonNode body(int request) throws IOException {
    return JSON.readTree(ingest.requests().get(request).body());
  }

  @Test
  void groups_are_a_table_that_says_what_it_leaves_out() {
    ingest.on("GET /admin/letters/groups", 200, GROUPS);
    Caller.Result result = calls("dead");
    assertEquals(0, result.code(), result.err());
    assertEquals(
        """
        TARGET TYPE EVENTS FIRST LAST CAUSE LATEST EVENT
        stage kick.viewer_count.observed 1,234,000 11:20:00 (40 min ago) 11:59:30 (30 s ago) answered # 01KAFQ3V8E4JX2T9B6N5R7C1DM
        1,234,567 events in 3 groups, of which the largest 1 are shown
        """,
        result.out().replaceAll(" +", " "));
  }

  @Test
  void nothing_dead_is_said() {
    ingest.on(
        "GET /admin/letters/groups",
        200,
        "{\"of_groups\":0,\"of_events\":0,\"complete\":true,\"groups\":[]}");
    assertEquals("nothing is dead\n", calls("dead").out());
  }

  @Test
  void a_list_is_asked_for_in_pages_and_says_that_there_are_more() {
    AtomicInteger page = new AtomicInteger();
    ingest.on(
        "GET /admin/letters",
        request ->
            new Answer(
                200,
                """
                {"letters":[{"event":"E%d","target":"stage","type":"kick.a","subject":"kick:\\u0007%d","died_at":"2026-03-01T11:59:30Z","attempts":15,"last_error":"answered 422"}],
                 "complete":false,"after":["stage","kick.a"]}"""
                    .formatted(page.incrementAndGet(), page.get())));
    Caller.Result result = calls("dead", "list", "--limit", "2", "--type", "kick.*");
    assertEquals(0, result.code(), result.err());
    assertEquals(
        """
        EVENT TARGET TYPE SUBJECT DIED ATTEMPTS LAST ERROR
        E1 stage kick.a kick: 1 11:59:30 (30 s ago) 15 answered 422
        E2 stage kick.a kick: 2 11:59:30 (30 s ago) 15 answered 422
        there are more: --limit shows them, `dead groups` counts them
        """,
        result.out().replaceAll(" +", " "));
    assertEquals(2, ingest.requests().size());
  }

  @Test
  void a_dry_run_tells_how_many_and_what_to_give_so_that_it_takes_these() {
    ingest.on("GET /admin/letters/preview", 200, PREVIEW);
    Caller.Result result = calls("requeue", "--target", "stage", "--dry-run");
    assertEquals(0, result.code(), result.err());
    assertEquals(
        """
        requeue would take 1,200 events
        TARGET MODE DEAD PENDING
        stage paused 1,200 0
        exactly these, and nothing that comes later, with --seen 7421:7425:7422
        """,
        result.out().replaceAll(" +", " "));
    assertEquals(1, ingest.requests().size());
  }

  @Test
  void a_count_that_was_cut_says_so() {
    ingest.on(
        "GET /admin/letters/preview",
        200,
        PREVIEW.replace("\"complete\":true", "\"complete\":false"));
    Caller.Result result = calls("abandon", "--target", "stage", "--of", "pending", "--dry-run");
    assertTrue(
        result.out().startsWith("abandon would take at least 1,200 events (counting"),
        result.out());
  }

  @Test
  void a_requeue_sends_what_is_meant_and_looks_until_it_is_done() throws IOException {
    ingest.on("POST /admin/letters/requeue", 200, BEGUN).on("GET /admin/operations/12", 200, DONE);
    Caller.Result result =
        calls(
            ("requeue --target stage --type kick.* --fingerprint x --subject s --from 2026-02-01 --to 2026-02-02 --event E"
                    + " --seen 7421:7425:7422 --rate 100 --why mended")
                .split(" "));
    assertEquals(0, result.code(), result.err());
    assertTrue(
        result.out().endsWith("operation 12 (requeue): done after 1,200: 1,200 stage\n"),
        result.out());
    JsonNode body = body(0);
    assertEquals(
        "stage kick.* x s 2026-02-01 2026-02-02 E 7421:7425:7422 100 mended false",
        String.join(
            " ",
            List.of(
                    "target",
                    "type",
                    "fingerprint",
                    "subject",
                    "from",
                    "to",
                    "event",
                    "seen",
                    "rate",
                    "why",
                    "all")
                .stream()
                .map(field -> body.path(field).asText())
                .toList()));
  }

  @Test
  void an_operation_that_failed_is_a_failure() {
    ingest
        .on("POST /admin/letters/requeue", 200, BEGUN)
        .on("GET /admin/operations/12", 200, DONE.replace("\"done\",", "\"failed\","));
    assertEquals(1, calls("requeue", "--all").code());
  }

  @Test
  void detached_it_says_how_to_look_again() {
    ingest.on("POST /admin/letters/abandon", 200, BEGUN);
    Caller.Result result =
        calls("abandon", "--target", "stage", "--why", "a load test", "--detach");
    assertEquals(0, result.code(), result.err());
    assertTrue(
        result.out().endsWith("operation 12: `bin/ingest operations watch 12` looks at it\n"),
        result.out());
    assertEquals(1, ingest.requests().size());
  }

  @Test
  void nothing_to_take_begins_nothing() {
    ingest.on(
        "POST /admin/letters/requeue",
        200,
        "{\"seen\":\"7:7:\",\"events\":0,\"complete\":true,\"targets\":{},\"operation\":null}");
    Caller.Result result = calls("requeue", "--all");
    assertEquals(0, result.code(), result.err());
    assertEquals("requeue: 0 events\n", result.out());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "abandon --target stage",
    "abandon --target stage --of gone --why x",
    "requeue --from yesterday",
    "dead list --limit 0"
  })
  void what_is_not_understood_asks_nobody(String command) {
    assertEquals(2, calls(command.split(" ")).code());
    assertEquals(0, ingest.requests().size());
  }

  @ParameterizedTest(name = "{0} --json")
  @CsvSource({
    "dead, GET /admin/letters/groups",
    "dead groups, GET /admin/letters/groups",
    "requeue --all --dry-run, GET /admin/letters/preview",
    "requeue --all --detach, POST /admin/letters/requeue"
  })
  void json_is_the_answer_as_it_came(String command, String call) {
    ingest.on(call, 200, "{\"operation\":12,\"events\":7}");
    assertEquals(
        "{\"operation\":12,\"events\":7}\n", calls((command + " --json").split(" ")).out());
  }
}
