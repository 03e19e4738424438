package ingest.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.signature.Secret;
import ingest.signature.Signed;
import ingest.signature.StandardWebhooks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each input that cannot be used is told by one message or status that names it, and nothing is
 * lost by it: the last test looks at the balance of the process that all of it was done to.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class BadInputTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Stands wherever a secret may stand, and nowhere in what is told. */
  private static final String HIDDEN = "tops3cret";

  private static final String WELL_FORMED =
      "whsec_" + Base64.getEncoder().encodeToString(new byte[32]);
  private static final String EVENTS = "/internal/events";
  private static final String BATCH = "application/cloudevents-batch+json";
  private static final String LINES = "application/x-ndjson";

  @TempDir static Path folder = Path.of("");
  private static @Nullable IngestProcess running;
  private static @Nullable ServerSocket held;
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private static final ExecutorService SOME_AT_A_TIME = Executors.newFixedThreadPool(3);
  private static final Map<Start, Future<EndedProcess>> STARTS = new LinkedHashMap<>();

  /**
   * A start that cannot succeed.
   *
   * @param change to the settings of a start that would; null as a value takes a setting away
   * @param told begins the one line of its output
   */
  record Start(String name, Map<String, String> change, String told) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void run() throws Exception {
    held = new ServerSocket(0);
    Map<String, String> quiet = IngestProcess.settings(folder.resolve("data"));
    quiet.put("POLL_KICK_VIEWERS_ENABLED", "false");
    running = IngestProcess.run(quiet);
    for (Start start : table()) {
      Map<String, String> settings = settings(start);
      STARTS.put(start, SOME_AT_A_TIME.submit(() -> EndedProcess.of(settings, folder, "run")));
    }
  }

  @AfterAll
  static void stop() throws IOException {
    SOME_AT_A_TIME.shutdownNow();
    if (running != null) {
      running.close();
    }
    if (held != null) {
      held.close();
    }
  }

  // ── starts ───────────────────────────────────────────────────────────────────────────────────

  @Order(4)
  @ParameterizedTest(name = "{0}")
  @MethodSource("starts")
  void a_start_that_cannot_succeed_says_in_one_line_what_is_in_the_way(Start start)
      throws Exception {
    Future<EndedProcess> future = STARTS.get(start);
    EndedProcess ended = Objects.requireNonNull(future).get();
    List<String> lines = ended.output().lines().toList();
    assertEquals(1, ended.code(), ended.output());
    assertEquals(1, lines.size(), ended.output());
    assertTrue(lines.get(0).startsWith(start.told()), lines.get(0));
    assertFalse(ended.output().contains(HIDDEN), "it shows a secret");
    assertEquals(
        List.of(),
        ProcessHandle.allProcesses()
            .filter(p -> p.info().commandLine().orElse("").contains(data(start).toString()))
            .map(p -> p.info().commandLine().orElse(""))
            .toList(),
        "still running");
  }

  private static Path data(Start start) {
    return folder.resolve("data of " + start.name().replaceAll("[^A-Za-z]+", "-")).toAbsolutePath();
  }

  /** The settings of role env, of role ingest or of everything, as {@code INGEST_ROLE} has it. */
  private static Map<String, String> settings(Start start) throws IOException {
    String host = "127.0.0.1:" + port("EMBEDDED_POSTGRES_PORT");
    Map<String, String> settings = IngestProcess.settings(data(start));
    String role = start.change().getOrDefault("INGEST_ROLE", "env");
    if (!role.equals("all")) {
      settings.put("INGEST_ROLE", "env");
      settings.put("DATABASE_URL", "postgresql://postgres:" + HIDDEN + "@" + host + "/stage");
      settings.put("INGEST_DELIVERY_SECRET", WELL_FORMED);
    }
    if (role.equals("ingest") || role.equals("webhooks")) {
      settings.put("DM_DATABASE_URL", "postgresql://postgres:" + HIDDEN + "@" + host + "/dm");
    }
    if (role.equals("ingest")) {
      String simulator = "http://127.0.0.1:" + port("EMBEDDED_SIMULATOR_PORT");
      settings.put("CLICKHOUSE_URL", "http://127.0.0.1:" + port("EMBEDDED_CLICKHOUSE_PORT"));
      settings.put("KICK_API_URL", simulator);
      settings.put("KICK_OAUTH_URL", simulator);
      settings.put("KICK_CLIENT_ID", "nobody");
      settings.put("KICK_CLIENT_SECRET", HIDDEN);
      settings.put("INGEST_TARGET_ENVS", "stage");
      settings.put("STAGE_INTERNAL_EVENTS_URL", "http://127.0.0.1:" + port("HTTP_PORT") + EVENTS);
      settings.put("STAGE_DELIVERY_SECRET", WELL_FORMED);
    }
    settings.putAll(start.change());
    return settings;
  }

  static List<Start> starts() {
    return List.copyOf(STARTS.keySet());
  }

  private static List<Start> table() throws IOException {
    if (held == null) {
      throw new IllegalStateException("no port is held");
    }
    String taken = Integer.toString(held.getLocalPort());
    String postgres = "127.0.0.1:" + port("EMBEDDED_POSTGRES_PORT");
    String closed = Integer.toString(IngestProcess.freePort());
    Path binary = Files.createDirectories(folder.resolve("secrets"));
    Files.write(binary.resolve("KICK_CLIENT_SECRET"), new byte[] {(byte) 0xff, (byte) 0xfe, 't'});
    String dsn = "postgresql://joe:" + HIDDEN;
    List<Start> all = new ArrayList<>();
    // stores
    all.add(
        env(
            "a database that refuses connections",
            "DATABASE_URL",
            dsn + "@127.0.0.1:" + closed + "/stage",
            "DATABASE_URL: cannot connect: Connection to 127.0.0.1:" + closed + " refused"));
    all.add(
        env(
            "a database that is not there",
            "DATABASE_URL",
            dsn.replace("joe", "postgres") + "@" + postgres + "/nowhere",
            "DATABASE_URL: cannot connect: FATAL: database \"nowhere\" does not exist"));
    for (String none :
        List.of(
            HIDDEN + "@stage",
            dsn + "%zz@host:5432/stage",
            dsn + " @h/stage",
            dsn + "@h:abc/stage",
            "jdbc:postgresql://h:99999/stage?password=" + HIDDEN)) {
      all.add(
          env(
              "a DSN that is none: " + none,
              "DATABASE_URL",
              none,
              "DATABASE_URL is not a PostgreSQL DSN"));
    }
    all.add(
        env(
            "an environment without its migrations",
            "DATABASE_URL",
            dsn.replace("joe", "postgres") + "@" + postgres + "/postgres",
            "DATABASE_URL: the store is not ready: ERROR: function"));
    all.add(
        role(
            "webhooks",
            "a dm without its migrations",
            "DM_DATABASE_URL",
            dsn.replace("joe", "postgres") + "@" + postgres + "/postgres",
            "DM_DATABASE_URL: the store is not ready: ERROR: schema"));
    for (String none :
        List.of(HIDDEN, "ftp://joe:" + HIDDEN + "@host", "http://joe:" + HIDDEN + "@a host")) {
      all.add(
          role(
              "ingest",
              "a ClickHouse URL that is none: " + none,
              "CLICKHOUSE_URL",
              none,
              "CLICKHOUSE_URL is not a URL such as"));
    }
    // secrets
    all.add(
        role(
            "ingest",
            "no Kick secret",
            "KICK_CLIENT_SECRET",
            "",
            "role ingest needs settings that are not set: KICK_CLIENT_SECRET. "));
    all.add(
        env(
            "no secret to verify with",
            "INGEST_DELIVERY_SECRET",
            "",
            "role env needs settings that are not set: INGEST_DELIVERY_SECRET. "));
    all.add(
        role(
            "ingest",
            "a target without its URL",
            "STAGE_INTERNAL_EVENTS_URL",
            "",
            "STAGE_INTERNAL_EVENTS_URL is not set: "));
    all.add(
        role(
            "ingest",
            "a target without its secret",
            "STAGE_DELIVERY_SECRET",
            "",
            "STAGE_DELIVERY_SECRET is not set: "));
    all.add(
        env(
            "a secret of another form",
            "INGEST_DELIVERY_SECRET",
            HIDDEN,
            "INGEST_DELIVERY_SECRET: the secret does not start with whsec_"));
    all.add(
        env(
            "a secret that is not base64",
            "INGEST_DELIVERY_SECRET",
            "whsec_" + HIDDEN + "!",
            "INGEST_DELIVERY_SECRET: the secret is not base64"));
    all.add(
        role(
            "ingest",
            "a secret that is short",
            "STAGE_DELIVERY_SECRET",
            "whsec_dG9wczNjcmV0",
            "STAGE_DELIVERY_SECRET: the secret has 9 bytes, not 24 to 64"));
    all.add(
        env(
            "a secrets folder that is none",
            "SECRETS_DIR",
            folder.resolve("nowhere").toString(),
            "SECRETS_DIR " + folder.resolve("nowhere") + " is not a folder"));
    all.add(
        env(
            "a secrets file that is no text",
            "SECRETS_DIR",
            binary.toString(),
            "SECRETS_DIR: " + binary.resolve("KICK_CLIENT_SECRET") + " is not text"));
    all.add(
        role(
            "ingest",
            "an admin token in clear",
            "ADMIN_TOKENS",
            "ann:operator:" + HIDDEN,
            "ADMIN_TOKENS: entry 1 is not name:viewer|operator:sha256-in-hex"));
    // ports
    all.add(
        env("an HTTP port in use", "HTTP_PORT", taken, "port " + taken + " (http.port) is in use"));
    all.add(
        env(
            "a management port in use",
            "MANAGEMENT_PORT",
            taken,
            "port " + taken + " (management.port) is in use"));
    for (String part : List.of("EMBEDDED_POSTGRES_PORT", "EMBEDDED_SIMULATOR_PORT")) {
      all.add(
          role(
              "all",
              part + " in use",
              part,
              taken,
              "Port " + taken + " (" + part + ") cannot be listened on"));
    }
    // settings
    all.add(
        role(
            "all",
            "a data folder in use",
            "DATA_DIR",
            folder.resolve("data").toString(),
            "Process " + product().handle().pid() + " since "));
    all.add(
        env(
            "a port that is none",
            "HTTP_PORT",
            "abc",
            "HTTP_PORT (http.port, from environment): 'abc' is not a whole number"));
    all.add(
        env(
            "a span that is none",
            "DELIVER_LEASE",
            "soon",
            "DELIVER_LEASE (deliver.lease, from environment): 'soon' is not a span"));
    all.add(
        env(
            "a lease shorter than its request",
            "DELIVER_LEASE",
            "20s",
            "DELIVER_TIMEOUT (deliver.timeout, from application.properties): '15s' is not less than half of DELIVER_LEASE"));
    all.add(
        env(
            "keys forgotten while their events wait",
            "PARK_MAX",
            "27d",
            "RETENTION_EVENT_KEYS (35 days) is less than RETENTION_OUTBOX + PARK_MAX + 1 day (36 days)"));
    all.add(
        env(
            "a schedule that is none",
            "POLL_KICK_VIEWERS_CRON",
            "nonsense",
            "POLL_KICK_VIEWERS_CRON (poll.kick-viewers.cron, from environment): 'nonsense' is not a Quartz cron"));
    all.add(
        env(
            "a number that only a route reads",
            "POLL_KICK_VIEWERS_BATCH",
            "many",
            "POLL_KICK_VIEWERS_BATCH (poll.kick-viewers.batch, from environment): 'many' is not a whole number"));
    all.add(
        env(
            "a switch that is neither",
            "POLL_KICK_VIEWERS_ENABLED",
            "perhaps",
            "POLL_KICK_VIEWERS_ENABLED (poll.kick-viewers.enabled, from environment): 'perhaps' is not true or false"));
    all.add(
        role(
            "worker",
            "a role that is none",
            "INGEST_ROLE",
            "worker",
            "INGEST_ROLE (ingest.role, from environment): 'worker' is not a role"));
    all.add(
        role(
            ",",
            "no role at all",
            "INGEST_ROLE",
            ",",
            "INGEST_ROLE (ingest.role, from environment): ',' is not a role"));
    all.add(
        env(
            "a log format that is none",
            "LOG_FORMAT",
            "xml",
            "LOG_FORMAT (log.format, from environment): 'xml' is not text or json"));
    all.add(
        env(
            "a log level that is none",
            "LOG_LEVEL",
            "LOUD",
            "LOG_LEVEL (log.level, from environment): 'LOUD' is not OFF"));
    all.add(
        role(
            "ingest",
            "a target's URL that is none",
            "STAGE_INTERNAL_EVENTS_URL",
            "http://joe:" + HIDDEN + "@a host/x",
            "STAGE_INTERNAL_EVENTS_URL is not an http or https URL"));
    all.add(
        role(
            "ingest",
            "a target's mode that is none",
            "TARGET_INITIAL_MODE",
            "alive",
            "TARGET_INITIAL_MODE (target.initial-mode, from environment): 'alive' is not off, paused or live"));
    all.add(
        role(
            "ingest",
            "a target with the archive's name",
            "INGEST_TARGET_ENVS",
            "clickhouse",
            "INGEST_TARGET_ENVS (ingest.target-envs, from environment): 'clickhouse' is not a name"));
    all.add(
        role(
            "ingest",
            "a target twice",
            "INGEST_TARGET_ENVS",
            "stage,stage",
            "INGEST_TARGET_ENVS (ingest.target-envs, from environment): 'stage' is not there once"));
    all.add(
        role(
            "ingest",
            "an address of Kick that is none",
            "KICK_API_URL",
            "kick",
            "KICK_API_URL is not an http or https URL"));
    return all;
  }

  private static Start env(String name, String variable, String value, String told) {
    return new Start(name, Map.of(variable, value), told);
  }

  private static Start role(String role, String name, String variable, String value, String told) {
    Map<String, String> change = new LinkedHashMap<>();
    change.put("INGEST_ROLE", role);
    change.put(variable, value);
    return new Start(name, change, told);
  }

  // ── the environment's door ───────────────────────────────────────────────────────────────────

  @Order(1)
  @ParameterizedTest(name = "a request with {0} is answered {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "no signature | 401 | what the signature is told by is missing",
        "the signature of another body | 401 | no signature matches",
        "the signature of another secret | 401 | no signature matches",
        "a signature that is none | 401 | no signature matches",
        "a time of 6 minutes ago | 401 | too long ago",
        "a time in 6 minutes | 401 | too far ahead",
        "a time that is none | 401 | not in the form that the scheme has",
        "a body that is not JSON | 400 | the body is not JSON",
        "an empty body | 400 | not",
        "JSON that is no batch | 400 | not a CloudEvents batch",
        "an event without an id | 400 | not a CloudEvents batch",
        "1001 events | 413 | more than 1000 events",
        "more than 1 MiB | 413 | at most 1048576 bytes",
        "a form | 415 | ''",
        "GET | 405 | ''"
      })
  void a_request_that_cannot_be_taken_is_refused_whole(String what, int status, String told)
      throws Exception {
    long before = processed();
    byte[] body =
        bytes(
            switch (what) {
              case "a body that is not JSON" -> "[{\"id\":";
              case "an empty body" -> "";
              case "JSON that is no batch" -> "[1,\"two\"]";
              case "an event without an id" -> "[{\"type\":\"kick.viewer_count.observed\"}]";
              case "1001 events" -> "[" + "{\"id\":\"x\"},".repeat(1000) + "{\"id\":\"x\"}]";
              case "more than 1 MiB" -> "[\"" + "x".repeat(1 << 20) + "\"]";
              default -> "[]";
            });
    Instant time =
        switch (what) {
          case "a time of 6 minutes ago" -> Instant.now().minus(Duration.ofMinutes(6));
          case "a time in 6 minutes" -> Instant.now().plus(Duration.ofMinutes(6));
          default -> Instant.now();
        };
    String secret = what.equals("the signature of another secret") ? WELL_FORMED : secret();
    Signed signed =
        StandardWebhooks.sign(
            List.of(Secret.parse(secret)),
            "bad-input",
            time,
            what.equals("the signature of another body") ? bytes("[ ]") : body);
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(
        "content-type", what.equals("a form") ? "application/x-www-form-urlencoded" : BATCH);
    headers.put(StandardWebhooks.ID, signed.id());
    headers.put(
        StandardWebhooks.TIMESTAMP,
        what.equals("a time that is none") ? "now" : signed.timestamp());
    headers.put(
        StandardWebhooks.SIGNATURE,
        what.equals("a signature that is none") ? "v1,nonsense" : signed.signature());
    if (what.equals("no signature")) {
      headers.remove(StandardWebhooks.SIGNATURE);
    }
    HttpResponse<String> answer =
        send(what.equals("GET") ? "GET" : "POST", "HTTP_PORT", EVENTS, headers, body);
    assertEquals(status, answer.statusCode(), answer.body());
    assertTrue(answer.body().contains(told), answer.body());
    assertTrue(answer.body().length() < 200, "one message, not " + answer.body());
    assertEquals(before, processed());
  }

  /** The mates are of the outbox, held back there: so the balance has to come out even after. */
  @Order(2)
  @Test
  void an_event_that_is_malformed_costs_its_batch_mates_nothing() throws Exception {
    manage("POST", "/admin/targets/stage", "{\"mode\":\"paused\"}");
    try {
      emit(event("kick:700001", "\"viewer_count\":1"), event("kick:700002", "\"viewer_count\":2"));
      ObjectNode malformed = (ObjectNode) JSON.readTree(stored("kick:700001"));
      malformed.put("id", "01KDVDNA0000688JEPGDCWJFPX").put("rev", "soon");
      ObjectNode unknown = (ObjectNode) JSON.readTree(stored("kick:700001"));
      unknown
          .put("id", "01KDVDNA0000688JEPGDCWJFPZ")
          .put("type", "kick.unheard.of")
          .put("dataschema", "kick.unheard.of/1");
      String batch =
          "["
              + String.join(
                  ",",
                  stored("kick:700001"),
                  malformed.toString(),
                  unknown.toString(),
                  stored("kick:700002"))
              + "]";
      long before = processed();
      JsonNode answer = JSON.readTree(deliver(batch).body());
      assertEquals(2, answer.path("applied").asInt(), answer.toString());
      assertEquals(
          JSON.readTree(
              """
              {"01KDVDNA0000688JEPGDCWJFPX": {"status": "failed", "error": "rev is not a decimal number"},
               "01KDVDNA0000688JEPGDCWJFPZ": {"status": "unknown"}}
              """),
          answer.path("results"));
      assertEquals(before + 2, processed());
    } finally {
      manage("POST", "/admin/targets/stage", "{\"mode\":\"live\"}");
    }
  }

  // ── emit ─────────────────────────────────────────────────────────────────────────────────────

  @Order(3)
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "not JSON | {\"type\": | not JSON",
        "not an object | [] | not a JSON object",
        "no subject | {\"type\":\"kick.viewer_count.observed\",\"source\":\"kick\",\"time\":\"2026-01-01T00:00:00Z\",\"data\":{}} | subject is missing",
        "unknown type | {\"type\":\"kick.unheard.of\",\"source\":\"kick\",\"subject\":\"kick:1\",\"time\":\"2026-01-01T00:00:00Z\",\"data\":{}} | of type kick.unheard.of: the type is not registered",
        "off schema | {\"type\":\"kick.viewer_count.observed\",\"source\":\"kick\",\"subject\":\"kick:1\",\"time\":\"2026-01-01T00:00:00Z\",\"data\":{\"platform\":\"kick\",\"platform_user_id\":\"1\",\"viewer_count\":\"tops3cret\"}} | $.viewer_count breaks type",
        "another source | {\"type\":\"kick.viewer_count.observed\",\"source\":\"x\",\"subject\":\"kick:1\",\"time\":\"2026-01-01T00:00:00Z\",\"data\":{\"platform\":\"kick\",\"platform_user_id\":\"1\"}} | source is x, not kick",
        "over the limit | BIG | is over the limit of 131072",
        "in 2030 | 2030-01-01T00:00:00Z | time is more than 2 minutes ahead",
        "in year 1 | 0001-01-01T00:00:00Z | time is before 1970",
        "beyond all years | +999999999-01-01T00:00:00Z | time is not RFC 3339",
        "the last year | 9999-12-01T00:00:00Z | time is more than 2 minutes ahead"
      })
  void a_line_that_cannot_be_taken_is_told_and_the_others_are_committed(
      String what, String line, String told) throws Exception {
    String bad =
        switch (line) {
          case "BIG" -> event("kick:1", "\"slug\":\"" + "x".repeat(128 * 1024) + "\"");
          default ->
              line.startsWith("{") || !line.contains("-01T")
                  ? line
                  : event("kick:1", "\"viewer_count\":1")
                      .replaceFirst("\"time\":\"[^\"]*\"", "\"time\":\"" + line + "\"");
        };
    String subject = "kick:7100" + Math.floorMod(what.hashCode(), 100_000);
    JsonNode answer = emit(bad, event(subject, "\"viewer_count\":3"));
    assertEquals(1, answer.path("new").asInt(), answer.toString());
    assertEquals(1, answer.path("rejected").size(), answer.toString());
    assertEquals(1, answer.path("rejected").path(0).path("line").asInt());
    String error = answer.path("rejected").path(0).path("error").asText();
    assertTrue(error.contains(told), error);
    assertFalse(stored(subject).isEmpty());
  }

  @Order(3)
  @Test
  void too_many_lines_are_refused_whole() throws Exception {
    HttpResponse<String> answer =
        send(
            "POST",
            "MANAGEMENT_PORT",
            "/admin/emit",
            Map.of("content-type", LINES),
            bytes((event("kick:720001", "\"viewer_count\":1") + "\n").repeat(501)));
    assertEquals(413, answer.statusCode());
    assertEquals("{\"error\":\"more than 500 lines in one call\"}", answer.body());
    assertEquals("", stored("kick:720001"));
  }

  // ── who may ──────────────────────────────────────────────────────────────────────────────────

  @Order(1)
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: ingest.example",
        "Host: 127.0.0.1.ingest.example",
        "Origin: http://127.0.0.1",
        "Origin: null"
      })
  void without_tokens_neither_a_foreign_name_nor_a_web_page_gets_in(String header)
      throws Exception {
    int port = Integer.parseInt(port("MANAGEMENT_PORT"));
    String host = header.startsWith("Host: ") ? "" : "Host: 127.0.0.1\r\n";
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              bytes(
                  "POST /admin/pollers/kick-viewers/pause HTTP/1.1\r\n%s%s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                      .formatted(host, header)));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertTrue(answer.startsWith("HTTP/1.1 403 "), answer);
      assertTrue(answer.contains("admin is open on loopback only"), answer);
    }
    assertEquals("[]", product().status().path("overrides").toString());
  }

  @Order(5)
  @Test
  void with_tokens_a_viewer_looks_and_an_operator_acts() throws Exception {
    Start second =
        role(
            "ingest",
            "second",
            "ADMIN_TOKENS",
            "ann:operator:%s,bob:viewer:%s"
                .formatted(sha256("operator-" + HIDDEN), sha256("viewer-" + HIDDEN)),
            "");
    Map<String, String> settings = settings(second);
    settings.put("STAGE_DELIVERY_SECRET", secret());
    settings.put("POLL_KICK_VIEWERS_ENABLED", "false");
    try (IngestProcess guarded = IngestProcess.run(settings)) {
      assertEquals(401, asked(guarded, "GET", null));
      assertEquals(401, asked(guarded, "POST", "guess"));
      assertEquals(200, asked(guarded, "GET", "viewer-" + HIDDEN));
      assertEquals(403, asked(guarded, "POST", "viewer-" + HIDDEN));
      assertEquals(200, asked(guarded, "POST", "operator-" + HIDDEN));
      guarded.signal("TERM");
      assertEquals(0, guarded.exitCode());
      assertSilent(guarded);
    }
  }

  private static int asked(IngestProcess guarded, String method, @Nullable String token)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:"
                        + guarded.environment().get("MANAGEMENT_PORT")
                        + (method.equals("GET") ? "/admin/targets" : "/admin/targets/stage")))
            .timeout(Duration.ofSeconds(30))
            .method(method, HttpRequest.BodyPublishers.ofString("{\"mode\":\"live\"}"));
    if (token != null) {
      request.header("authorization", "Bearer " + token);
    }
    HttpResponse<String> answer =
        CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertFalse(answer.body().contains(HIDDEN), "it shows a secret");
    return answer.statusCode();
  }

  // ── after all of it ──────────────────────────────────────────────────────────────────────────

  @Order(6)
  @Test
  void nothing_was_lost_and_nothing_secret_was_told() throws Exception {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> {
              JsonNode status = product().status();
              JsonNode stage = status.path("deliveries").path("stage");
              long accepted = status.path("outbox").path("events").asLong();
              assertTrue(accepted > 9, status.toString());
              for (String target : List.of("stage", "clickhouse")) {
                JsonNode counts = status.path("deliveries").path(target);
                assertEquals(accepted, counts.path("delivered").asLong(), status.toString());
                assertEquals(0, counts.path("dead").asLong(), status.toString());
              }
              assertEquals(accepted, stage.path("delivered").asLong());
              assertEquals(accepted, status.path("clickhouse").path("raw_events").asLong());
              assertEquals(
                  accepted, status.path("env").path("stage").path("processed_events").asLong());
              assertEquals(accepted, processed());
            });
    assertSilent(product());
  }

  private static void assertSilent(IngestProcess process) throws IOException {
    String told = String.join("\n", process.lines());
    assertFalse(told.contains(HIDDEN), told);
    assertFalse(told.contains(secret()), told);
    assertFalse(told.contains("\tat "), told);
  }

  // ── the process that all of it is done to ────────────────────────────────────────────────────

  private static IngestProcess product() {
    if (running == null) {
      throw new IllegalStateException("nothing runs");
    }
    return running;
  }

  private static String port(String variable) {
    return String.valueOf(product().environment().get(variable));
  }

  private static String secret() throws IOException {
    return Files.readString(folder.resolve("data/delivery-secret")).strip();
  }

  /** An event for {@code emit} of some subject, one like no other. */
  private static String event(String subject, String data) {
    return "{\"type\":\"kick.viewer_count.observed\",\"source\":\"kick\",\"subject\":\"%s\",\"time\":\"%s\",\"data\":{\"platform\":\"kick\",\"platform_user_id\":\"1\",%s}}"
        .formatted(subject, Instant.now(), data);
  }

  private static JsonNode emit(String... lines) throws Exception {
    HttpResponse<String> answer =
        send(
            "POST",
            "MANAGEMENT_PORT",
            "/admin/emit",
            Map.of("content-type", LINES),
            bytes(String.join("\n", lines)));
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  private static HttpResponse<String> deliver(String batch) throws Exception {
    byte[] body = bytes(batch);
    Signed signed =
        StandardWebhooks.sign(List.of(Secret.parse(secret())), "bad-input", Instant.now(), body);
    HttpResponse<String> answer =
        send(
            "POST",
            "HTTP_PORT",
            EVENTS,
            Map.of(
                "content-type",
                BATCH,
                StandardWebhooks.ID,
                signed.id(),
                StandardWebhooks.TIMESTAMP,
                signed.timestamp(),
                StandardWebhooks.SIGNATURE,
                signed.signature()),
            body);
    assertEquals(200, answer.statusCode(), answer.body());
    return answer;
  }

  private static void manage(String method, String path, String body) throws Exception {
    assertEquals(200, product().manage(method, path, body).statusCode());
  }

  private static HttpResponse<String> send(
      String method, String port, String path, Map<String, String> headers, byte[] body)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(port) + path))
            .timeout(Duration.ofSeconds(30))
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
    headers.forEach(request::header);
    HttpResponse<String> answer =
        CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertFalse(answer.body().contains(HIDDEN), "it shows a secret");
    assertFalse(answer.body().contains(secret()), "it shows the delivery secret");
    assertFalse(answer.body().contains("\tat "), "it shows a stack trace");
    return answer;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String sha256(String text) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes(text)));
  }

  private static long processed() throws SQLException {
    return Long.parseLong(answer("stage", "SELECT count(*) FROM public.processed_events", null));
  }

  /** The envelope of a subject as the outbox has it; empty where it has none. */
  private static String stored(String subject) throws SQLException {
    return answer("dm", "SELECT envelope FROM ingest.ingest_outbox WHERE subject = ?", subject);
  }

  private static String answer(String database, String query, @Nullable String parameter)
      throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:%s/%s?user=postgres"
                    .formatted(port("EMBEDDED_POSTGRES_PORT"), database));
        PreparedStatement statement = connection.prepareStatement(query)) {
      if (parameter != null) {
        statement.setString(1, parameter);
      }
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getString(1) : "";
      }
    }
  }
}
