package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.cli.FakeIngest.Answer;
import ingest.cli.FakeIngest.Request;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RefeedCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REFEED = "POST /admin/refeed";
  private static final String EMPTY =
      "{\"calls\":0,\"types\":{},\"unmapped\":{},\"unparseable\":{},\"refused\":[],\"after\":null}";

  @TempDir private Path root = Path.of("");
  private final FakeIngest ingest = new FakeIngest();

  @AfterEach
  void stop() {
    ingest.close();
  }

  private Caller caller() {
    return new Caller(root).with("INGEST_URL", ingest.url());
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String page(int second, String refused) {
    return """
    {"total": 3, "calls": 1, "types": {"kick.channel.followed": {"new": 1, "duplicates": 2}},
     "unmapped": {"kicks.gifted": 1}, "unparseable": {"": 1}, "refused": [%s],
     "after": {"received_at": "2026-03-01T11:00:0%d.123Z", "event_id": "01a1fa5f-6e1c-5e78-5ee7-ad66ae072434"}}
    """
        .formatted(refused, second);
  }

  /** So many pages, each of which begins where the one before ended. */
  private static Answer pages(Request request, int most, String refused) {
    String after = json(request.body()).path("after").path("received_at").asText("");
    int page = after.isEmpty() ? 0 : Integer.parseInt(after.substring(18, 19));
    return new Answer(200, page == most ? EMPTY : page(page + 1, refused));
  }

  @Test
  void pages_are_asked_for_until_one_is_empty_and_their_counts_add_up() {
    ingest.on(REFEED, r -> pages(r, 3, ""));
    Caller.Result result =
        caller().calls("refeed", "--source", "kick", "--from", "24h", "--said", "a", "--said", "b");
    assertEquals(0, result.code(), result.err());
    assertEquals(
        """
        3 calls: 3 events new, 6 known already, 3 calls unmapped, 3 not as documented, 0 refused
        EVENT TYPE             NEW  KNOWN
        kick.channel.followed    3      6
        THE SENDER'S TYPE  CALLS  BECAUSE
        kicks.gifted           3  no mapper takes it
        -                      3  not as its sender documents
        """,
        result.out());
    assertEquals("", result.err());
    assertEquals(4, ingest.requests().size());
    JsonNode asked = json(ingest.requests().get(3).body());
    assertEquals("kick", asked.path("source").asText());
    assertEquals("2026-02-28T12:00:00Z", asked.path("from").asText());
    assertEquals("2026-03-01T12:00:00Z", asked.path("to").asText());
    assertEquals("[\"a\",\"b\"]", asked.path("said").toString());
    assertEquals("2026-03-01T11:00:03.123Z", asked.path("after").path("received_at").asText());
    assertEquals("false", asked.path("dry_run").asText());
    assertEquals("false", asked.path("unmapped_only").asText());
  }

  @Test
  void as_json_it_is_one_object() {
    ingest.on(REFEED, r -> pages(r, 2, ""));
    Caller.Result result =
        caller()
            .calls(
                "refeed",
                "--source",
                "kick",
                "--from",
                "7d",
                "--to",
                "90m",
                "--dry-run",
                "--unmapped-only",
                "--json");
    JsonNode told = json(result.out());
    assertEquals(2, told.path("calls").asInt());
    assertEquals(2, told.path("new").asInt());
    assertEquals(4, told.path("types").path("kick.channel.followed").path("duplicates").asInt());
    assertTrue(told.path("complete").asBoolean());
    assertTrue(told.path("dry_run").asBoolean());
    JsonNode asked = json(ingest.requests().get(0).body());
    assertEquals("2026-02-22T12:00:00Z", asked.path("from").asText());
    assertEquals("2026-03-01T10:30:00Z", asked.path("to").asText());
    assertTrue(asked.path("dry_run").asBoolean());
    assertTrue(asked.path("unmapped_only").asBoolean());
  }

  @Test
  void an_event_that_cannot_be_committed_is_told_and_the_rest_goes_on() {
    ingest.on(REFEED, r -> pages(r, 2, "{\"event_id\": \"e1\", \"error\": \"SQLSTATE 22021\"}"));
    Caller.Result result = caller().calls("refeed", "--source", "kick", "--from", "1h");
    assertEquals(1, result.code());
    assertEquals("call e1: SQLSTATE 22021\ncall e1: SQLSTATE 22021\n", result.err());
    assertTrue(result.out().startsWith("2 calls: 2 events new"), result.out());
  }

  @ParameterizedTest(name = "a page that is answered {0} is asked for again")
  @ValueSource(ints = {503, -1})
  void a_page_whose_answer_is_lost_is_asked_for_again(int status) {
    AtomicInteger calls = new AtomicInteger();
    ingest.on(REFEED, r -> calls.incrementAndGet() == 2 ? new Answer(status, "") : pages(r, 2, ""));
    Caller caller = caller();
    Caller.Result result = caller.calls("refeed", "--source", "kick", "--from", "1h");
    assertEquals(0, result.code(), result.err());
    assertTrue(result.out().startsWith("2 calls: "), result.out());
    assertEquals(List.of(Duration.ofSeconds(1)), caller.pauses);
  }

  @Test
  void one_that_is_given_up_says_how_to_go_on() {
    AtomicInteger calls = new AtomicInteger();
    ingest.on(REFEED, r -> calls.incrementAndGet() > 2 ? new Answer(503, "") : pages(r, 9, ""));
    Caller.Result result = caller().calls("refeed", "--source", "kick", "--from", "1h");
    assertEquals(1, result.code());
    assertTrue(result.out().startsWith("2 calls: 2 events new"), result.out());
    assertTrue(
        result
            .err()
            .contains(
                "fed up to 2026-03-01T11:00:02.123Z. Go on with --from 2026-03-01T11:00:02.123Z"),
        result.err());
  }

  @ParameterizedTest(name = "--from {0} is not understood")
  @CsvSource({"yesterday", "24", "2026-11-19", "-1h", "1w"})
  void a_time_is_a_time_or_an_age(String from) {
    Caller.Result result = caller().calls("refeed", "--source", "kick", "--from=" + from);
    assertEquals(2, result.code());
    assertTrue(result.err().contains("--from is neither a time"), result.err());
    assertEquals(List.of(), ingest.requests());
  }

  @Test
  void what_the_ingest_refuses_is_told() {
    ingest.on(REFEED, 400, "{\"error\":\"the inbox keeps a call for 30 days\"}");
    Caller.Result result = caller().calls("refeed", "--source", "kick", "--from", "40d");
    assertEquals(1, result.code());
    assertTrue(result.err().contains("the inbox keeps a call for 30 days"), result.err());
  }
}
