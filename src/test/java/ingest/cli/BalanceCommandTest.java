package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BalanceCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LOOK = "POST /admin/balance/look";
  private static final String KNOWN = "GET /admin/balance";
  private static final String FOUND =
      """
      {"hour": "2026-03-01T11:00:00Z", "target": "stage", "kind": "lost-in-consumer", "repair": "send",
       "what": "lost in the consumer: stage lacks it", "events": 7, "sample": ["01A", "01B", "01C", "01D"], "told": false}""";

  @TempDir private Path root = Path.of("");
  private final FakeIngest ingest = new FakeIngest();

  @AfterEach
  void stop() {
    ingest.close();
  }

  private Caller.Result balance(String unasked, String found, long difference, String... options) {
    ingest.on(LOOK, 200, "{\"mismatches\": [], \"unasked\": [%s]}".formatted(unasked));
    ingest.on(
        KNOWN,
        200,
        """
        {"targets": {"stage": {"accepted": 9, "delivered": 9, "pending": 0, "dead": 0, "abandoned": 0, "difference": %d}},
         "mismatches": [%s]}"""
            .formatted(difference, found));
    String[] all = new String[options.length + 1];
    all[0] = "balance";
    System.arraycopy(options, 0, all, 1, options.length);
    return new Caller(root).with("INGEST_URL", ingest.url()).calls(all);
  }

  @Test
  void each_hour_of_the_window_is_looked_at() throws Exception {
    Caller.Result result =
        balance("", "", 0, "--from", "2026-03-01T09:30:00Z", "--target", "stage");
    assertEquals(0, result.code(), result.err());
    assertEquals(
        """
        TARGET  ACCEPTED  DELIVERED  PENDING  DEAD  ABANDONED  DIFFERENCE
        stage          9          9        0     0          0           0

        every store has what it is said to have
        """,
        result.out());
    List<FakeIngest.Request> looks =
        ingest.requests().stream().filter(r -> r.call().equals(LOOK)).toList();
    assertEquals(3, looks.size());
    assertEquals("2026-03-01T09:00:00Z", JSON.readTree(looks.get(0).body()).path("hour").asText());
    assertEquals("stage", JSON.readTree(looks.get(2).body()).path("target").asText());
  }

  @Test
  void what_does_not_agree_is_named_with_examples() {
    Caller.Result result = balance("", FOUND, 0, "--from", "1h");
    assertEquals(1, result.code());
    assertTrue(
        result
            .out()
            .contains(
                "2026-03-01T11:00:00Z       7  lost in the consumer: stage lacks it  01A 01B 01C\n"),
        result.out());
  }

  @ParameterizedTest(name = "{0} ends with {4}")
  @CsvSource(
      delimiter = '|',
      value = {
        "a store that is away|{\"target\":\"stage\",\"silent\":false,\"why\":\"away\"}|false|0|1",
        "a target that knows no such question|{\"target\":\"stage\",\"silent\":true,\"why\":\"404\"}|false|0|0",
        "what is beyond repair and was told||true|0|0",
        "accounts that do not add up||false|1|1"
      })
  void the_exit_code_says_whether_somebody_has_to_see_to_it(
      String why, String unasked, boolean told, long difference, int code) {
    String found = told ? FOUND.replace("\"told\": false", "\"told\": true") : "";
    Caller.Result result =
        balance(unasked == null ? "" : unasked, found, difference, "--from", "1h");
    assertEquals(code, result.code(), why + result.out() + result.err());
  }

  @Test
  void a_mend_is_begun_and_left_alone_where_that_is_wanted() throws Exception {
    ingest.on("POST /admin/balance/mend", 200, "{\"operation\": 12}");
    Caller.Result result =
        new Caller(root)
            .with("INGEST_URL", ingest.url())
            .calls("balance", "mend", "--from", "2h", "--rate", "50", "--why", "x", "--detach");
    assertEquals(0, result.code(), result.err());
    assertEquals("operation 12 has begun\n", result.out());
    String body = ingest.requests().get(0).body();
    assertEquals("2026-03-01T10:00:00Z", JSON.readTree(body).path("from").asText());
    assertEquals(50, JSON.readTree(body).path("rate").asInt());
    assertEquals("x", JSON.readTree(body).path("why").asText());
  }

  @Test
  void a_window_that_ends_before_it_begins_is_misuse() {
    assertEquals(2, balance("", "", 0, "--from", "1h", "--to", "2h").code());
  }
}
