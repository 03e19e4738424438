package ingest.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.Embedded;
import ingest.TestMigrations;
import ingest.settings.SettingException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

class EmbeddedStackTest {
  @TempDir static Path folder;
  static final EmbeddedStack STACK = new EmbeddedStack();
  static Map<String, String> reached = Map.of();

  @BeforeAll
  static void start() {
    reached = STACK.start(StackInAnotherProcess.settings(folder));
  }

  @AfterAll
  static void stop() {
    STACK.close();
  }

  @Test
  void it_is_found_as_a_service() {
    assertInstanceOf(EmbeddedStack.class, Embedded.find());
  }

  @ParameterizedTest
  @ValueSource(strings = {"fsync", "synchronous_commit", "full_page_writes"})
  void an_answered_commit_is_on_disk(String setting) throws SQLException {
    for (String store : List.of("dm.database-url", "database.url")) {
      assertEquals(List.of("on"), column(reached.get(store), "SHOW " + setting));
    }
  }

  @Test
  void postgres_is_reached_by_loopback_alone() throws SQLException {
    assertEquals(List.of("127.0.0.1"), column(owners(), "SHOW listen_addresses"));
    assertEquals(List.of(""), column(owners(), "SHOW unix_socket_directories"));
  }

  @Test
  void a_second_start_on_the_folder_is_refused_and_the_first_goes_on() throws SQLException {
    try (EmbeddedStack second = new EmbeddedStack()) {
      for (int attempt = 0; attempt < 2; attempt++) {
        SettingException refused =
            assertThrows(
                SettingException.class, () -> second.start(StackInAnotherProcess.settings(folder)));
        assertTrue(
            refused.toString().contains("Process " + ProcessHandle.current().pid()),
            refused::toString);
      }
    }
    assertEquals(List.of("dm"), column(dm(), "SELECT current_database()"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"EMBEDDED_POSTGRES_PORT", "EMBEDDED_CLICKHOUSE_PORT", "EMBEDDED_SIMULATOR_PORT"})
  void a_port_that_something_else_has_is_named(String variable, @TempDir Path other)
      throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        EmbeddedStack stack = new EmbeddedStack()) {
      String port = Integer.toString(taken.getLocalPort());
      SettingException refused =
          assertThrows(
              SettingException.class,
              () ->
                  stack.start(
                      StackInAnotherProcess.settings(other)
                          .with("test", Map.of(variable, port))
                          .with("test", onlyThePartOf(variable))));
      assertTrue(refused.toString().contains(port), refused::toString);
      assertTrue(refused.toString().contains(variable), refused::toString);
    }
  }

  @Test
  void what_is_configured_is_not_started(@TempDir Path other) {
    try (EmbeddedStack stack = new EmbeddedStack()) {
      Map<String, String> none =
          stack.start(
              StackInAnotherProcess.settings(other)
                  .with(
                      "test",
                      Map.of(
                          "dm.database-url", "jdbc:postgresql://elsewhere/dm",
                          "database.url", "jdbc:postgresql://elsewhere/stage",
                          "without.clickhouse", "true",
                          "kick.api-url", "http://elsewhere",
                          "ingest.delivery-secret", "whsec_configured",
                          "sumsub.webhook-secret", "configured",
                          "resend.webhook-secret", "whsec_configured",
                          "x.consumer-secret", "configured",
                          "scraperapi.callback-secret", "configured")));
      assertEquals(Map.of(), none);
    }
  }

  @Test
  void the_simulated_channels_are_registered_once() throws SQLException {
    TestMigrations.run(owners(), String.valueOf(reached.get("database.url")));
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setURL(dm());
    STACK.seed(source);
    String channels = "SELECT external_id || current_slug FROM dm.streamer_channel ORDER BY id";
    List<String> first = column(dm(), channels);
    assertFalse(first.isEmpty());
    run(dm(), "DELETE FROM dm.probe_schedule WHERE channel_id = 1");
    STACK.seed(source);
    assertEquals(first, column(dm(), channels));
    assertEquals(
        List.of(Integer.toString(first.size() - 1)),
        column(dm(), "SELECT count(*) FROM dm.probe_schedule"),
        "a channel that was taken off its schedule stays off");
  }

  @Test
  void everything_survives_a_restart(@TempDir Path other) throws Exception {
    Map<String, String> before;
    String publicKey;
    try (EmbeddedStack stack = new EmbeddedStack()) {
      before = stack.start(StackInAnotherProcess.settings(other));
      publicKey = publicKey(before);
      run(stack.owners().get("dm.database-url"), "CREATE TABLE kept AS SELECT 'dm' AS what");
      run(before.get("database.url"), "CREATE TABLE kept AS SELECT 'stage' AS what");
      clickHouse(before, "CREATE TABLE kept (id UInt8) ENGINE = MergeTree ORDER BY id");
      clickHouse(before, "INSERT INTO kept VALUES (7)");
    }
    try (EmbeddedStack stack = new EmbeddedStack()) {
      Map<String, String> after = stack.start(StackInAnotherProcess.settings(other));
      assertEquals(
          List.of("dm"), column(stack.owners().get("dm.database-url"), "SELECT what FROM kept"));
      assertEquals(List.of("stage"), column(after.get("database.url"), "SELECT what FROM kept"));
      assertEquals("7\n", clickHouse(after, "SELECT id FROM kept"));
      for (String key :
          List.of(
              "stage.delivery-secret",
              "sumsub.webhook-secret",
              "resend.webhook-secret",
              "x.consumer-secret",
              "scraperapi.callback-secret")) {
        assertEquals(before.get(key), after.get(key), key);
      }
      assertEquals(publicKey, publicKey(after));
    }
  }

  @Test
  void the_delivery_secret_is_a_strong_pair_that_only_its_owner_reads() throws Exception {
    String secret = String.valueOf(reached.get("stage.delivery-secret"));
    assertEquals(secret, reached.get("ingest.delivery-secret"));
    assertTrue(secret.startsWith("whsec_"));
    assertEquals(32, Base64.getDecoder().decode(secret.substring("whsec_".length())).length);
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(folder.resolve("delivery-secret"))));
  }

  @Test
  void what_webhooks_are_signed_with_only_its_owner_reads() throws Exception {
    for (String name :
        List.of(
            "kick-webhook-key",
            "sumsub-webhook-secret",
            "resend-webhook-secret",
            "x-consumer-secret",
            "scraperapi-callback-secret")) {
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name))),
          name);
    }
    assertTrue(String.valueOf(reached.get("resend.webhook-secret")).startsWith("whsec_"));
    assertEquals(
        5,
        reached.entrySet().stream()
            .filter(e -> e.getKey().matches("(stage|sumsub|resend|x|scraperapi)\\..*secret"))
            .map(Map.Entry::getValue)
            .distinct()
            .count(),
        "no secret serves twice");
  }

  @Test
  void the_simulator_publishes_the_key_of_kicks_webhooks() throws Exception {
    assertTrue(
        publicKey(reached)
            .matches(
                "\\{\"data\":\\{\"public_key\":\"-----BEGIN PUBLIC KEY-----.*-----END PUBLIC KEY-----.n\"},\"message\":\"OK\"}"),
        publicKey(reached));
  }

  private static String publicKey(Map<String, String> reached) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(
                    URI.create(reached.get("kick.api-url") + "/public/v1/public-key"))
                .build(),
            BodyHandlers.ofString())
        .body();
  }

  @Test
  void each_started_part_tells_where_it_is() {
    assertEquals(
        Set.of(
            "dm.database-url",
            "database.url",
            "clickhouse.url",
            "kick.api-url",
            "kick.oauth-url",
            "kick.client-id",
            "kick.client-secret",
            "sumsub.webhook-secret",
            "resend.webhook-secret",
            "x.consumer-secret",
            "x.api-url",
            "x.bearer-token",
            "sheets.api-url",
            "sheets.api-key",
            "sheets.ranges",
            "scrape-do.url",
            "scrapedo.token",
            "scraperapi.url",
            "scraperapi.async-url",
            "scraperapi.callback-url",
            "scraperapi.callback-secret",
            "scraper.api-key",
            "stage.delivery-secret",
            "ingest.delivery-secret"),
        reached.keySet());
  }

  /** Settings that leave only the part to be started whose port this is. */
  private static Map<String, String> onlyThePartOf(String variable) {
    String elsewhere = "http://elsewhere";
    Map<String, String> postgres = Map.of("dm.database-url", elsewhere, "database.url", elsewhere);
    return switch (variable) {
      case "EMBEDDED_POSTGRES_PORT" -> Map.of("clickhouse.url", elsewhere);
      case "EMBEDDED_CLICKHOUSE_PORT" -> postgres;
      default -> {
        Map<String, String> stores = new HashMap<>(postgres);
        stores.put("clickhouse.url", elsewhere);
        yield stores;
      }
    };
  }

  private static String dm() {
    return String.valueOf(reached.get("dm.database-url"));
  }

  private static String owners() {
    return String.valueOf(STACK.owners().get("dm.database-url"));
  }

  private static void run(@Nullable String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static List<String> column(@Nullable String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getString(1));
      }
      return values;
    }
  }

  private static String clickHouse(Map<String, String> reached, String sql) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(reached.get("clickhouse.url") + "/"))
                    .POST(BodyPublishers.ofString(sql))
                    .build(),
                BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer::body);
    return answer.body();
  }
}
