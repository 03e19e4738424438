package ingest.embedded.clickhouse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineServerTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Settings NONE = Settings.load(Path.of("no-such-folder"), Map.of());

  @TempDir static Path folder;
  static EngineServer server;

  @BeforeAll
  static void start() throws IOException {
    server = EngineServer.start(NONE, folder.resolve("clickhouse"), EngineServerTest::freePort);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void the_driver_reads_through_a_final_view_what_it_wrote_twice() throws SQLException {
    try (Connection connection = jdbc();
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          CREATE TABLE seen_log (id UInt64, at DateTime64(3), tags Array(String), note Nullable(String))
          ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(at) ORDER BY id
          """);
      statement.execute("CREATE VIEW seen AS SELECT * FROM seen_log FINAL");
      for (int round = 0; round < 2; round++) {
        try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO seen_log (id, at, note) VALUES (?, ?, ?)")) {
          for (int id = 0; id < 500; id++) {
            insert.setLong(1, id);
            insert.setString(2, "2026-01-02 03:04:05.678");
            insert.setString(3, id == 7 ? null : "it's\n\\" + id);
            insert.addBatch();
          }
          insert.executeBatch();
        }
      }
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT count(), countIf(note IS NULL), max(toString(at)), anyIf(note, id = 9) FROM seen")) {
        assertTrue(rows.next());
        assertEquals(500, rows.getLong(1));
        assertEquals(1, rows.getLong(2));
        assertEquals("2026-01-02 03:04:05.678", rows.getString(3));
        assertEquals("it's\n\\9", rows.getString(4));
      }
      SQLException error =
          assertThrows(SQLException.class, () -> statement.executeQuery("SELECT * FROM nowhere"));
      assertTrue(String.valueOf(error.getMessage()).contains("UNKNOWN_TABLE"), error::toString);
    }
  }

  @Test
  void an_insert_token_makes_the_second_insert_of_a_chunk_a_no_op() throws Exception {
    ok(
        "",
        "CREATE TABLE tokens (id UInt64) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100");
    String insert = "query=" + encoded("INSERT INTO tokens FORMAT JSONEachRow");
    ok(insert + "&insert_deduplication_token=chunk-1", "{\"id\":1}\n{\"id\":2}\n");
    ok(insert + "&insert_deduplication_token=chunk-1", "{\"id\":3}\n{\"id\":4}\n");
    assertEquals("2\n", ok("", "SELECT count() FROM tokens"));
    HttpResponse<String> other =
        post(insert + "&insert_deduplication_token=chunk-2", "{\"id\":3}\n");
    assertEquals(200, other.statusCode(), other::body);
    assertTrue(
        other
            .headers()
            .firstValue("X-ClickHouse-Summary")
            .orElse("")
            .contains("\"written_rows\":\"1\""),
        other.headers()::toString);
    assertEquals("3\n", ok("", "SELECT count() FROM tokens"));
  }

  @Test
  void settings_database_and_parameters_of_a_statement_end_with_it() throws Exception {
    ok("", "CREATE DATABASE IF NOT EXISTS elsewhere");
    String sql =
        "SELECT currentDatabase(), getSetting('max_execution_time'), getSetting('readonly')";
    assertEquals(
        "elsewhere\t7\t1\n", ok("database=elsewhere&readonly=1&max_execution_time=7", sql));
    assertEquals("default\t0\t0\n", ok("", sql));
    assertEquals(
        "a'b\\c\n", ok("param_p=" + encoded("a'b\\\\c"), "SELECT {p:String} FORMAT TSVRaw"));
  }

  @ParameterizedTest(name = "[{index}] {2} gives {0} with code {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "404 | 60  |                                  | SELECT * FROM nowhere",
        "400 | 62  |                                  | SELECTED 1",
        "404 | 81  | database=nowhere                 | SELECT 1",
        "500 | 164 | readonly=1                       | CREATE TABLE t (id UInt8) ENGINE = Memory",
        "408 | 159 | max_execution_time=1             | SELECT sleepEachRow(0.5) FROM numbers(6) SETTINGS max_block_size = 1",
        "400 | 115 | no_such_setting=1                | SELECT 1",
        "501 | 48  | decompress=1                     | SELECT 1",
        "500 | 241 |                                  | SELECT groupArray(repeat('x', 1000)) FROM numbers(3000000)",
      })
  void a_refusal_carries_its_code(int status, int code, String parameters, String sql)
      throws Exception {
    HttpResponse<String> answer = post(parameters == null ? "" : parameters, sql);
    assertEquals(status, answer.statusCode(), answer::body);
    assertEquals(
        Integer.toString(code),
        answer.headers().firstValue("X-ClickHouse-Exception-Code").orElse("none"));
    assertTrue(answer.body().contains("Code: " + code), answer::body);
  }

  @Test
  void get_reads_and_does_not_write() throws Exception {
    assertEquals("1\n", get("/?query=" + encoded("SELECT 1")).body());
    HttpResponse<String> write =
        get("/?query=" + encoded("CREATE TABLE w (id UInt8) ENGINE = Memory"));
    assertEquals("164", write.headers().firstValue("X-ClickHouse-Exception-Code").orElse("none"));
    assertEquals("Ok.\n", get("/ping").body());
  }

  @Test
  void a_statement_beyond_the_bound_is_refused_and_the_next_one_served() throws Exception {
    HttpResponse<String> answer = post("", "SELECT '" + "x".repeat(65 << 20) + "'");
    assertEquals("131", answer.headers().firstValue("X-ClickHouse-Exception-Code").orElse("none"));
    assertEquals("1\n", ok("", "SELECT 1"));
  }

  @Test
  void statements_run_side_by_side() throws Exception {
    String sleep = "SELECT sleepEachRow(1) FROM numbers(2) SETTINGS max_block_size = 1";
    List<CompletableFuture<HttpResponse<String>>> sleepers =
        IntStream.range(0, 3)
            .mapToObj(i -> HTTP.sendAsync(request("", sleep), BodyHandlers.ofString()))
            .toList();
    String sleeping =
        "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleepEachRow(1)%'";
    await().until(() -> ok("", sleeping).equals("3\n"));
    sleepers.forEach(s -> assertEquals(200, s.join().statusCode()));
  }

  @Test
  void flyway_migrates_and_has_nothing_left_the_second_time(@TempDir Path migrations)
      throws Exception {
    Files.writeString(
        migrations.resolve("V1__probe.sql"),
        """
        CREATE TABLE vf.probe_log (id UInt64, at DateTime) ENGINE = ReplacingMergeTree ORDER BY id TTL at + INTERVAL 1 MONTH;
        CREATE VIEW vf.probe AS SELECT * FROM vf.probe_log FINAL;
        """);
    ok("", "CREATE DATABASE vf");
    Flyway flyway =
        Flyway.configure()
            .dataSource(
                "jdbc:clickhouse:http://127.0.0.1:" + server.port() + "/vf?compress=false",
                "default",
                "")
            .locations("filesystem:" + migrations)
            .load();
    assertEquals(1, flyway.migrate().migrationsExecuted);
    assertEquals(0, flyway.migrate().migrationsExecuted);
    assertEquals("0\n", ok("", "SELECT count() FROM vf.probe"));
  }

  @Test
  void a_killed_engine_comes_back_on_its_port_with_the_data() throws Exception {
    ok("", "CREATE TABLE kept (id UInt64) ENGINE = MergeTree ORDER BY id");
    ok("", "INSERT INTO kept SELECT number FROM numbers(1000)");
    ProcessHandle killed = server.process();
    assertTrue(killed.destroyForcibly());
    await().until(() -> server.process().pid() != killed.pid());
    await()
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptions()
        .until(() -> ok("", "SELECT count() FROM kept").equals("1000\n"));
  }

  @Test
  void an_engine_that_is_not_there_says_how_to_get_it() {
    Settings settings = NONE.with("test", Map.of("embedded.clickhouse.library", "no/such/file"));
    SettingException e =
        assertThrows(
            SettingException.class,
            () -> EngineServer.start(settings, folder.resolve("none"), EngineServerTest::freePort));
    assertTrue(e.toString().contains("EMBEDDED_CLICKHOUSE_LIBRARY"), e::toString);
  }

  private static Connection jdbc() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:clickhouse:http://127.0.0.1:" + server.port() + "?compress=false");
  }

  private static String ok(String parameters, String body) throws Exception {
    HttpResponse<String> answer = post(parameters, body);
    assertEquals(200, answer.statusCode(), answer::body);
    return answer.body();
  }

  private static HttpResponse<String> post(String parameters, String body) throws Exception {
    return HTTP.send(request(parameters, body), BodyHandlers.ofString());
  }

  private static HttpRequest request(String parameters, String body) {
    return HttpRequest.newBuilder(uri("/?" + parameters))
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return HTTP.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
  }

  private static URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
