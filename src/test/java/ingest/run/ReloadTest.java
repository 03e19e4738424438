package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Edits of a running product, in a copy of what it reads. A last edit, of a route of the test's
 * own, tells when all that were saved before it have been taken over.
 */
class ReloadTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BEACON = "routes/test/beacon.camel.yaml";
  private static final String TAKEN = "beacon replaced";
  private static final String PROPERTIES = "application.properties";
  private static final Duration SECONDS = Duration.ofSeconds(20);
  private static final int DUE = 3;

  @TempDir private static Path root = Path.of("");
  private static IngestProcess run;
  private static Stores stores;
  private static Upstream kick;
  private static int beacons;

  /** What was there before the test. */
  private Map<Path, String> before = Map.of();

  @BeforeAll
  static void start() throws Exception {
    for (String part :
        List.of(
            "routes",
            "migrations",
            "clickhouse",
            "embedded/simulator",
            "embedded/senders",
            PROPERTIES)) {
      copy(Path.of(part), root.resolve(part));
    }
    Files.createSymbolicLink(
        root.resolve("embedded/engine"), Path.of("embedded/engine").toAbsolutePath());
    beacon();
    Map<String, String> settings = IngestProcess.settings(root.resolve("data"));
    settings.put("CONSUME_DECLINES", "acme.*");
    settings.put("KICK_RESPONSE_TIMEOUT", "7999");
    IngestProcess.pollEvery(3600, settings);
    run = IngestProcess.startIn(root, settings, "run");
    run.awaitReady();
    stores = Stores.of(run);
    kick = Upstream.of(run);
    run.pausePollers();
    stores.schedule("period = '1 hour', next_probe_at = now() + interval '1 day'");
  }

  @AfterAll
  static void stop() throws IOException {
    run.close();
    Files.delete(root.resolve("embedded/engine")); // a link to what is not the test's
  }

  @BeforeEach
  void remember() throws IOException {
    before = texts();
  }

  @AfterEach
  void put_back() throws IOException {
    for (Path file : texts().keySet()) {
      if (!before.containsKey(file)) {
        Files.delete(file);
      }
    }
    for (Map.Entry<Path, String> text : before.entrySet()) {
      if (!text.getKey().endsWith(BEACON)) {
        Files.writeString(text.getKey(), text.getValue());
      }
    }
    taken();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
  }

  private static Map<Path, String> texts() throws IOException {
    Map<Path, String> texts = new TreeMap<>();
    texts.put(root.resolve(PROPERTIES), Files.readString(root.resolve(PROPERTIES)));
    try (Stream<Path> files = Files.walk(root.resolve("routes"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        texts.put(file, Files.readString(file));
      }
    }
    return texts;
  }

  private static void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private static void edit(String file, String from, String to) throws IOException {
    String text = Files.readString(root.resolve(file));
    assertTrue(text.contains(from), file + " has no " + from);
    write(file, text.replace(from, to));
  }

  private static void beacon() throws IOException {
    write(
        BEACON,
        """
        - route:
            id: beacon
            description: Tells which edit it is of
            from:
              uri: direct:beacon
              steps:
                - setBody:
                    constant: "%d"
        """
            .formatted(beacons++));
  }

  /** What the reload has said, but for the beacon. */
  private static List<String> said() {
    return run.lines().stream()
        .filter(line -> line.contains("reload: ") && !line.contains("beacon"))
        .map(line -> line.substring(line.indexOf("reload: ") + "reload: ".length()))
        .toList();
  }

  private static long beaconsTaken() {
    return run.lines().stream().filter(line -> line.contains(TAKEN)).count();
  }

  /** Waits until everything saved so far has been taken over. */
  private static void taken() throws IOException {
    long before = beaconsTaken();
    beacon();
    await().atMost(SECONDS).until(() -> beaconsTaken() > before);
  }

  /** What is said of the edits made from here on, once they are taken over. */
  private interface Edits {
    void make() throws Exception;
  }

  private static List<String> saidOf(Edits edits) throws Exception {
    int before = said().size();
    edits.make();
    taken();
    return said().subList(before, said().size());
  }

  /** Has a few channels polled, through every route between the timer and the outbox. */
  private static JsonNode poll() throws Exception {
    stores.schedule(
        "next_probe_at = now() WHERE channel_id IN (SELECT channel_id FROM dm.probe_schedule ORDER BY channel_id LIMIT "
            + DUE
            + ")");
    return run.act("/admin/pollers/kick-viewers/run").path("last_run");
  }

  private static void eventsStillCome() throws Exception {
    JsonNode polled = poll();
    assertEquals(DUE, polled.path("new").intValue(), polled.toString());
  }

  private static JsonNode emit(String type, String source, String data) throws Exception {
    String line =
        "{\"type\":\"%s\",\"source\":\"%s\",\"subject\":\"test:1\",\"time\":\"%s\",\"data\":%s}"
            .formatted(type, source, Instant.now(), data);
    return JSON.readTree(run.manage("POST", "/admin/emit", line).body());
  }

  private static HttpResponse<String> refused() throws Exception {
    return run.manage("POST", "/admin/pollers/nobody/pause", "{}");
  }

  private static String contentType(HttpResponse<String> answer) {
    return answer.headers().firstValue("content-type").orElse("");
  }

  private static JsonNode poller(String name) throws Exception {
    for (JsonNode poller : pollers()) {
      if (poller.path("name").asText().equals(name)) {
        return poller;
      }
    }
    throw new AssertionError("no poller " + name);
  }

  private static JsonNode pollers() throws Exception {
    return JSON.readTree(run.manage("GET", "/admin/pollers", "").body());
  }

  @Test
  void a_route_is_replaced() throws Exception {
    assertEquals(
        List.of("admin-targets replaced (routes/admin/admin-targets.camel.yaml)"),
        saidOf(
            () ->
                edit(
                    "routes/admin/admin-targets.camel.yaml",
                    "constant: application/json",
                    "constant: application/edited")));
    assertEquals("application/edited", contentType(run.manage("GET", "/admin/targets", "")));
  }

  @Test
  void a_helper_is_replaced_and_its_callers_find_it() throws Exception {
    assertEquals(
        List.of("refuse replaced (routes/errors/refuse.camel.yaml)"),
        saidOf(
            () ->
                edit(
                    "routes/errors/refuse.camel.yaml",
                    "constant: application/json",
                    "constant: application/problem+json")));
    assertEquals("application/problem+json", contentType(refused()));
  }

  @Test
  void an_error_policy_replaces_the_routes_that_name_it() throws Exception {
    List<String> said =
        saidOf(
            () ->
                edit(
                    "routes/errors/refuse-request.camel.yaml",
                    "simple: \"${exception.status}\"",
                    "constant: \"418\""));
    assertTrue(
        said.contains("admin-pollers-act replaced (routes/errors/refuse-request.camel.yaml)"),
        said.toString());
    assertFalse(said.toString().contains("kick-viewers"), said.toString());
    assertEquals(418, refused().statusCode());
  }

  @Test
  void a_statement_replaces_the_routes_that_name_it() throws Exception {
    assertEquals(
        List.of("kick-viewers-page replaced (routes/sql/probe-claim.sql)"),
        saidOf(
            () -> edit("routes/sql/probe-claim.sql", "LIMIT CAST(:#channels AS int)", "LIMIT 1")));
    long calls = kick.calls("channels");
    eventsStillCome();
    assertEquals(calls + DUE, kick.calls("channels"), "a page of one channel each");
  }

  @Test
  void a_property_replaces_the_routes_that_name_it() throws Exception {
    assertEquals(
        List.of(
            "kick-viewers replaced (application.properties: poll.kick-viewers.cron)",
            "kick-viewers-page replaced (application.properties: poll.kick-viewers.batch)"),
        saidOf(
            () -> {
              edit(PROPERTIES, "poll.kick-viewers.batch = 50", "poll.kick-viewers.batch = 2");
              edit(PROPERTIES, "cron = 0/2 * * * * ?", "cron = 0 0 5 1 1 ?");
            }));
    long calls = kick.calls("channels");
    eventsStillCome();
    assertEquals(calls + 2, kick.calls("channels"), "two channels, then one");
    assertEquals("0 0 5 1 1 ?", poller("kick-viewers").path("schedule").textValue());
    assertTrue(poller("kick-viewers").path("next_run").textValue().contains("-01-01T05:00:00"));
  }

  @Test
  void a_pollers_switch_is_heeded_and_an_override_wins() throws Exception {
    run.resumePollers();
    try {
      assertEquals(
          List.of("poll.kick-viewers.enabled taken over (application.properties)"),
          saidOf(() -> edit(PROPERTIES, "viewers.enabled = true", "viewers.enabled = false")));
      assertFalse(poller("kick-viewers").path("on").booleanValue());
    } finally {
      run.pausePollers();
    }
  }

  @Test
  void a_property_that_java_holds_needs_a_restart() throws Exception {
    assertEquals(
        List.of("deliver.lease, drain.timeout needs a restart (application.properties)"),
        saidOf(
            () -> {
              edit(PROPERTIES, "deliver.lease = 60s", "deliver.lease = 61s");
              edit(PROPERTIES, "drain.timeout = 25s", "drain.timeout = 26s");
            }));
    eventsStillCome();
  }

  @Test
  void what_the_environment_sets_is_not_edited_in_vain_unseen() throws Exception {
    assertEquals(
        List.of(
            "kick.response-timeout has no effect (application.properties): it is set elsewhere, and that wins"),
        saidOf(
            () -> edit(PROPERTIES, "kick.response-timeout = 8000", "kick.response-timeout = 1")));
    eventsStillCome();
  }

  @Test
  void a_schema_is_swapped() throws Exception {
    String file = "routes/kick/kick.viewer_count.observed.schema.json";
    String data = "{\"platform\":\"kick\",\"platform_user_id\":\"900000001\",\"colour\":\"red\"}";
    assertEquals(
        1, emit("kick.viewer_count.observed", "kick", data).path("rejected").size(), "before");
    assertEquals(
        List.of("type kick.viewer_count.observed changed (" + file + ")"),
        saidOf(
            () ->
                edit(
                    file,
                    "\"viewer_count\": {",
                    "\"colour\": {\"type\": \"string\"}, \"viewer_count\": {")));
    assertEquals(1, emit("kick.viewer_count.observed", "kick", data).path("new").intValue());
  }

  @Test
  void a_type_comes_with_its_metrics_and_goes() throws Exception {
    String file = "routes/acme/acme.apple.seen.schema.json";
    String metric = "ingest_outbox_events_total{source=\"acme\",type=\"acme.apple.seen\"}";
    String schema =
        Files.readString(Path.of("src/test/resources/schemas/acme.apple.seen.schema.json"));
    assertEquals(1, emit("acme.apple.seen", "acme", "{\"n\":1}").path("rejected").size());
    assertEquals(
        List.of("type acme.apple.seen registered (" + file + ")"),
        saidOf(() -> write(file, schema)));
    assertEquals(0, run.metric(metric));
    assertEquals(1, emit("acme.apple.seen", "acme", "{\"n\":1}").path("new").intValue());
    assertEquals(1, run.metric(metric));
    assertEquals(
        List.of("type acme.apple.seen removed (" + file + ")"),
        saidOf(() -> Files.delete(root.resolve(file))));
    assertEquals(1, emit("acme.apple.seen", "acme", "{\"n\":1}").path("rejected").size());
  }

  private static String poller(String id, String answer) {
    return """
        - route:
            id: %s
            description: A poller that polls nothing
            from:
              uri: quartz:poll/%s
              parameters:
                cron: 0 0 5 1 1 ?
                stateful: true
              steps:
                - filter:
                    method:
                      ref: pollers
                      method: begin
                    steps:
                      - setBody:
                          id: say
                          constant: %s
        """
        .formatted(id, id, answer);
  }

  @Test
  void a_poller_comes_is_run_is_renamed_and_goes() throws Exception {
    String file = "routes/acme/things/acme-things.camel.yaml";
    assertEquals(
        List.of("acme-things added (" + file + ")"),
        saidOf(() -> write(file, poller("acme-things", "one"))));
    assertEquals("acme-things", poller("acme-things").path("name").textValue());
    assertTrue(run.act("/admin/pollers/acme-things/run").path("last_run").isObject());
    assertEquals(1, run.metric("ingest_poll_on{poller=\"acme-things\"}"));

    assertEquals(
        List.of("acme-things removed (" + file + ")", "acme-stuff added (" + file + ")"),
        saidOf(() -> write(file, poller("acme-stuff", "one"))));
    assertEquals("acme-stuff", poller("acme-stuff").path("name").textValue());
    assertTrue(run.act("/admin/pollers/acme-stuff/run").path("last_run").isObject());

    assertEquals(
        List.of("acme-stuff replaced (" + file + ")"),
        saidOf(() -> write(file, poller("acme-stuff", "two"))));
    assertTrue(run.act("/admin/pollers/acme-stuff/run").path("last_run").isObject());

    assertEquals(
        List.of("acme-stuff removed (" + file + ")"),
        saidOf(() -> Files.delete(root.resolve(file))));
    assertFalse(pollers().findValuesAsText("name").contains("acme-stuff"));
    assertEquals(404, run.manage("POST", "/admin/pollers/acme-stuff/run", "{}").statusCode());
    assertFalse(run.manage("GET", "/observe/metrics", "").body().contains("acme-"));
  }

  private static String page(String id, String answer) {
    return """
        - route:
            id: %s
            description: Answers
            from:
              uri: management:/admin/pages/%s
              steps:
                - removeHeaders:
                    pattern: "*"
                - setBody:
                    id: answer
                    constant: %s
        """
        .formatted(id, id, answer);
  }

  @Test
  void files_trade_their_routes_in_one_save() throws Exception {
    String one = "routes/test/one.camel.yaml";
    String other = "routes/test/other.camel.yaml";
    saidOf(() -> write(one, page("one", "first")));
    assertEquals("first", run.manage("GET", "/admin/pages/one", "").body());
    List<String> said =
        saidOf(
            () -> {
              write(other, page("one", "second"));
              Files.delete(root.resolve(one));
            });
    assertEquals(List.of("one replaced (" + other + ")"), said);
    assertEquals("second", run.manage("GET", "/admin/pages/one", "").body());
    assertEquals(
        List.of("one removed (" + other + ")"), saidOf(() -> Files.delete(root.resolve(other))));
    assertEquals(404, run.manage("GET", "/admin/pages/one", "").statusCode());
  }

  @Test
  void what_editors_leave_lying_is_not_looked_at() throws Exception {
    assertEquals(
        List.of(),
        saidOf(
            () -> {
              write("routes/kick/.#kick-viewers.camel.yaml", "nonsense: [");
              write("routes/kick/kick-viewers.camel.yaml~", "nonsense: [");
              write("routes/kick/.kick-viewers.camel.yaml.swp", "nonsense: [");
              write("routes/kick/4913", "");
            }));
  }

  /** A save that would not run, and what is said of it. */
  private record Broken(String file, String from, String to, String told) {}

  private static final List<Broken> BROKEN =
      List.of(
          new Broken(
              "routes/admin/admin-targets.camel.yaml",
              "- route:",
              "- route: [",
              "line 4: expected ',' or ']', but got :"),
          new Broken(
              "routes/admin/admin-targets.camel.yaml",
              "steps:",
              "stepz:",
              "Unsupported field: stepz"),
          new Broken(
              "routes/admin/admin-targets.camel.yaml",
              "management:",
              "managment:",
              "No endpoint could be found for: managment:"),
          new Broken(
              "routes/admin/admin-targets.camel.yaml",
              "httpMethodRestrict",
              "httpMethodRestrikt",
              "httpMethodRestrikt"),
          new Broken(
              "routes/admin/admin-targets.camel.yaml",
              "ref: targetsApi",
              "ref: targetsApy",
              "No bean could be found in the registry for: targetsApy"),
          new Broken(
              "routes/admin/admin-targets.camel.yaml",
              "method: list",
              "method: lisst",
              "Method with name: lisst not found"),
          new Broken(
              "routes/outbox/outbox-partitions.camel.yaml",
              "method: make",
              "method: makke",
              "bean partitions has no method makke"),
          new Broken(
              "routes/admin/admin-targets.camel.yaml",
              "refuse-request",
              "refuse-requests",
              "there is no error policy refuse-requests"),
          new Broken(
              "routes/kick/kick-viewers-observe.camel.yaml",
              "direct:kick-fetch-viewers",
              "direct:kick-fetch-viewerz",
              "there is no route direct:kick-fetch-viewerz"),
          new Broken(
              "routes/kick/kick-viewers-page.camel.yaml",
              "{{poll.kick-viewers.batch}}",
              "{{poll.kick-viewers.batsh}}",
              "Property with key [poll.kick-viewers.batsh] not found"),
          new Broken(
              "routes/kick/kick-viewers-page.camel.yaml",
              "probe-claim.sql",
              "probe-claym.sql",
              "routes/sql/probe-claym.sql does not exist"),
          new Broken(
              "routes/kick/kick-viewers-page.camel.yaml",
              "\"${body.size}\"",
              "\"${body.size\"",
              "expected symbol functionEnd"),
          new Broken(
              "routes/kick/kick-viewers.camel.yaml",
              "\"{{poll.kick-viewers.cron}}\"",
              "every now and then",
              "Illegal characters for this position"),
          new Broken(
              "routes/sql/probe-claim.sql",
              "dm.probe_schedule",
              "dm.probe_shedule",
              "ERROR: relation \"dm.probe_shedule\" does not exist"),
          new Broken(
              "routes/kick/kick.viewer_count.observed.schema.json",
              "\"type\": \"object\"",
              "\"type\": \"objekt\"",
              "is not a JSON Schema"),
          new Broken(
              "routes/errors/end-run.camel.yaml",
              "onException:",
              "onExeption:",
              "Unsupported field: onExeption"));

  @Test
  void a_broken_save_is_told_once_and_changes_nothing() throws Exception {
    int already = said().size();
    int told = already;
    for (Broken broken : BROKEN) {
      String sound = Files.readString(root.resolve(broken.file()));
      edit(broken.file(), broken.from(), broken.to());
      int expected = ++told;
      await(broken.told()).atMost(SECONDS).until(() -> said().size() >= expected);
      eventsStillCome();
      assertEquals(200, run.manage("GET", "/admin/targets", "").statusCode());
      write(broken.file(), sound);
    }
    taken();
    List<String> said = said().subList(already, said().size());
    assertEquals(BROKEN.size(), said.size(), String.join("\n", said));
    for (int i = 0; i < said.size(); i++) {
      Broken broken = BROKEN.get(i);
      assertTrue(
          said.get(i).startsWith("not taken over, what ran runs on: " + broken.file() + ": ")
              && said.get(i).contains(broken.told()),
          said.get(i));
    }
    eventsStillCome();
  }

  @Test
  void a_second_route_in_a_file_is_refused() throws Exception {
    int before = said().size();
    write(
        "routes/test/two.camel.yaml",
        page("two", "first") + page("three", "second").replace("answer\n", "answer-too\n"));
    await().atMost(SECONDS).until(() -> said().size() > before);
    assertEquals(
        "not taken over, what ran runs on: routes/test/two.camel.yaml: holds 2 routes and error policies; a file holds one",
        said().get(before));
    assertEquals(404, run.manage("GET", "/admin/pages/two", "").statusCode());
  }

  @Test
  void nothing_is_lost_while_stages_are_replaced_under_traffic() throws Exception {
    List<String> sent = new ArrayList<>();
    AtomicBoolean going = new AtomicBoolean(true);
    Set<String> troubles = new HashSet<>();
    Thread traffic =
        new Thread(
            () -> {
              while (going.get()) {
                try {
                  JsonNode answer =
                      emit(
                          "kick.viewer_count.observed",
                          "kick",
                          "{\"platform\":\"kick\",\"platform_user_id\":\"900000002\",\"viewer_count\":%d}"
                              .formatted(sent.size()));
                  sent.add(answer.path("new").asText());
                } catch (Exception e) {
                  troubles.add(e.toString());
                }
              }
            },
            "traffic");
    traffic.start();
    try {
      for (int i = 1; i <= 3; i++) {
        String described = "description: Edit " + i + " of ";
        for (String file :
            List.of(
                "routes/deliver/deliver-http.camel.yaml",
                "routes/deliver/deliver-clickhouse.camel.yaml",
                "routes/consume/internal-events.camel.yaml",
                "routes/outbox/outbox-commit.camel.yaml")) {
          String text = before.getOrDefault(root.resolve(file), "");
          write(file, text.replaceFirst("    description: ", "    " + described));
        }
        taken();
        eventsStillCome();
      }
    } finally {
      going.set(false);
      traffic.join();
    }
    assertEquals(Set.of(), troubles);
    assertEquals(Set.of("1"), new HashSet<>(sent));
    assertTrue(sent.size() > 10, sent.size() + " sent");
    Balance.exact(run, stores);
  }
}
