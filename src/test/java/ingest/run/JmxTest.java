package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.tools.attach.VirtualMachine;
import ingest.operation.Operation;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.management.MBeanException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JMX as JConsole has it, by attaching, and as Hawtio has it, over HTTP. */
class JmxTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final String OPERATOR = "an-operator-of-the-test";
  private static final String VIEWER = "a-viewer-of-the-test";
  private static final String ROUTE = "maintenance-tables";
  private static final Pattern WAY =
      Pattern.compile(
          "uri: management:(?<path>/\\S+)\\s+parameters:\\s+httpMethodRestrict: (?<method>[A-Z]+)\\s");

  @TempDir private static Path data = Path.of("");
  private static StoresProcess storage;
  private static IngestProcess ingest;
  private static IngestProcess env;
  private static Stores stores;

  @BeforeAll
  static void start() throws Exception {
    storage = StoresProcess.start(data, Map.of());
    stores = storage.stores();
    Map<String, String> guarded = storage.role("ingest");
    guarded.put("POLL_KICK_VIEWERS_ENABLED", "false");
    guarded.put(
        "ADMIN_TOKENS",
        "alice:operator:%s,bob:viewer:%s".formatted(sha256(OPERATOR), sha256(VIEWER)));
    ingest = IngestProcess.start(guarded, "run");
    env = IngestProcess.start(storage.role("env"), "run");
    ingest.awaitReady();
    env.awaitReady();
  }

  @AfterAll
  static void stop() {
    List.of(env, ingest, storage.process()).forEach(IngestProcess::close);
  }

  private static String sha256(String token) throws Exception {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
  }

  // ---- attached to the process

  /** What a client does with a connection. */
  private interface Use {
    void use(MBeanServerConnection beans) throws Exception;
  }

  @SuppressWarnings("BanJNDI") // the address is what the process that was started says
  private static void attached(IngestProcess process, Use use) throws Exception {
    VirtualMachine machine = VirtualMachine.attach(Long.toString(process.handle().pid()));
    try (JMXConnector connector =
        JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()))) {
      use.use(connector.getMBeanServerConnection());
    } finally {
      machine.detach();
    }
  }

  private static ObjectName route(MBeanServerConnection beans) throws Exception {
    return one(beans, "org.apache.camel:type=routes,name=\"" + ROUTE + "\",*");
  }

  private static ObjectName one(MBeanServerConnection beans, String pattern) throws Exception {
    Set<ObjectName> found = beans.queryNames(new ObjectName(pattern), null);
    assertEquals(1, found.size(), pattern + ": " + found);
    return found.iterator().next();
  }

  private static Object invoke(
      MBeanServerConnection beans, ObjectName bean, String operation, String... arguments)
      throws Exception {
    String[] signature = new String[arguments.length];
    java.util.Arrays.fill(signature, String.class.getName());
    return beans.invoke(bean, operation, arguments, signature);
  }

  @Test
  void a_client_that_attaches_reads_statistics_and_stops_and_starts_a_route() throws Exception {
    attached(
        ingest,
        beans -> {
          ObjectName route = one(beans, "org.apache.camel:type=routes,name=\"admin-status\",*");
          long before = (long) beans.getAttribute(route, "ExchangesTotal");
          assertEquals(200, get(ingest, "/admin/status", VIEWER).statusCode());
          await()
              .atMost(Duration.ofSeconds(10))
              .until(() -> (long) beans.getAttribute(route, "ExchangesTotal") == before + 1);
          assertTrue((long) beans.getAttribute(route, "MeanProcessingTime") >= 0);
          ObjectName stopped = route(beans);
          assertEquals("Started", beans.getAttribute(stopped, "State"));
          invoke(beans, stopped, "stop");
          assertEquals("Stopped", beans.getAttribute(stopped, "State"));
          invoke(beans, stopped, "start");
          assertEquals("Started", beans.getAttribute(stopped, "State"));
        });
  }

  @Test
  void a_client_that_attaches_sees_and_sets_a_targets_mode() throws Exception {
    attached(
        ingest,
        beans -> {
          ObjectName target = new ObjectName("ingest:type=targets,name=stage");
          assertEquals("live", beans.getAttribute(target, "Mode"));
          assertEquals(0L, beans.getAttribute(target, "Dead"));
          ObjectName lane = new ObjectName("ingest:type=lanes,name=stage");
          assertNotNull(beans.getAttribute(lane, "Breaker"));
          invoke(beans, target, "setMode", "paused", "a try");
          assertEquals("paused", beans.getAttribute(target, "Mode"));
          assertEquals(
              "paused",
              stores
                  .dmRows("SELECT mode FROM ingest.target WHERE name = 'stage'")
                  .get(0)
                  .path("mode")
                  .asText());
          invoke(beans, target, "setMode", "live", "the try is over");
          MBeanException refused =
              assertThrows(
                  MBeanException.class, () -> invoke(beans, target, "setMode", "slow", ""));
          Throwable cause = assertInstanceOf(IllegalArgumentException.class, refused.getCause());
          assertEquals("mode is off, paused or live", cause.getMessage());
          assertNull(cause.getCause(), "a console has none of our classes");
        });
    assertEquals(
        "jmx (an MBean)",
        stores
            .dmRows("SELECT who FROM ingest.audit WHERE action = 'target.set' AND why = 'a try'")
            .get(0)
            .path("who")
            .asText());
  }

  private static final String WINDOW =
      "{'target':'stage','from':'%s','to':'%s','dry_run':true,'why':'a try'}".replace('\'', '"');

  private static String window() {
    Instant to = Instant.now().minusSeconds(60);
    return WINDOW.formatted(to.minusSeconds(3600), to);
  }

  private static void awaitDone(long operation) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                stores
                    .dmRows("SELECT state FROM ingest.operation WHERE id = " + operation)
                    .get(0)
                    .path("state")
                    .asText()
                    .equals("done"));
  }

  @Test
  void a_client_that_attaches_begins_a_replay() throws Exception {
    ObjectName operations = new ObjectName("ingest:type=operations");
    attached(
        ingest,
        beans -> {
          assertEquals(
              String.join(",", new TreeSet<>(Operation.KINDS)),
              beans.getAttribute(operations, "Kinds"));
          JsonNode answer =
              JSON.readTree((String) invoke(beans, operations, "begin", "replay", window()));
          long id = answer.path("operation").asLong();
          awaitDone(id);
          JsonNode shown =
              JSON.readTree((String) invoke(beans, operations, "show", Long.toString(id)));
          assertEquals("replay", shown.path("kind").asText());
          assertEquals("jmx (unknown)", shown.path("who").asText());
          MBeanException refused =
              assertThrows(
                  MBeanException.class,
                  () -> invoke(beans, operations, "begin", "replay", "{\"target\":\"stage\"}"));
          assertTrue(
              String.valueOf(refused.getTargetException()).contains("from is not"),
              refused.toString());
        });
  }

  @Test
  void an_operator_begins_a_replay_over_http() throws Exception {
    JsonNode answer =
        jolokia(OPERATOR, exec("ingest:type=operations", "begin", "replay", window()));
    assertEquals(200, answer.path("status").asInt(), answer.toString());
    long id = JSON.readTree(answer.path("value").asText()).path("operation").asLong();
    awaitDone(id);
    assertEquals(
        "alice (unknown)",
        stores
            .dmRows("SELECT who FROM ingest.operation WHERE id = " + id)
            .get(0)
            .path("who")
            .asText());
  }

  @Test
  void who_is_to_be_erased_is_not_in_what_is_remembered_of_the_call() throws Exception {
    jolokia(
        OPERATOR,
        exec(
            "ingest:type=operations",
            "begin",
            "erase",
            "{\"subjects\":[\"kick:4711004711\"],\"dry_run\":true,\"why\":\"a try\"}"));
    assertTrue(
        stores.dmNumber(
                "SELECT count(*) FROM ingest.audit WHERE action = 'jmx.exec' AND what ->> 'operation' = 'begin'")
            > 0);
    assertEquals(
        0,
        stores.dmNumber(
            "SELECT count(*) FROM ingest.audit WHERE action = 'jmx.exec' AND what::text LIKE '%4711004711%'"));
  }

  @Test
  void an_environment_shows_its_idempotent_repository() throws Exception {
    attached(
        env,
        beans -> {
          ObjectName repository =
              one(beans, "org.apache.camel:type=services,name=ProcessedEvents,*");
          assertEquals(false, invoke(beans, repository, "contains", "01J8K3V8Q0ZZZZZZZZZZZZZZZZ"));
        });
  }

  // ---- over HTTP

  private static HttpResponse<String> send(
      IngestProcess process,
      String host,
      String method,
      String path,
      @Nullable String authorization,
      @Nullable String body)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://%s:%s%s"
                        .formatted(host, process.environment().get("MANAGEMENT_PORT"), path)))
            .timeout(Duration.ofSeconds(30))
            .header("content-type", "application/json")
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (authorization != null) {
      request.header("authorization", authorization);
    }
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static @Nullable String bearer(@Nullable String token) {
    return token == null ? null : "Bearer " + token;
  }

  private static HttpResponse<String> get(
      IngestProcess process, String path, @Nullable String token) throws Exception {
    return send(process, "127.0.0.1", "GET", path, bearer(token), null);
  }

  private static JsonNode jolokia(@Nullable String token, JsonNode request) throws Exception {
    HttpResponse<String> answer =
        send(ingest, "127.0.0.1", "POST", "/observe/jolokia", bearer(token), request.toString());
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  private static ObjectNode read(String bean, String attribute) {
    return JSON.createObjectNode()
        .put("type", "read")
        .put("mbean", bean)
        .put("attribute", attribute);
  }

  private static ObjectNode exec(String bean, String operation, String... arguments) {
    ObjectNode request =
        JSON.createObjectNode().put("type", "exec").put("mbean", bean).put("operation", operation);
    for (String argument : arguments) {
      request.withArray("arguments").add(argument);
    }
    return request;
  }

  private static String routeName() throws Exception {
    JsonNode found =
        jolokia(
            VIEWER,
            JSON.createObjectNode()
                .put("type", "search")
                .put("mbean", "org.apache.camel:type=routes,name=\"" + ROUTE + "\",*"));
    assertEquals(1, found.path("value").size(), found.toString());
    return found.path("value").get(0).asText();
  }

  @Test
  void an_operator_reads_statistics_and_stops_and_starts_a_route() throws Exception {
    String route = routeName();
    assertTrue(jolokia(OPERATOR, read(route, "ExchangesTotal")).path("value").isNumber());
    assertEquals(200, jolokia(OPERATOR, exec(route, "stop()")).path("status").asInt());
    assertEquals("Stopped", jolokia(OPERATOR, read(route, "State")).path("value").asText());
    assertEquals(200, jolokia(OPERATOR, exec(route, "start()")).path("status").asInt());
    assertEquals("Started", jolokia(OPERATOR, read(route, "State")).path("value").asText());
    List<JsonNode> audited =
        stores.dmRows(
            "SELECT who, what ->> 'operation' AS operation FROM ingest.audit WHERE action = 'jmx.exec' AND who = 'alice' ORDER BY id");
    assertTrue(
        audited.stream()
            .map(row -> row.path("operation").asText())
            .toList()
            .containsAll(List.of("stop()", "start()")),
        audited.toString());
  }

  @Test
  void a_viewer_reads_and_does_nothing() throws Exception {
    String route = routeName();
    assertEquals("Started", jolokia(VIEWER, read(route, "State")).path("value").asText());
    assertEquals(
        "live",
        jolokia(VIEWER, read("ingest:type=targets,name=stage", "Mode")).path("value").asText());
    for (ObjectNode action :
        List.of(
            exec(route, "stop()"),
            exec("ingest:type=targets,name=stage", "setMode", "paused", "no"),
            exec("ingest:type=operations", "begin", "replay", "{}"))) {
      assertEquals(403, jolokia(VIEWER, action).path("status").asInt(), action.toString());
    }
    assertEquals("Started", jolokia(VIEWER, read(route, "State")).path("value").asText());
    // one of several
    JsonNode both =
        jolokia(
            VIEWER, JSON.createArrayNode().add(read(route, "State")).add(exec(route, "stop()")));
    assertEquals(200, both.path(0).path("status").asInt());
    assertEquals(403, both.path(1).path("status").asInt());
  }

  @Test
  void a_name_and_its_token_are_as_good_as_a_bearer() throws Exception {
    String basic =
        "Basic "
            + java.util.Base64.getEncoder()
                .encodeToString(("bob:" + VIEWER).getBytes(StandardCharsets.UTF_8));
    HttpResponse<String> answer =
        send(ingest, "127.0.0.1", "GET", "/observe/jolokia/version", basic, null);
    assertEquals(200, answer.statusCode());
    assertEquals("2.5.0", JSON.readTree(answer.body()).path("value").path("agent").asText());
    assertEquals(401, send(ingest, "127.0.0.1", "GET", "/admin/status", basic, null).statusCode());
  }

  @Test
  void without_a_token_nobody_gets_in() throws Exception {
    String route = routeName();
    for (String token : new String[] {null, "another", sha256(OPERATOR)}) {
      assertEquals(
          401,
          send(
                  ingest,
                  "127.0.0.1",
                  "POST",
                  "/observe/jolokia",
                  bearer(token),
                  exec(route, "stop()").toString())
              .statusCode());
      assertEquals(401, get(ingest, "/observe/jolokia/version", token).statusCode());
      assertEquals(401, get(ingest, "/observe/jolokia", token).statusCode());
    }
    assertEquals("Started", jolokia(VIEWER, read(route, "State")).path("value").asText());
    assertEquals(200, get(ingest, "/observe/health", null).statusCode());
  }

  @Test
  void a_get_does_nothing_whoever_asks() throws Exception {
    String route = URLEncoder.encode(routeName(), StandardCharsets.UTF_8);
    HttpResponse<String> read = get(ingest, "/observe/jolokia/read/" + route + "/State", OPERATOR);
    assertEquals("Started", JSON.readTree(read.body()).path("value").asText(), read.body());
    for (String action :
        List.of(
            "exec/" + route + "/stop()",
            "exec/ingest:type=targets,name=stage/setMode/paused/no",
            "write/" + route + "/StatisticsEnabled/false")) {
      HttpResponse<String> answer = get(ingest, "/observe/jolokia/" + action, OPERATOR);
      assertEquals(
          403, JSON.readTree(answer.body()).path("status").asInt(), action + answer.body());
    }
    assertEquals("Started", jolokia(VIEWER, read(routeName(), "State")).path("value").asText());
    assertEquals(
        405,
        send(ingest, "127.0.0.1", "PUT", "/observe/jolokia", bearer(OPERATOR), "{}").statusCode());
  }

  /** What an operator may not do either: a line is a request of Jolokia's. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'write','mbean':'java.lang:type=Memory','attribute':'Verbose','value':true}",
        "{'type':'write','mbean':'ingest:type=targets,name=stage','attribute':'Mode','value':'off'}",
        "{'type':'exec','mbean':'com.sun.management:type=DiagnosticCommand','operation':'gcRun'}",
        "{'type':'exec','mbean':'com.sun.management:type=HotSpotDiagnostic','operation':'dumpHeap','arguments':['/tmp/never',true]}",
        "{'type':'exec','mbean':'java.util.logging:type=Logging','operation':'setLoggerLevel','arguments':['','ALL']}",
        "{'type':'exec','mbean':'java.lang:type=Memory','operation':'gc'}",
        "{'type':'exec','mbean':'org.apache.camel:type=routes,*','operation':'stop()'}",
        "{'type':'read','mbean':'java.lang:type=Runtime','attribute':'SystemProperties'}",
        "{'type':'read','mbean':'java.lang:type=Runtime','attribute':'InputArguments'}",
        "{'type':'read','mbean':'com.sun.management:type=HotSpotDiagnostic','attribute':'DiagnosticOptions'}",
        "{'type':'exec','mbean':'ingest:type=targets,name=stage','operation':'wait'}",
        "{'type':'notification','command':'register'}"
      })
  void what_is_not_listed_is_refused(String request) throws Exception {
    JsonNode answer = jolokia(OPERATOR, JSON.readTree(request.replace('\'', '"')));
    assertEquals(403, answer.path("status").asInt(), answer.toString());
    assertFalse(answer.has("value"), answer.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "no JSON", "17", "{'type':'eat'}", "{'type':'notification','command':'open'}"})
  void what_is_no_request_is_refused(String request) throws Exception {
    HttpResponse<String> answer =
        send(
            ingest,
            "127.0.0.1",
            "POST",
            "/observe/jolokia",
            bearer(OPERATOR),
            request.replace('\'', '"'));
    assertEquals(400, answer.statusCode(), answer.body());
  }

  /** By context operations one could send anything anywhere. */
  @Test
  void nothing_is_sent_into_a_route() throws Exception {
    JsonNode contexts =
        jolokia(
                VIEWER,
                JSON.createObjectNode()
                    .put("type", "search")
                    .put("mbean", "org.apache.camel:type=context,*"))
            .path("value");
    assertEquals(1, contexts.size());
    for (String operation :
        List.of(
            "sendBody(java.lang.String,java.lang.Object)",
            "requestBody(java.lang.String,java.lang.Object)",
            "stop()",
            "suspend()",
            "addOrUpdateRoutesFromXml(java.lang.String)")) {
      JsonNode answer =
          jolokia(OPERATOR, exec(contexts.get(0).asText(), operation, "direct:outbox-commit", ""));
      assertEquals(403, answer.path("status").asInt(), operation);
    }
  }

  @Test
  void a_list_names_what_is_meant_and_nothing_a_viewer_reads_is_a_secret() throws Exception {
    JsonNode list = jolokia(VIEWER, JSON.createObjectNode().put("type", "list"));
    Set<String> domains = new TreeSet<>();
    list.path("value").fieldNames().forEachRemaining(domains::add);
    assertEquals(Set.of("ingest", "java.lang", "org.apache.camel"), domains);
    ObjectNode everything = JSON.createObjectNode().put("type", "read").put("mbean", "*:*");
    everything.putObject("config").put("ignoreErrors", true);
    String read = jolokia(VIEWER, everything).toString() + list;
    assertTrue(read.contains("\"ExchangesTotal\""), "nothing was read");
    for (String variable :
        List.of(
            "KICK_CLIENT_SECRET",
            "STAGE_DELIVERY_SECRET",
            "DM_DATABASE_URL",
            "CLICKHOUSE_URL",
            "X_BEARER_TOKEN",
            "SHEETS_API_KEY")) {
      String secret = ingest.environment().getOrDefault(variable, "");
      assertFalse(secret.isEmpty(), variable);
      assertFalse(read.contains(secret), variable);
    }
    assertFalse(read.contains(sha256(OPERATOR)), "ADMIN_TOKENS");
  }

  // ---- the admin API

  /** A route of routes/admin: what it is reached by. */
  private record Way(String file, String method, String path) {}

  private static List<Way> admin() throws Exception {
    List<Way> ways = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of("routes/admin"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".camel.yaml")).sorted().toList()) {
        String text = Files.readString(file);
        Matcher way = WAY.matcher(text);
        assertTrue(way.find(), file + " states no path with one method");
        ways.add(
            new Way(
                file.getFileName().toString(),
                way.group("method"),
                way.group("path")
                    .replace("{action}", "cancel")
                    .replace("{name}", "stage")
                    .replaceAll("\\{[a-z_]+}", "1")));
        assertFalse(way.find(), file + " has two ways in");
      }
    }
    assertTrue(ways.size() > 8, ways.toString());
    return ways;
  }

  private static String changed() throws Exception {
    return stores
        .dmRows(
            """
            SELECT (SELECT count(*) FROM ingest.audit) AS audit, (SELECT count(*) FROM ingest.operation) AS operations,
                   (SELECT string_agg(t::text, ' ' ORDER BY name) FROM ingest.target t) AS targets,
                   (SELECT count(*) FROM ingest.switch) AS switches
            """)
        .toString();
  }

  @Test
  void nothing_of_the_admin_api_is_done_by_a_get() throws Exception {
    String before = changed();
    for (Way way : admin()) {
      int status = get(ingest, way.path, OPERATOR).statusCode();
      if (way.method.equals("POST")) {
        boolean alsoRead =
            admin().stream().anyMatch(w -> w.method.equals("GET") && w.path.equals(way.path));
        assertTrue(alsoRead || status == 404 || status == 405, way + ": " + status);
      } else {
        assertEquals("GET", way.method, way.file);
        assertTrue(
            status == 200 || status == 400 || status == 404 || status == 409, way + ": " + status);
      }
    }
    assertEquals(before, changed());
  }

  @Test
  void nothing_of_the_admin_api_is_done_without_an_operators_token() throws Exception {
    String before = changed();
    for (Way way : admin()) {
      String path = way.path;
      String body = way.method.equals("POST") ? "{}" : null;
      for (String token : new String[] {null, "another"}) {
        assertEquals(
            401,
            send(ingest, "127.0.0.1", way.method, path, bearer(token), body).statusCode(),
            way.toString());
        if (ownAddress().isPresent()) {
          assertEquals(
              401,
              send(ingest, ownAddress().get(), way.method, path, bearer(token), body).statusCode(),
              way.toString());
        }
      }
      if (way.method.equals("POST")) {
        assertEquals(
            403,
            send(ingest, "127.0.0.1", "POST", path, bearer(VIEWER), body).statusCode(),
            way.toString());
      }
    }
    assertEquals(before, changed());
  }

  // ---- off loopback

  /** An address of this machine's own that is not loopback. */
  private static Optional<String> ownAddress() throws Exception {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(a -> a instanceof java.net.Inet4Address && !a.isLoopbackAddress())
        .map(InetAddress::getHostAddress)
        .findFirst();
  }

  @Test
  void without_tokens_it_answers_on_loopback_alone() throws Exception {
    String version = "{\"type\":\"version\"}";
    assertEquals(
        200, send(env, "127.0.0.1", "POST", "/observe/jolokia", null, version).statusCode());
    Optional<String> own = ownAddress();
    assumeTrue(own.isPresent(), "this machine has loopback alone");
    assertEquals(403, send(env, own.get(), "POST", "/observe/jolokia", null, version).statusCode());
    assertEquals(
        403, send(env, own.get(), "GET", "/observe/jolokia/version", null, null).statusCode());
    assertEquals(200, send(env, own.get(), "GET", "/observe/health", null, null).statusCode());
  }
}
