package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.cli.FakeIngest.Answer;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoctorTest {
  /** 32 bytes. */
  private static final String SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

  @TempDir private Path root = Path.of("");
  private final FakeIngest other = new FakeIngest();

  @BeforeEach
  void declare() throws IOException {
    Files.writeString(
        root.resolve("application.properties"),
        """
        ingest.role = all
        http.port = 0
        management.port = 0
        data.dir = data
        ingest.target-envs =
        embedded.clickhouse.library =
        kick.oauth-url = https://id.kick.com
        """);
    Files.writeString(root.resolve("libchdb.so"), "");
    Files.createDirectories(root.resolve("routes"));
  }

  @AfterEach
  void stop() {
    other.close();
  }

  /** Of a build that brings everything along, so that a test adds just what it is about. */
  private Caller laptop() {
    Caller caller = new Caller(root).with("EMBEDDED_CLICKHOUSE_LIBRARY", "libchdb.so");
    caller.embedded = true;
    return caller;
  }

  private Caller role(String role) {
    return new Caller(root).with("INGEST_ROLE", role);
  }

  /** Its user may do everything. */
  private static Answer clickHouse(FakeIngest.Request request) {
    return new Answer(200, request.body().startsWith("CHECK GRANT ") ? "1\n" : "26.5.3\n");
  }

  private static String line(Caller.Result result, String what) {
    return result.out().lines().filter(line -> line.contains(what)).findFirst().orElse("");
  }

  @Test
  void a_machine_without_fault_passes() {
    Caller.Result result = laptop().calls("doctor");
    assertEquals(0, result.code(), result.out());
    assertEquals(
        "ok    Java: " + System.getProperty("java.version"), line(result, "Java"), result.out());
    assertFalse(result.out().contains("FAIL"), result.out());
  }

  @Test
  void json_has_the_same_findings() throws JsonProcessingException {
    Caller.Result result = laptop().with("HTTP_PORT", "many").calls("doctor", "--json");
    assertEquals(1, result.code());
    JsonNode answer = new ObjectMapper().readTree(result.out());
    assertFalse(answer.path("ok").asBoolean(true));
    assertEquals("ok", answer.path("findings").get(0).path("level").asText());
    assertEquals(
        "fail",
        answer.path("findings").findParents("finding").stream()
            .filter(f -> f.path("finding").asText().contains("HTTP_PORT"))
            .findFirst()
            .orElseThrow()
            .path("level")
            .asText());
  }

  @Test
  void types_that_environments_just_record_are_named() throws IOException {
    Path schema = root.resolve("routes/acme.thing.seen.schema.json");
    String text =
        """
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "acme.thing.seen/1",
         "source": "acme", "pii": "none", "environment": "record", "type": "object"}""";
    Files.writeString(schema, text);
    assertTrue(
        line(laptop().calls("doctor"), "event types")
            .endsWith("1 registered; just recorded where nothing projects them: acme.thing.seen"));
    Files.writeString(schema, text.replace("record", "forget"));
    String told = line(laptop().calls("doctor"), "event types");
    assertTrue(told.startsWith("FAIL") && told.contains("environment is not record"), told);
  }

  @Test
  void a_fresh_clone_is_told_that_nothing_needs_to_be_set() throws IOException {
    Files.createDirectories(
        root.resolve(
            "embedded/engine/node_modules/@chdb/"
                + "lib-linux-x64-gnu")); // an interrupted installation: the folder alone
    Caller caller =
        new Caller(root)
            .with("INGEST_TARGET_ENVS", "stage")
            .with("STAGE_INTERNAL_EVENTS_URL", "http://127.0.0.1:1/internal/events");
    caller.embedded = true;
    Caller.Result result = caller.calls("doctor");
    for (String thing : List.of("role ingest", "role webhooks", "role env", "Kick")) {
      assertTrue(line(result, thing).startsWith("ok"), result.out());
    }
    for (String secret : List.of("STAGE_DELIVERY_SECRET", "INGEST_DELIVERY_SECRET")) {
      assertTrue(line(result, secret).endsWith("a run makes one in DATA_DIR"), result.out());
    }
    assertTrue(
        line(result, "STAGE_INTERNAL_EVENTS_URL")
            .matches("warn .*nothing listens there  -> start the environment on this machine"),
        result.out());
    assertTrue(line(result, "DATA_DIR ").matches("ok .*writable, [\\d.]+ GiB free"), result.out());
    assertFalse(line(result, "ClickHouse engine").startsWith("ok"), result.out());
  }

  @Test
  void a_data_folder_below_a_file_is_found() throws IOException {
    Files.writeString(root.resolve("data"), "");
    Caller caller = laptop();
    Caller.Result result = caller.calls("doctor");
    assertEquals(1, result.code());
    assertTrue(line(result, "DATA_DIR").contains("is no folder  -> set DATA_DIR"), result.out());
  }

  @Test
  void settings_that_cannot_be_read_are_a_finding() throws IOException {
    Files.writeString(root.resolve("application.properties"), "key = \\u00zz");
    Caller.Result result = laptop().calls("doctor");
    assertEquals(1, result.code());
    assertTrue(
        line(result, "application.properties cannot be read").startsWith("FAIL"), result.out());
    assertEquals("", result.err());
  }

  @Test
  void a_port_that_another_process_holds_is_named_with_its_variable() throws IOException {
    try (ServerSocket holder = new ServerSocket(0)) {
      Caller.Result result = laptop().with("HTTP_PORT", "" + holder.getLocalPort()).calls("doctor");
      assertEquals(1, result.code());
      assertEquals(
          "FAIL  port %d (HTTP_PORT): held by another process  -> end that, or set HTTP_PORT to another port"
              .formatted(holder.getLocalPort()),
          line(result, "HTTP_PORT"));
    }
  }

  @Test
  void ports_that_a_running_ingest_holds_are_fine() throws IOException {
    other.on("GET /observe/health/live", 200, "{\"status\":\"UP\"}");
    try (ServerSocket held = new ServerSocket(0)) {
      Caller caller =
          laptop()
              .with("MANAGEMENT_PORT", "" + other.port())
              .with("EMBEDDED_POSTGRES_PORT", "" + held.getLocalPort())
              .with("CLICKHOUSE_URL", "http://127.0.0.1:" + other.port());
      other.on("GET /ping", 200, "Ok.").on("POST /", DoctorTest::clickHouse);
      Caller.Result result = caller.calls("doctor");
      assertEquals(0, result.code(), result.out());
      assertTrue(line(result, "MANAGEMENT_PORT").endsWith("held by the ingest that runs here"));
      assertTrue(line(result, "EMBEDDED_POSTGRES_PORT").endsWith("ingest that runs here"));
    }
  }

  @Test
  void one_environment_that_has_a_secret_is_not_given_another() {
    Caller caller =
        laptop().with("INGEST_TARGET_ENVS", "stage").with("INGEST_DELIVERY_SECRET", SECRET);
    Caller.Result result = caller.calls("doctor");
    assertTrue(line(result, "STAGE_DELIVERY_SECRET: is not set").startsWith("FAIL"), result.out());
  }

  @Test
  void kick_gives_a_token_for_the_credentials() {
    other.on(
        "POST /oauth/token",
        request ->
            request.body().contains("client_id=me&client_secret=a%26b")
                ? new Answer(200, "{\"access_token\":\"t0ken\"}")
                : new Answer(401, "{}"));
    Caller caller =
        role("ingest")
            .with("KICK_OAUTH_URL", other.url())
            .with("KICK_CLIENT_ID", "me")
            .with("KICK_CLIENT_SECRET", "a&b");
    Caller.Result right = caller.calls("doctor");
    assertTrue(line(right, "Kick").endsWith("gives a token"), right.out());
    assertFalse(right.out().contains("t0ken"), right.out());
    Caller.Result wrong = caller.with("KICK_CLIENT_SECRET", "wr0ng").calls("doctor");
    assertEquals(1, wrong.code());
    assertTrue(line(wrong, "Kick").contains("gives no token (HTTP 401)"), wrong.out());
    assertFalse(wrong.out().contains("wr0ng"), wrong.out());
  }

  @ParameterizedTest(name = "role {0} needs {1}")
  @CsvSource({
    "ingest, 'DM_DATABASE_URL, CLICKHOUSE_URL, KICK_CLIENT_ID, KICK_CLIENT_SECRET'",
    "webhooks, DM_DATABASE_URL",
    "env, 'DATABASE_URL, INGEST_DELIVERY_SECRET'"
  })
  void a_role_by_itself_names_what_it_misses(String role, String missing) {
    Caller caller = role(role);
    caller.embedded = true;
    Caller.Result result = caller.calls("doctor");
    assertEquals(1, result.code());
    assertTrue(
        line(result, "role " + role).startsWith("FAIL  role " + role + ": needs " + missing + "  "),
        result.out());
  }

  @Test
  void half_of_the_kick_credentials_is_not_replaced_by_the_simulator() {
    Caller.Result result = laptop().with("KICK_CLIENT_ID", "me").calls("doctor");
    assertEquals(1, result.code());
    assertTrue(line(result, "role ingest").contains("needs KICK_CLIENT_SECRET "), result.out());
  }

  @Test
  void an_unknown_role_is_a_finding() {
    Caller.Result result = role("poller").calls("doctor");
    assertEquals(1, result.code());
    assertTrue(line(result, "INGEST_ROLE").startsWith("FAIL"), result.out());
  }

  @ParameterizedTest(name = "HTTP {0} to an unsigned question is {1}")
  @CsvSource({"401, ok", "200, FAIL", "404, FAIL", "302, FAIL"})
  void a_target_has_to_ask_for_a_signature(int status, String level) {
    other.on("GET /internal/events/types", status, "/elsewhere").on("GET /elsewhere", 401, "");
    Caller.Result result =
        role("ingest")
            .with("INGEST_TARGET_ENVS", "stage")
            .with("STAGE_INTERNAL_EVENTS_URL", other.url() + "/internal/events")
            .with("STAGE_DELIVERY_SECRET", SECRET)
            .calls("doctor");
    assertTrue(line(result, "STAGE_INTERNAL_EVENTS_URL").startsWith(level), result.out());
    assertTrue(line(result, "STAGE_DELIVERY_SECRET").startsWith("ok"), result.out());
    assertFalse(result.out().contains(SECRET), result.out());
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "hunter2secrethunter2, does not begin with whsec_",
    "whsec_hunter2%%%, is not base64",
    "whsec_aHVudGVyMg==, 'has 7 bytes, fewer than 24'"
  })
  void a_weak_secret_is_found_and_not_shown(String secret, String finding) {
    Caller.Result result = role("env").with("INGEST_DELIVERY_SECRET", secret).calls("doctor");
    assertEquals(1, result.code());
    assertTrue(line(result, "INGEST_DELIVERY_SECRET").contains(finding), result.out());
    assertFalse(result.out().contains(secret), result.out());
  }

  @Test
  void an_old_secret_beside_the_new_one_is_checked_too() {
    Caller caller = laptop();
    assertEquals(
        0, caller.with("INGEST_DELIVERY_SECRET", SECRET + "," + SECRET).calls("doctor").code());
    assertEquals(1, caller.with("INGEST_DELIVERY_SECRET", SECRET + ",old").calls("doctor").code());
  }

  @Test
  void a_missing_target_address_and_secret_are_named_by_variable() {
    Caller.Result result = role("ingest").with("INGEST_TARGET_ENVS", "stage").calls("doctor");
    assertEquals(1, result.code());
    assertTrue(line(result, "STAGE_DELIVERY_SECRET: is not set").startsWith("FAIL"), result.out());
    assertTrue(
        line(result, "STAGE_INTERNAL_EVENTS_URL: is not set").startsWith("FAIL"), result.out());
  }

  @Test
  void clickhouse_tells_its_version() {
    other.on("GET /ping", 200, "Ok.\n").on("POST /", DoctorTest::clickHouse);
    Caller.Result result =
        laptop()
            .with("CLICKHOUSE_URL", "http://vf:s3cret@127.0.0.1:%d/vf".formatted(other.port()))
            .calls("doctor");
    assertEquals(
        "ok    CLICKHOUSE_URL http://127.0.0.1:%d/vf: ClickHouse 26.5.3".formatted(other.port()),
        line(result, "CLICKHOUSE_URL"));
    assertEquals("Basic dmY6czNjcmV0", other.requests().get(1).authorization());
  }

  @Test
  void what_answers_without_ok_is_no_clickhouse() {
    other.on("GET /ping", 200, "pong");
    Caller.Result result =
        laptop()
            .with("CLICKHOUSE_URL", "jdbc:clickhouse://127.0.0.1:" + other.port() + "/vf")
            .calls("doctor");
    assertEquals(1, result.code());
    assertTrue(line(result, "CLICKHOUSE_URL").contains("is no ClickHouse"), result.out());
  }

  @Test
  void a_store_that_is_away_is_named_without_its_password() {
    int nobody = other.port();
    other.close();
    Caller.Result result =
        laptop()
            .with("DM_DATABASE_URL", "postgres://vf:s3cret@127.0.0.1:%d/dm".formatted(nobody))
            .with("DATABASE_URL", "postgres//s3cret")
            .with("CLICKHOUSE_URL", "http://vf:s3cret@127.0.0.1:" + nobody)
            .calls("doctor");
    assertEquals(1, result.code());
    assertTrue(
        line(result, "DM_DATABASE_URL 127.0.0.1:%d/dm".formatted(nobody))
            .contains("no connection: "),
        result.out());
    assertTrue(line(result, "is no DSN such as").contains(" DATABASE_URL"), result.out());
    assertTrue(line(result, "CLICKHOUSE_URL").contains("nothing listens there"), result.out());
    assertFalse((result.out() + result.err()).contains("s3cret"), result.out() + result.err());
  }
}
