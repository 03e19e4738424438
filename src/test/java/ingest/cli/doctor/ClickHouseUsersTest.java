package ingest.cli.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import ingest.embedded.clickhouse.EngineServer;
import ingest.settings.Role;
import ingest.settings.Settings;
import ingest.store.TestStores;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The statement file of ClickHouse's users, and the doctor that holds a server against it. */
class ClickHouseUsersTest {
  private static final Path USERS = Path.of("clickhouse/users/users.sql");
  private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+):String\\}");
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir static Path folder;
  private static EngineServer engine;

  @BeforeAll
  static void start() throws IOException {
    engine =
        EngineServer.start(
            Settings.load(folder, Map.of()), folder.resolve("engine"), TestStores::freePort);
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  private static List<String> statements() throws IOException {
    String text =
        Files.readAllLines(USERS).stream()
            .filter(line -> !line.startsWith("--"))
            .reduce("", (before, line) -> before + line + "\n");
    return Stream.of(text.split(";")).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  private static HttpResponse<String> ask(String statement) throws Exception {
    StringBuilder parameters = new StringBuilder();
    PARAMETER
        .matcher(statement)
        .results()
        .forEach(p -> parameters.append("&param_").append(p.group(1)).append("=x"));
    return HTTP.send(
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:" + engine.port() + "/?default_format=TSV" + parameters))
            .POST(HttpRequest.BodyPublishers.ofString(statement))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** The engine cannot create users: it understands each statement, and says that it may not. */
  @Test
  void ClickHouse_understands_every_statement() throws Exception {
    List<String> statements = statements();
    assertTrue(statements.size() > 30, statements::toString);
    for (String statement : statements) {
      HttpResponse<String> parsed = ask("EXPLAIN AST " + statement);
      assertEquals(200, parsed.statusCode(), statement + "\n" + parsed.body());
    }
    assertEquals(400, ask("EXPLAIN AST GRANT SELECT vf.* TO vf_sink").statusCode());
  }

  @Test
  void every_table_has_a_writer_and_only_telemetry_a_reader() throws IOException {
    Set<String> tables = new HashSet<>();
    try (Stream<Path> migrations = Files.list(Path.of("clickhouse"))) {
      for (Path file : migrations.filter(Files::isRegularFile).toList()) {
        Pattern.compile("CREATE TABLE (?:IF NOT EXISTS )?vf\\.(\\w+)_log")
            .matcher(Files.readString(file))
            .results()
            .forEach(table -> tables.add(table.group(1)));
      }
    }
    Set<String> written = new HashSet<>();
    Set<String> read = new HashSet<>();
    for (String statement : statements()) {
      Pattern.compile("GRANT INSERT ON vf\\.(\\w+)_log TO vf_sink")
          .matcher(statement)
          .results()
          .forEach(table -> written.add(table.group(1)));
      Pattern.compile("GRANT SELECT ON vf\\.(\\w+) TO vf_reader")
          .matcher(statement)
          .results()
          .forEach(table -> read.add(table.group(1)));
    }
    assertEquals(tables, written);
    Set<String> telemetry = new HashSet<>(tables);
    telemetry.removeAll(Set.of("raw_events", "webhook_inbox", "sumsub_webhooks"));
    Set<String> both = new HashSet<>(telemetry);
    telemetry.forEach(table -> both.add(table + "_log"));
    assertEquals(both, read, "a view runs with the rights of who asks: its table is granted too");
  }

  private static List<String> findings(String url, Set<Role> roles) {
    List<String> findings = new ArrayList<>();
    new ClickHouseCheck(Settings.load(folder, Map.of("CLICKHOUSE_URL", url)), new Probe(), roles)
        .examine(f -> findings.add(f.level() + " " + f.finding() + " -> " + f.mend()));
    assertTrue(findings.remove(0).startsWith("ok ClickHouse "), findings::toString);
    return findings;
  }

  @ParameterizedTest
  @EnumSource(Role.class)
  void the_embedded_engine_has_one_user_and_that_is_well(Role role) {
    String url = "http://127.0.0.1:" + engine.port();
    assertEquals(List.of(), findings(url, Set.of(role)));
    assertEquals(List.of(), findings(url, EnumSet.allOf(Role.class)));
  }

  /** A server whose user has these privileges and answers as ClickHouse does. */
  private static List<String> findings(Set<String> privileges, Set<Role> roles) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        call -> {
          String asked =
              new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
                  .replace("CHECK GRANT ", "");
          String answer =
              call.getRequestURI().getPath().equals("/ping")
                  ? "Ok."
                  : asked.equals("SELECT version()")
                      ? "26.5.3"
                      : privileges.contains(asked) || privileges.contains("ALL") ? "1" : "0";
          int status = privileges.contains("OLD") && answer.length() == 1 ? 400 : 200;
          call.getResponseHeaders().set("X-ClickHouse-Server-Display-Name", "chi-vf-0");
          byte[] bytes = (answer + "\n").getBytes(StandardCharsets.UTF_8);
          call.sendResponseHeaders(status, bytes.length);
          call.getResponseBody().write(bytes);
          call.close();
        });
    server.start();
    try {
      return findings("http://vf_x:secret@127.0.0.1:" + server.getAddress().getPort(), roles);
    } finally {
      server.stop(0);
    }
  }

  static Stream<Arguments> users() {
    Set<String> reads =
        Set.of(
            "SELECT ON vf.kick_streamer_probe",
            "SELECT ON vf.kick_streamer_probe_log",
            "SELECT ON vf.streamer_trust_score_history",
            "SELECT ON vf.streamer_trust_score_history_log",
            "SELECT ON vf.kick_chat_message",
            "SELECT ON vf.kick_chat_message_log");
    Set<String> leaky = new HashSet<>(reads);
    leaky.add("SELECT ON vf.raw_events_log");
    return Stream.of(
        Arguments.of(Role.WEBHOOKS, Set.of("INSERT ON vf.webhook_inbox_log"), List.of()),
        Arguments.of(
            Role.WEBHOOKS,
            Set.of(),
            List.of(
                "FAIL its user lacks INSERT ON vf.webhook_inbox_log -> have an administrator run"
                    + " clickhouse/users/users.sql, and log in as the user of this role")),
        Arguments.of(Role.ENV, reads, List.of()),
        Arguments.of(
            Role.ENV,
            leaky,
            List.of(
                "warn its user has SELECT ON vf.raw_events_log -> log in as the user that"
                    + " clickhouse/users/users.sql makes for this role")),
        Arguments.of(
            Role.INGEST,
            Set.of("ALL"),
            List.of(
                "warn its user has ALTER TABLE ON vf.*, DROP TABLE ON vf.* -> log in as the user that"
                    + " clickhouse/users/users.sql makes for this role")),
        Arguments.of(
            Role.INGEST,
            Set.of("OLD"),
            List.of(
                "warn it does not tell what its user may do: HTTP 400 -> compare SHOW GRANTS with"
                    + " clickhouse/users/users.sql")));
  }

  @ParameterizedTest(name = "role {0} with {1}")
  @MethodSource("users")
  void a_server_is_held_against_the_file(Role role, Set<String> privileges, List<String> told)
      throws IOException {
    assertEquals(told, findings(privileges, Set.of(role)));
  }

  @Test
  void what_the_doctor_asks_for_a_role_is_what_the_file_grants_its_user() throws IOException {
    for (Map.Entry<Role, String> user :
        Map.of(Role.INGEST, "vf_sink", Role.WEBHOOKS, "vf_auditor", Role.ENV, "vf_reader")
            .entrySet()) {
      Set<String> granted = new HashSet<>();
      for (String statement : statements()) {
        Pattern.compile("^GRANT (.*) TO " + user.getValue() + "$")
            .matcher(statement)
            .results()
            .forEach(grant -> granted.add(grant.group(1)));
      }
      assertEquals(List.of(), findings(granted, Set.of(user.getKey())), user.getKey().word());
    }
  }
}
