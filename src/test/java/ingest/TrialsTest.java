package ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import ingest.cli.TrialOptions;
import ingest.settings.Settings;
import ingest.store.TestStores;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What {@code try} tells, and that it touches nothing. */
final class TrialsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  /** What a trial told. */
  private record Told(int code, String out, String err) {}

  private static final String TWO = read("docs/examples/kick-channels.json");
  private static final String DUE = read("docs/examples/due-channels.json");

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private HttpServer upstream = server();

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private HttpServer server() {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          call -> {
            asked.add(call.getRequestMethod() + " " + call.getRequestURI().getPath());
            byte[] body =
                (call.getRequestURI().getPath().equals("/oauth/token")
                        ? "{\"access_token\":\"a-real-token\",\"expires_in\":3600}"
                        : TWO)
                    .getBytes(StandardCharsets.UTF_8);
            call.getResponseHeaders().add("Content-Type", "application/json");
            call.sendResponseHeaders(200, body.length);
            call.getResponseBody().write(body);
            call.close();
          });
      return server;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @BeforeEach
  void listen() {
    upstream.start();
  }

  @AfterEach
  void leave() {
    upstream.stop(0);
  }

  private Told tries(
      Map<String, String> environment,
      String route,
      @Nullable String body,
      @Nullable String rows,
      boolean live,
      boolean json) {
    String address = "http://127.0.0.1:" + upstream.getAddress().getPort();
    Map<String, String> settings =
        new HashMap<>(
            Map.of(
                "KICK_API_URL", address,
                "KICK_OAUTH_URL", address,
                "KICK_CLIENT_ID", "the-client",
                "KICK_CLIENT_SECRET", "a-client-secret",
                "DATA_DIR", "target/no-data-here"));
    settings.putAll(environment);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Trials.here(Settings.load(Path.of(""), settings))
            .tell(
                new TrialOptions(route, body, rows, Map.of(), live, json),
                new PrintWriter(out, true),
                new PrintWriter(err, true));
    return new Told(code, out.toString(), err.toString());
  }

  private static Map<String, String> withStores() {
    return Map.of("DM_DATABASE_URL", STORES.dm().pool().getJdbcUrl());
  }

  private static void twoChannelsAreDue() {
    STORES.sql().run("DELETE FROM dm.probe_schedule");
    STORES.sql().run("DELETE FROM dm.streamer_channel");
    STORES
        .sql()
        .run(
            """
            WITH c AS (
                INSERT INTO dm.streamer_channel (external_id, platform, platform_user_id)
                VALUES ('01K8ZF6T3Q5W9X7Y2N4M8B1C0D', 'kick', '900000001'),
                       ('01K8ZF6T3Q5W9X7Y2N4M8B1C0E', 'kick', '900000002')
                RETURNING id
            )
            INSERT INTO dm.probe_schedule (channel_id, next_probe_at) SELECT id, now() - interval '1 second' FROM c
            """);
  }

  private static List<String> stores() {
    return STORES
        .sql()
        .rows(
            """
            SELECT s::text FROM dm.probe_schedule s UNION ALL SELECT k::text FROM ingest.event_key k
            UNION ALL SELECT o::text FROM ingest.ingest_outbox o UNION ALL SELECT p::text FROM dm.skipped_page p
            ORDER BY 1
            """);
  }

  @Test
  void a_page_is_claimed_asked_and_mapped_and_no_store_is_touched() {
    twoChannelsAreDue();
    List<String> before = stores();
    Told told = tries(withStores(), "kick-viewers", TWO, null, false, false);
    assertEquals(0, told.code(), told.err());
    assertTrue(told.out().contains("routes/sql/probe-claim.sql: 2 rows, rolled back"), told.out());
    assertTrue(told.out().contains("would commit 2 events"), told.out());
    assertTrue(told.out().contains("effects, not written: ProbeSchedule"), told.out());
    assertEquals(before, stores());
    assertEquals(2, STORES.sql().rows("SELECT * FROM dm.probe_schedule FOR UPDATE NOWAIT").size());
    assertEquals(List.of(), asked, "without --live nobody is asked");
  }

  @Test
  void a_skip_is_recorded_in_the_transaction_that_is_rolled_back() {
    twoChannelsAreDue();
    List<String> before = stores();
    Told told = tries(withStores(), "kick-viewers", "{\"data\":{}}", null, false, false);
    assertEquals(1, told.code());
    assertTrue(told.out().contains("routes/sql/probe-skip.sql: 1 rows, rolled back"), told.out());
    assertEquals(
        "kick-viewers: kick-fetch-viewers, step map-channels: MalformedAnswer: $.data is not an array",
        told.err().strip());
    assertEquals(before, stores());
  }

  @Test
  void live_asks_the_upstream_for_a_token_and_the_page() {
    twoChannelsAreDue();
    List<String> before = stores();
    Told told = tries(withStores(), "kick-viewers", null, null, true, false);
    assertEquals(0, told.code(), told.err());
    assertEquals(List.of("POST /oauth/token", "GET /public/v1/channels"), asked);
    assertTrue(told.out().contains("answered 200, live"), told.out());
    assertFalse(told.out().contains("a-real-token"), "a token is a secret");
    assertFalse(told.out().contains("a-client-secret"), told.out());
    assertEquals(before, stores());
  }

  @Test
  void ids_that_the_outbox_has_are_told() throws IOException {
    JsonNode first =
        new ObjectMapper()
            .readTree(tries(withStores(), "kick-viewers", TWO, DUE, false, true).out());
    String id = event(first, 0).at("/envelope/id").asText();
    assertTrue(event(first, 0).path("duplicate").isNull());
    STORES
        .sql()
        .run(
            "INSERT INTO ingest.event_key (id, day, chunk, pos, source, received_at) VALUES (CAST(? AS uuid), current_date, 1, 0, 'kick', now())",
            ingest.envelope.EventId.parse(id).toString());
    JsonNode second =
        new ObjectMapper()
            .readTree(tries(withStores(), "kick-viewers", TWO, DUE, false, true).out());
    assertEquals("the outbox has this id", event(second, 0).path("duplicate").asText());
    assertTrue(event(second, 1).path("duplicate").isNull());
  }

  private static JsonNode event(JsonNode document, int number) {
    for (JsonNode entry : document.path("entries")) {
      if (entry.path("kind").asText().equals("committed")) {
        return entry.path("events").path(number);
      }
    }
    throw new AssertionError("nothing was committed: " + document);
  }

  @Test
  void a_trial_without_a_database_or_an_answer_says_what_to_give() {
    Told told = tries(Map.of(), "kick-viewers", null, null, false, false);
    assertEquals(1, told.code());
    assertTrue(
        told.err()
            .contains("kick-viewers-page, step claim-due-channels runs routes/sql/probe-claim.sql"),
        told.err());
    told = tries(Map.of(), "kick-viewers", null, DUE, false, false);
    assertEquals(1, told.code());
    assertTrue(told.err().contains("kick-fetch-viewers, step ask-channels"), told.err());
    assertTrue(told.err().contains("--body FILE"), told.err());
    assertTrue(told.err().contains("--live"), told.err());
    assertEquals(List.of(), asked);
  }

  @Test
  void a_database_that_is_away_is_told_and_rows_do() {
    Told told =
        tries(
            Map.of("DM_DATABASE_URL", "postgresql://ann:a-password@127.0.0.1:1/dm"),
            "kick-viewers",
            TWO,
            DUE,
            false,
            false);
    assertEquals(0, told.code(), told.err());
    assertTrue(told.err().contains("DM_DATABASE_URL is not reached"), told.err());
    assertFalse(told.err().contains("a-password"), told.err());
    assertTrue(told.out().contains("not compared with the outbox"), told.out());
  }

  @Test
  void a_route_that_is_not_there_names_the_near_ones() {
    Told told = tries(Map.of(), "kick-viewer", null, null, false, false);
    assertEquals(1, told.code());
    assertTrue(told.err().contains("did you mean kick-viewers"), told.err());
  }

  @Test
  void a_helper_names_the_route_to_try() {
    Told told = tries(Map.of(), "kick-fetch-viewers", null, null, false, false);
    assertEquals(1, told.code());
    assertTrue(told.err().contains("is a helper"), told.err());
    assertTrue(told.err().contains("try kick-viewers"), told.err());
  }

  @Test
  void a_route_of_a_running_process_is_refused_with_its_step() {
    Told told = tries(Map.of(), "deliver-http", null, null, false, false);
    assertEquals(1, told.code());
    assertTrue(told.err().contains("route deliver-http does not start"), told.err());
    assertTrue(told.err().contains("httpSender"), told.err());
  }

  @Test
  void an_http_route_answers_what_a_caller_would_get() {
    Told told = tries(withStores(), "admin-targets", null, null, false, false);
    assertEquals(0, told.code(), told.err());
    assertTrue(told.out().contains("answer 200"), told.out());
    assertTrue(told.out().contains("\"name\":\"clickhouse\""), told.out());
    told = tries(Map.of(), "internal-events", "[]", null, false, false);
    assertEquals(1, told.code());
    assertTrue(told.out().contains("answer 401"), told.out());
  }
}
