package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bin/ingest run} on an empty folder. */
class RunTest {
  /** Within this the first hundred events have to be there. */
  private static final Duration FIRST_EVENTS = Duration.ofSeconds(60);

  @TempDir private static Path data = Path.of("");
  @TempDir private static Path other = Path.of("");
  private static IngestProcess run;
  private static Stores stores;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = IngestProcess.settings(data);
    IngestProcess.pollEvery(4, settings);
    run = IngestProcess.run(settings);
    stores = Stores.of(run);
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  private static long events() throws Exception {
    return run.status().path("outbox").path("events").longValue();
  }

  @Test
  void ready_tells_roles_addresses_routes_and_targets_with_their_modes() {
    Map<String, String> environment = run.environment();
    assertEquals("ingest, webhooks, env", run.said("roles"));
    assertEquals("http://127.0.0.1:" + environment.get("HTTP_PORT"), run.said("http"));
    assertTrue(
        run.said("manage").startsWith("http://127.0.0.1:" + environment.get("MANAGEMENT_PORT")));
    assertEquals(
        "http://127.0.0.1:" + environment.get("EMBEDDED_SIMULATOR_PORT"), run.said("kick"));
    assertTrue(
        List.of(run.said("routes").split(", "))
            .containsAll(
                List.of("kick-viewers", "outbox-commit", "deliver-clickhouse", "internal-events")),
        run.said("routes"));
    assertEquals("clickhouse live, stage live", run.said("targets"));
  }

  @Test
  void what_was_accepted_is_delivered_archived_and_processed_to_the_event() throws Exception {
    await().atMost(FIRST_EVENTS).until(() -> events() > 100);
    long events = Balance.exact(run, stores);
    run.resumePollers();
    assertTrue(events > 100);
  }

  @Test
  void the_two_queries_of_an_operator_agree() throws Exception {
    await().atMost(FIRST_EVENTS).until(() -> events() > 100);
    Balance.exact(run, stores);
    try (Connection connection = DriverManager.getConnection(stores.dm());
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT count(*), max(created_at) FROM ingest.ingest_outbox")) {
      assertTrue(row.next());
      assertEquals(
          row.getLong(1) + "\n",
          stores.clickHouse(
              "SELECT count() FROM vf.raw_events WHERE source = 'kick' AND type = 'kick.viewer_count.observed'"));
      Instant newest = row.getObject(2, OffsetDateTime.class).toInstant();
      assertEquals(
          newest,
          Instant.parse(
              stores
                      .clickHouse("SELECT max(created_at) FROM vf.raw_events")
                      .strip()
                      .replace(' ', 'T')
                  + "Z"));
    }
    run.resumePollers();
  }

  @Test
  void the_stores_hold_what_kick_served_value_by_value() throws Exception {
    stores.schedule("next_probe_at = now()");
    Upstream upstream = Upstream.of(run);
    long channels = stores.dmNumber("SELECT count(*) FROM dm.probe_schedule");
    await().atMost(FIRST_EVENTS).until(() -> upstream.served().size() >= 3 * channels);
    Balance.exact(run, stores);
    Seen.assertStoredAsServed(upstream, stores);
    stores.schedule("next_probe_at = now() + interval '1 hour'");
    run.resumePollers();
  }

  @Test
  @SuppressWarnings("BanJNDI") // the agent is the product's own, on loopback
  void the_statistics_of_a_route_are_in_JMX() throws Exception {
    VirtualMachine machine = VirtualMachine.attach(Long.toString(run.handle().pid()));
    String agent = machine.startLocalManagementAgent();
    machine.detach();
    try (JMXConnector connector = JMXConnectorFactory.connect(new JMXServiceURL(agent))) {
      for (String route :
          List.of("kick-viewers", "outbox-commit", "deliver-http", "internal-events")) {
        ObjectName name =
            new ObjectName("org.apache.camel:context=ingest,type=routes,name=\"" + route + "\"");
        await(route)
            .until(
                () ->
                    (Long) connector.getMBeanServerConnection().getAttribute(name, "ExchangesTotal")
                        > 0);
      }
    }
  }

  @Test
  void the_admin_api_takes_what_curl_sends_by_default() throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(
                            "http://127.0.0.1:%s/admin/targets/stage"
                                .formatted(run.environment().get("MANAGEMENT_PORT"))))
                    .header("content-type", "application/x-www-form-urlencoded")
                    .POST(
                        HttpRequest.BodyPublishers.ofString(
                            "{\"mode\":\"live\",\"why\":\"a & b\"}"))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals("a & b", new ObjectMapper().readTree(answer.body()).path("why").asText());
  }

  @Test
  void a_second_run_on_the_folder_is_refused() throws Exception {
    refused(
        IngestProcess.settings(data),
        List.of("Process " + run.handle().pid() + " ", data.toRealPath().toString(), "DATA_DIR"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP_PORT",
        "MANAGEMENT_PORT",
        "EMBEDDED_POSTGRES_PORT",
        "EMBEDDED_CLICKHOUSE_PORT",
        "EMBEDDED_SIMULATOR_PORT"
      })
  void a_run_that_lacks_its_port_is_refused(String port) throws Exception {
    Map<String, String> settings = new LinkedHashMap<>(IngestProcess.settings(other));
    String taken = run.environment().getOrDefault(port, "");
    settings.put(port, taken);
    refused(settings, List.of(taken, port));
    assertFalse(Files.exists(other.resolve("postgres/data/postmaster.pid")), "nothing is left");
  }

  private static void refused(Map<String, String> settings, List<String> told) throws Exception {
    String postmaster = postmaster();
    try (IngestProcess second = IngestProcess.start(settings, "run")) {
      assertNotEquals(0, second.exitCode());
      String said = String.join("\n", second.lines());
      assertFalse(second.lines().contains("ready"), said);
      assertFalse(said.contains("\tat "), said);
      for (String part : told) {
        assertTrue(said.contains(part), () -> "no " + part + " in: " + said);
      }
    }
    assertEquals(postmaster, postmaster());
    assertEquals(200, run.manage("GET", "/observe/health", "").statusCode());
    assertTrue(run.status().path("errors").isEmpty(), run.status()::toString);
  }

  private static String postmaster() throws IOException {
    return Files.readAllLines(data.resolve("postgres/data/postmaster.pid")).get(0);
  }
}
