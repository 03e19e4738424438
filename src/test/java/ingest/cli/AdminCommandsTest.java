package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String STATUS =
      """
      {"outbox":{"events":1234567},
       "deliveries":{"clickhouse":{"pending":0,"delivered":1234567,"dead":0,"abandoned":0,"oldest_pending_seconds":null},
                     "stage":{"pending":12,"delivered":9876,"dead":3,"abandoned":0,"oldest_pending_seconds":400}},
       "clickhouse":{"raw_events":1234567},"env":{"stage":{"processed_events":9876}},
       "overrides":[{"name":"poll.kick-viewers","value":"off","who":"ada@desk","at":"2026-03-01T11:20:00Z","why":"\\u001b[2J500s","until":null}],
       "errors":[]}""";
  private static final String POLLER =
      """
      {"name":"kick-viewers","schedule":"0 * * * * ?","on":false,
       "override":{"value":"off","who":"ada@desk","at":"2026-02-27T11:20:00Z","why":"500s","until":"2026-03-01T13:00:00Z"},
       "last_run":{"at":"2026-03-01T11:59:30Z","seconds":1.25,"channels":50,"events":48,"new":40,"skipped_pages":1},
       "next_run":"2026-03-01T12:01:00Z"}""";
  private static final String FRESH_POLLER =
      """
      {"name":"kick-followers","schedule":"0 0 * * * ?","on":true,"override":null,"last_run":null,"next_run":null}""";
  private static final String TARGET =
      """
      {"name":"stage","kind":"http","mode":"paused","types":["kick.*","x.*"],"batch":200,"who":"ada@desk","changed_at":"2025-12-24T18:00:00Z","why":null}""";

  private static final String CHANNEL =
      """
      [{"channel_id":7,"external_id":"01K8ZF6T3Q5W9X7Y2N4M8B1C0D","platform":"kick","platform_user_id":"676","slug":"ronin",
        "display_name":"Ronin","follower_count":1200,"is_live":true,"is_banned":false,"first_seen_at":"2025-12-24T18:00:00Z",
        "last_seen_at":"2026-03-01T11:59:30Z","next_probe_at":"2026-03-01T12:00:30Z",
        "names":[{"slug":"ronin","from":"2026-02-27T11:20:00Z","until":null},
                 {"slug":"ninja","from":"2025-12-24T18:00:00Z","until":"2026-02-27T11:20:00Z"}],
        "sessions":[{"started_at":"2026-03-01T11:20:00Z","ended_at":null,"title":"\\u001b[2Jhello","peak_viewers":1500,"average_viewers":900.5}]}]""";

  @TempDir private Path root = Path.of("");
  private final FakeIngest ingest = new FakeIngest();

  @AfterEach
  void stop() {
    ingest.close();
  }

  private Caller caller() {
    return new Caller(root).with("MANAGEMENT_PORT", Integer.toString(ingest.port()));
  }

  @Test
  void status_is_a_table_with_readable_numbers_and_ages() {
    ingest.on("GET /admin/status", 200, STATUS);
    Caller.Result result = caller().calls("status");
    assertEquals(0, result.code(), result.err());
    assertEquals(
        """
        STORE           HOLDS
        outbox      1,234,567  events
        clickhouse  1,234,567  raw events
        stage           9,876  processed events

        Deliveries
        TARGET      PENDING  DELIVERED  DEAD  ABANDONED  OLDEST PENDING
        clickhouse        0  1,234,567     0          0  -
        stage            12      9,876     3          0  6 min

        Overrides
        NAME               VALUE  BY        SINCE                  UNTIL  WHY
        poll.kick-viewers  off    ada@desk  11:20:00 (40 min ago)  -      [2J500s
        """,
        result.out());
  }

  @Test
  void status_tells_of_days_that_stay_and_how_long_the_disks_are_enough_for() {
    ingest.on(
        "GET /admin/status",
        200,
        """
        {"outbox":{"events":7},
         "held_days":[{"day":"2026-02-20","reason":"open","detail":"12 events wait for stage"}],
         "disk":{"dm":{"used_bytes":53687091200,"budget_bytes":107374182400,"days_left":41},
                 "clickhouse":{"used_bytes":1073741824}},
         "errors":[]}""");
    Caller.Result result = caller().calls("status");
    assertEquals(0, result.code(), result.err());
    assertTrue(
        result
            .out()
            .endsWith(
                """

                Outbox days past retention
                DAY         STAYS BECAUSE
                2026-02-20  open           12 events wait for stage

                Disk
                STORE       ON DISK   BUDGET     FULL IN
                dm          50.0 GiB  100.0 GiB  41 days
                clickhouse  1.0 GiB   -          -
                """),
        result.out());
  }

  @ParameterizedTest
  @CsvSource({
    "status, GET /admin/status, '{\"outbox\":{\"events\":1},\"errors\":[]}'",
    "pollers, GET /admin/pollers, '[{\"name\":\"kick-viewers\"}]'",
    "pollers list, GET /admin/pollers, '[{\"name\":\"kick-viewers\"}]'",
    "channel ninja --platform kick, GET /admin/channels/ninja, '[{\"platform\":\"kick\"}]'",
    "targets, GET /admin/targets, '[{\"name\":\"stage\"}]'",
    "targets list, GET /admin/targets, '[{\"name\":\"stage\"}]'",
    "targets set stage live, POST /admin/targets/stage, '{\"name\":\"stage\"}'"
  })
  void json_is_the_answer_as_it_came_on_one_line(String command, String call, String answer) {
    ingest.on(call, 200, answer);
    Caller.Result result = caller().calls((command + " --json").split(" ", -1));
    assertEquals(0, result.code(), result.err());
    assertEquals(answer + "\n", result.out());
    assertEquals("", result.err());
  }

  @Test
  void status_fails_when_a_store_could_not_be_asked() {
    ingest.on(
        "GET /admin/status",
        200,
        """
        {"outbox":{"events":1},"deliveries":{},"clickhouse":null,"env":{},"overrides":[],"errors":["clickhouse: no answer"]}""");
    Caller.Result result = caller().calls("status");
    assertEquals(1, result.code());
    assertEquals("clickhouse: no answer\n", result.err());
    assertTrue(result.out().contains("clickhouse      -  raw events"), result.out());
  }

  @Test
  void pollers_show_their_last_run_and_who_switched_them() {
    ingest.on("GET /admin/pollers", 200, "[" + POLLER + "," + FRESH_POLLER + "]");
    Caller.Result result = caller().calls("pollers");
    assertEquals(0, result.code(), result.err());
    assertEquals(
        """
        POLLER          STATE  SCHEDULE       LAST RUN               TOOK    CHANNELS  EVENTS  NEW  SKIPPED PAGES  NEXT RUN
        kick-viewers    off    0 * * * * ?    11:59:30 (30 s ago)    1.25 s        50      48   40              1  12:01:00 (in 60 s)
        kick-followers  on     0 0 * * * ?    -                      -              -       -    -              -  -
        kick-viewers was set to off by ada@desk at 27 Feb 11:20 (2 d ago), until 13:00:00 (in 60 min): 500s
        """
            .lines()
            .map(line -> line.replaceAll(" +", " "))
            .toList(),
        result.out().lines().map(line -> line.replaceAll(" +", " ")).toList());
  }

  @Test
  void pollers_that_are_behind_or_were_held_up_say_so() {
    ingest.on(
        "GET /admin/pollers",
        200,
        """
        [{"name":"kick-viewers","schedule":"0/2 * * * * ?","on":true,
          "last_run":{"at":"2026-03-01T11:59:30Z","seconds":1.25,"channels":50,"events":0,"new":0,"skipped_pages":0,
                      "ended_early":"kick is not called before 2026-03-01T12:00:20Z: it answered 429"},
          "behind":{"verified-live":{"due":3,"seconds":9.9},"never-live":{"due":1200,"seconds":185.2}}}]""");
    Caller.Result result = caller().calls("pollers");
    assertEquals(0, result.code(), result.err());
    assertEquals(
        List.of(
            "kick-viewers is behind: 1,200 never-live due, the longest for 3 min",
            "kick-viewers ended its last run early: kick is not called before 2026-03-01T12:00:20Z: it answered 429"),
        result.out().lines().skip(2).toList());
  }

  @Test
  void a_channel_is_shown_with_its_names_over_time_and_its_last_streams() {
    ingest.on("GET /admin/channels/ninja", 200, CHANNEL);
    Caller.Result result = caller().calls("channel", "ninja");
    assertEquals(0, result.code(), result.err());
    assertEquals(
        """
        kick 676 is ronin, live, channel 7 (01K8ZF6T3Q5W9X7Y2N4M8B1C0D)
        followers 1200, last seen 11:59:30 (30 s ago), asked for next 12:00:30 (in 30 s)
        NAME   FROM                 UNTIL
        ronin  27 Feb 11:20 (2 d ago)    -
        ninja  24 Dec 2025 (66 d ago)    27 Feb 11:20 (2 d ago)
        STREAM               ENDED  PEAK  AVERAGE  TITLE
        11:20:00 (40 min ago)  -      1,500  900.5    [2Jhello

        """
            .lines()
            .map(line -> line.replaceAll(" +", " "))
            .toList(),
        result.out().lines().map(line -> line.replaceAll(" +", " ")).toList());
  }

  @Test
  void a_name_that_nobody_has_or_had_is_told_and_fails() {
    ingest.on("GET /admin/channels/nobody", 200, "[]");
    Caller.Result result = caller().calls("channel", "nobody", "--platform", "kick");
    assertEquals(1, result.code());
    assertEquals(
        "no channel is or was called nobody on kick: it has not been seen yet\n", result.err());
  }

  @Test
  void pausing_says_who_and_why() throws JsonProcessingException {
    ingest.on("POST /admin/pollers/kick-viewers/pause", 200, POLLER);
    Caller.Result result = caller().calls("pollers", "pause", "kick-viewers", "--why", "500s");
    assertEquals(0, result.code(), result.err());
    JsonNode body = JSON.readTree(ingest.requests().get(0).body());
    assertEquals("500s", body.path("why").asText());
    assertTrue(
        body.path("who").asText().startsWith(System.getProperty("user.name") + "@"),
        body.toString());
  }

  @Test
  void all_pollers_are_those_that_are_listed() {
    ingest
        .on("GET /admin/pollers", 200, "[" + POLLER + "," + FRESH_POLLER + "]")
        .on("POST /admin/pollers/kick-viewers/resume", 200, POLLER)
        .on("POST /admin/pollers/kick-followers/resume", 200, FRESH_POLLER);
    Caller.Result result = caller().calls("pollers", "resume", "--all", "--json");
    assertEquals(0, result.code(), result.err());
    assertEquals(3, ingest.requests().size());
    assertTrue(result.out().startsWith("[{\"name\":\"kick-viewers\""), result.out());
  }

  @Test
  void one_unknown_poller_keeps_no_other_from_running() {
    ingest
        .on("POST /admin/pollers/nobody/run", 404, "{\"error\":\"no poller is called nobody\"}")
        .on("POST /admin/pollers/kick-viewers/run", 200, POLLER);
    Caller.Result result = caller().calls("pollers", "run", "nobody", "kick-viewers");
    assertEquals(1, result.code());
    assertEquals("nobody: no poller is called nobody\n", result.err());
    assertTrue(result.out().contains("kick-viewers"), result.out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"pollers pause", "pollers resume kick-viewers --all"})
  void either_names_or_all_are_given(String command) {
    Caller.Result result = caller().calls(command.split(" ", -1));
    assertEquals(2, result.code());
    assertTrue(result.err().contains("--all"), result.err());
    assertEquals(0, ingest.requests().size());
  }

  @Test
  void a_name_stays_one_segment_of_the_path() {
    caller().calls("pollers", "run", "../status ?");
    assertEquals("POST /admin/pollers/..%2Fstatus%20%3F/run", ingest.requests().get(0).call());
  }

  @Test
  void a_target_is_set_and_shown() throws JsonProcessingException {
    ingest.on("POST /admin/targets/stage", 200, TARGET);
    Caller.Result result =
        caller().calls("targets", "set", "stage", "paused", "--why", "migration");
    assertEquals(0, result.code(), result.err());
    JsonNode body = JSON.readTree(ingest.requests().get(0).body());
    assertEquals("paused", body.path("mode").asText());
    assertEquals("migration", body.path("why").asText());
    assertEquals(
        """
        TARGET  KIND  MODE    BATCH  SINCE                 BY        WHY  TYPES
        stage   http  paused    200  24 Dec 2025 (66 d ago)  ada@desk  -    kick.*, x.*
        """
            .replaceAll(" +", " "),
        result.out().replaceAll(" +", " "));
  }

  @Test
  void an_error_is_the_messages_of_the_answer() {
    ingest.on("GET /admin/targets", 409, "{\"error\":\"another migration runs\"}");
    Caller.Result result = caller().calls("targets", "--json");
    assertEquals(1, result.code());
    assertEquals("another migration runs\n", result.err());
    assertEquals("", result.out());
  }

  @Test
  void what_answers_in_html_is_no_ingest() {
    ingest.on("GET /admin/status", 200, "<html>");
    Caller.Result result = caller().calls("status");
    assertEquals(1, result.code());
    assertTrue(result.err().contains("does not answer as an ingest does (HTTP 200)"), result.err());
  }

  @Test
  void nobody_there_says_how_to_start() {
    int port = ingest.port();
    ingest.close();
    Caller.Result result = caller().calls("status");
    assertEquals(1, result.code());
    assertEquals(
        "no ingest answers at http://127.0.0.1:%d: start it with `bin/ingest run`, or give --url\n"
            .formatted(port),
        result.err());
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void a_refusal_asks_for_a_token_and_never_shows_one(int status) {
    ingest.on("GET /admin/status", status, "{\"error\":\"operators only\"}");
    Caller.Result without = caller().calls("status");
    assertEquals(1, without.code());
    assertEquals(
        ingest.url() + " needs a token: --token or INGEST_TOKEN (operators only)\n", without.err());
    Caller.Result with = caller().calls("status", "--token", "s3cret");
    assertEquals(1, with.code());
    assertFalse((with.out() + with.err()).contains("s3cret"), with.err());
    assertEquals("Bearer s3cret", ingest.requests().get(1).authorization());
  }

  @Test
  void address_and_token_come_from_the_environment_unless_given() {
    ingest.on("GET /admin/status", 200, "{\"errors\":[]}");
    Caller caller =
        new Caller(root).with("INGEST_URL", ingest.url() + "/").with("INGEST_TOKEN", "from-env");
    assertEquals(0, caller.calls("status").code());
    assertEquals(0, caller.calls("status", "--token", "given").code());
    assertEquals(1, caller.calls("status", "--url", "http://127.0.0.1:1").code());
    assertEquals("Bearer from-env", ingest.requests().get(0).authorization());
    assertEquals("Bearer given", ingest.requests().get(1).authorization());
    assertEquals(2, ingest.requests().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"9876", "ftp://host", "http://ada:s3cret@host", "http://h?t=s3cret"})
  void an_address_that_is_none_is_refused_without_showing_it(String url) {
    Caller.Result result = caller().calls("status", "--url", url);
    assertEquals(2, result.code());
    assertFalse(result.err().contains("s3cret"), result.err());
  }

  @Test
  void a_token_that_cannot_be_one_is_refused_without_showing_it() {
    Caller.Result result = caller().calls("status", "--token", "s3cret\u00e9");
    assertEquals(2, result.code());
    assertFalse(result.err().contains("s3cret"), result.err());
  }

  @Test
  void a_redirect_takes_the_token_nowhere() {
    ingest.on("GET /admin/status", 302, "/elsewhere").on("GET /elsewhere", 200, "{}");
    assertEquals(1, caller().calls("status", "--token", "s3cret").code());
    assertEquals(1, ingest.requests().size());
  }
}
