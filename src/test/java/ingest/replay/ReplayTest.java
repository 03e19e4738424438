package ingest.replay;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import ingest.TestMigrations;
import ingest.delivery.Posting;
import ingest.delivery.Target;
import ingest.delivery.Targets;
import ingest.embedded.clickhouse.EngineServer;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.operation.Actor;
import ingest.operation.Operation;
import ingest.operation.OperationMetrics;
import ingest.operation.Operations;
import ingest.outbox.AcmeEvents;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.State;
import ingest.outbox.WakeUp;
import ingest.settings.Settings;
import ingest.signature.Secret;
import ingest.signature.StandardWebhooks;
import ingest.store.ClickHouse;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.PluginHelper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The route {@code replay} with the product's beans, over real stores; the target is the test's.
 */
class ReplayTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  @TempDir static Path folder;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final EventTypes TYPES = AcmeEvents.types();
  private static final Secret SECRET = Secret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  private static final Duration LEASE = Duration.ofSeconds(60);
  private static final Actor ANN = new Actor("ann", "a try");
  private static final Vertx VERTX = Vertx.vertx();

  private static EngineServer engine;
  private static ClickHouse archive;

  /** What the target answers to a request with these events. */
  private interface Script {
    Answer to(List<JsonNode> events);
  }

  private record Answer(int status, String body) {}

  private final DefaultCamelContext camel = new DefaultCamelContext();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private final List<JsonNode> received = new CopyOnWriteArrayList<>();
  private final List<String> unsigned = new CopyOnWriteArrayList<>();
  private volatile Script script = ReplayTest::applied;
  private HttpServer server;
  private Operations operations;
  private Replays replays;
  private Posting posting;
  private int inserts;

  @BeforeAll
  static void engine() throws IOException {
    engine =
        EngineServer.start(
            Settings.load(Path.of("no-such-folder"), Map.of()), folder, TestStores::freePort);
    String there = "http://127.0.0.1:" + engine.port();
    TestMigrations.clickHouse(there);
    archive = new ClickHouse(there);
  }

  @AfterAll
  static void end() {
    engine.close();
  }

  @BeforeEach
  void start() throws Exception {
    archive.execute("TRUNCATE TABLE vf.raw_events_log");
    STORES.owner().run("TRUNCATE ingest.operation, ingest.audit");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    List<Target> targets = List.of(target("stage"), target("production"), Target.clickhouse());
    new Targets(STORES.dm()).configure(List.of(target("stage"), target("production")), "live");
    operations =
        new Operations(
            camel,
            STORES.dm(),
            new OperationMetrics(new SimpleMeterRegistry(), STORES.dm()),
            LEASE);
    LiveTraffic live = new LiveTraffic(STORES.dm());
    RawEvents events = new RawEvents(archive);
    posting = new Posting(VERTX, Duration.ofSeconds(5));
    replays =
        new Replays(
            operations, events, live, TYPES, targets, List.of("production"), Clock.systemUTC());
    camel.getRegistry().bind("operations", operations);
    camel.getRegistry().bind("replay", replay(LEASE));
    Properties properties = new Properties();
    properties.setProperty("role.ingest", "on");
    properties.setProperty("archive", "on");
    camel.getPropertiesComponent().setInitialProperties(properties);
    for (String file : List.of("errors/end-operation", "operations/operation", "replay/replay")) {
      PluginHelper.getRoutesLoader(camel)
          .loadRoutes(
              PluginHelper.getResourceLoader(camel)
                  .resolveResource("file:routes/" + file + ".camel.yaml"));
    }
    camel.start();
  }

  @AfterEach
  void stop() throws IOException {
    camel.close();
    posting.close();
    server.stop(0);
  }

  private Replay replay(Duration lease) {
    return new Replay(
        new RawEvents(archive),
        new LiveTraffic(STORES.dm()),
        posting,
        TYPES,
        List.of(target("stage"), target("production")),
        Duration.ofSeconds(5),
        operations,
        lease);
  }

  private Target target(String name) {
    return new Target(
        name,
        Target.HTTP,
        List.of("*"),
        300,
        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/internal/events"),
        List.of(SECRET));
  }

  private void answer(HttpExchange call) throws IOException {
    try (call) {
      byte[] body = call.getRequestBody().readAllBytes();
      if (!StandardWebhooks.verify(
              List.of(SECRET),
              call.getRequestHeaders().getFirst(StandardWebhooks.ID),
              call.getRequestHeaders().getFirst(StandardWebhooks.TIMESTAMP),
              call.getRequestHeaders().getFirst(StandardWebhooks.SIGNATURE),
              body,
              Instant.now())
          .valid()) {
        unsigned.add(call.getRequestURI().toString());
      }
      bodies.add(new String(body, StandardCharsets.UTF_8));
      JsonNode node = JSON.readTree(body);
      List<JsonNode> events = new ArrayList<>();
      if (node.isArray()) {
        node.forEach(events::add);
      } else {
        events.add(node);
      }
      Answer answer = script.to(events);
      if (answer.status() == 200) {
        received.addAll(events);
      }
      byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
      call.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
      call.getResponseBody().write(bytes);
    }
  }

  private static Answer applied(List<JsonNode> events) {
    return new Answer(200, "{\"applied\":" + events.size() + ",\"results\":{}}");
  }

  /** Puts events into the archive, as the deliveries to it do. */
  private void archived(List<Envelope> envelopes) throws IOException, InterruptedException {
    StringBuilder lines = new StringBuilder();
    for (Envelope e : envelopes) {
      lines
          .append(
              JSON.createObjectNode()
                  .put("event_id", e.id().toString())
                  .put("source", e.source())
                  .put("type", e.type())
                  .put("subject", e.subject())
                  .put("rev", e.rev())
                  .put("time", e.time().toString())
                  .put("created_at", e.time().toString())
                  .put("envelope", e.toJson()))
          .append('\n');
    }
    archive.insert(
        "vf.raw_events_log",
        "insert " + ++inserts,
        lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Of the day before, so that a window of all of them is over. */
  private static List<Envelope> past(String type, int number) {
    List<Envelope> events = new ArrayList<>();
    for (int n = 0; n < number; n++) {
      Envelope today = AcmeEvents.event(type, n);
      Instant time = today.time().minus(Duration.ofDays(1));
      events.add(
          new Envelope(
              EventId.of(time, today.source(), type, today.subject(), "n" + n, 0),
              today.source(),
              type,
              today.dataschema(),
              today.subject(),
              time,
              Envelope.micros(time),
              null,
              null,
              today.traceparent(),
              today.data()));
    }
    return events;
  }

  private static ObjectNode asked(String target) {
    return JSON.createObjectNode()
        .put("target", target)
        .put("from", Instant.now().minus(Duration.ofDays(2)).toString());
  }

  private Operation begun(ObjectNode request) throws SQLException, InterruptedException {
    return found(replays.begin(request, ANN).path("operation").asLong());
  }

  private Operation found(long id) throws SQLException {
    return operations.find(id).orElseThrow();
  }

  /** Does what is open, as the route that looks for it hands it over. */
  private void work() throws SQLException {
    Exchange exchange = new DefaultExchange(camel);
    assertTrue(operations.claim(exchange));
    try (var template = camel.createProducerTemplate()) {
      template.send("direct:operation", exchange);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private Operation done(ObjectNode request) throws SQLException, InterruptedException {
    Operation operation = begun(request);
    work();
    return found(operation.id());
  }

  private static Set<String> texts(List<Envelope> envelopes) {
    return envelopes.stream().map(e -> EventId.text(e.id())).collect(Collectors.toSet());
  }

  private Set<String> replayed() {
    return received.stream().map(e -> e.path("replayof").asText()).collect(Collectors.toSet());
  }

  @Test
  void each_event_comes_again_in_a_fresh_signed_envelope() throws Exception {
    List<Envelope> events = past(AcmeEvents.APPLE_SEEN, 700);
    archived(events);
    archived(events.subList(0, 300)); // copies that are not merged yet
    Operation operation = done(asked("stage"));
    assertEquals("done", operation.state(), operation::toString);
    assertEquals(700, operation.done());
    assertEquals(700, operation.counts().path("applied").asLong());
    assertEquals(List.of(), unsigned);
    assertEquals(700, received.size());
    Map<String, Envelope> originals = new HashMap<>();
    events.forEach(e -> originals.put(EventId.text(e.id()), e));
    for (JsonNode node : received) {
      Envelope again = Envelope.of(node);
      Envelope original = Objects.requireNonNull(originals.remove(node.path("replayof").asText()));
      assertNotEquals(original.id(), again.id());
      assertEquals(original, withIdentityOf(again, original));
    }
  }

  private static Envelope withIdentityOf(Envelope again, Envelope original) {
    return new Envelope(
        original.id(),
        again.source(),
        again.type(),
        again.dataschema(),
        again.subject(),
        again.time(),
        again.rev(),
        again.channelid(),
        null,
        original.traceparent(),
        again.data());
  }

  @Test
  void a_page_that_is_sent_again_has_the_same_ids() throws Exception {
    archived(past(AcmeEvents.APPLE_SEEN, 40));
    AtomicInteger calls = new AtomicInteger();
    script = events -> calls.incrementAndGet() == 1 ? new Answer(503, "") : applied(events);
    assertEquals("done", done(asked("stage")).state());
    Set<String> ids = new HashSet<>();
    for (String body : bodies) {
      JSON.readTree(body).findValuesAsText("id").forEach(ids::add);
    }
    assertEquals(40, ids.size());
  }

  @Test
  void only_missing_sends_the_originals_to_the_byte() throws Exception {
    List<Envelope> events = past(AcmeEvents.PEAR_SEEN, 3);
    archived(events);
    script =
        batch ->
            new Answer(
                200,
                "{\"applied\":2,\"results\":{\"%s\":{\"status\":\"duplicate\"}}}"
                    .formatted(EventId.text(events.get(1).id())));
    Operation operation = done(asked("stage").put("only_missing", true));
    assertEquals(
        "[" + events.stream().map(Envelope::toJson).collect(Collectors.joining(",")) + "]",
        bodies.get(0));
    assertEquals(2, operation.counts().path("applied").asLong());
    assertEquals(1, operation.counts().path("duplicate").asLong());
  }

  @Test
  void types_and_subjects_are_chosen() throws Exception {
    List<Envelope> pears = past(AcmeEvents.PEAR_SEEN, 20);
    archived(past(AcmeEvents.APPLE_SEEN, 20));
    archived(past(AcmeEvents.APPLE_EATEN, 20));
    archived(pears);
    ObjectNode request = asked("stage");
    request.putArray("types").add("acme.pear.*");
    request.putArray("subjects").add("acme:3");
    assertEquals("done", done(request).state());
    assertEquals(
        texts(pears.stream().filter(e -> e.subject().equals("acme:3")).toList()), replayed());
  }

  @Test
  void what_is_not_taken_is_counted_and_told_and_holds_nothing_up() throws Exception {
    List<Envelope> events = past(AcmeEvents.APPLE_SEEN, 30);
    archived(events);
    Set<String> bad = texts(events.subList(3, 5));
    String strange = EventId.text(events.get(9).id());
    script =
        batch -> {
          ObjectNode results = JSON.createObjectNode();
          for (JsonNode event : batch) {
            String original = event.path("replayof").asText();
            if (bad.contains(original)) {
              results
                  .putObject(event.path("id").asText())
                  .put("status", "failed")
                  .put("error", "SQLSTATE 23505");
            } else if (original.equals(strange)) {
              results.putObject(event.path("id").asText()).put("status", "unknown");
            }
          }
          return new Answer(
              200, JSON.createObjectNode().put("applied", 27).set("results", results).toString());
        };
    Operation operation = done(asked("stage"));
    assertEquals("done", operation.state());
    assertEquals(27, operation.counts().path("applied").asLong());
    assertEquals(2, operation.counts().path("failed").asLong());
    assertEquals(1, operation.counts().path("unknown").asLong());
    Map<String, String> told = new HashMap<>();
    operation
        .counts()
        .path("refused")
        .forEach(r -> told.put(r.path("event_id").asText(), r.path("why").asText()));
    Map<String, String> expected = new HashMap<>();
    bad.forEach(id -> expected.put(id, "SQLSTATE 23505"));
    expected.put(strange, "unknown type " + AcmeEvents.APPLE_SEEN);
    assertEquals(expected, told);
  }

  @Test
  void an_event_that_breaks_its_request_is_found_among_its_mates() throws Exception {
    List<Envelope> events = past(AcmeEvents.APPLE_SEEN, 30);
    archived(events);
    String poison = EventId.text(events.get(7).id());
    script =
        batch ->
            batch.stream().anyMatch(e -> e.path("replayof").asText().equals(poison))
                ? new Answer(500, "no")
                : applied(batch);
    Operation operation = done(asked("stage"));
    assertEquals(29, operation.counts().path("applied").asLong());
    assertEquals(1, operation.counts().path("failed").asLong());
    assertEquals(poison, operation.counts().path("refused").path(0).path("event_id").asText());
  }

  @Test
  void a_target_that_is_away_is_waited_for() throws Exception {
    List<Envelope> events = past(AcmeEvents.APPLE_SEEN, 50);
    archived(events);
    script = batch -> new Answer(503, "");
    Operation operation = begun(asked("stage"));
    CompletableFuture<Void> work = inTheBackground();
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                assertEquals(
                    "for stage: answered 503",
                    found(operation.id()).counts().path("waits").asText()));
    Operation waiting = found(operation.id());
    assertEquals("running", waiting.state());
    assertEquals(waiting.startedAt(), waiting.progressedAt(), "it stalls, and that is alerted");
    script = ReplayTest::applied;
    work.get();
    Operation ended = found(operation.id());
    assertEquals("done", ended.state());
    assertEquals(texts(events), replayed());
    assertEquals("{\"applied\":50}", ended.counts().toString());
  }

  @Test
  void a_page_that_takes_longer_than_the_lease_stays_with_its_process() throws Exception {
    archived(past(AcmeEvents.APPLE_SEEN, 900));
    begun(asked("stage"));
    AtomicInteger requests = new AtomicInteger();
    List<Boolean> taken = new CopyOnWriteArrayList<>();
    script =
        batch -> {
          STORES.clock(LEASE.multipliedBy(2L * requests.incrementAndGet()).dividedBy(3));
          try {
            taken.add(operations.claim(new DefaultExchange(camel)));
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
          return applied(batch);
        };
    Exchange exchange = new DefaultExchange(camel);
    assertTrue(operations.claim(exchange));
    Replay atEachRequest = replay(Duration.ofNanos(4));
    atEachRequest.read(exchange);
    atEachRequest.send(exchange);
    assertEquals(List.of(false, false, false), taken, "over two leases");
  }

  @Test
  void a_target_that_refuses_all_of_them_is_broken_and_they_are_not_to_blame() throws Exception {
    archived(past(AcmeEvents.APPLE_SEEN, 50));
    AtomicInteger calls = new AtomicInteger();
    script = batch -> calls.incrementAndGet() < 60 ? new Answer(500, "") : applied(batch);
    Operation operation = begun(asked("stage"));
    CompletableFuture<Void> work = inTheBackground();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> found(operation.id()).counts().path("waits").asText().contains("refuses"));
    calls.set(60);
    work.get();
    assertEquals("{\"applied\":50}", found(operation.id()).counts().toString());
  }

  @Test
  void what_only_somebody_mends_ends_it_with_a_sentence_and_it_is_resumed() throws Exception {
    List<Envelope> events = past(AcmeEvents.APPLE_SEEN, 2500);
    archived(events);
    AtomicInteger taken = new AtomicInteger();
    script = batch -> taken.addAndGet(batch.size()) > 1500 ? new Answer(401, "{}") : applied(batch);
    Operation failed = done(asked("stage"));
    assertEquals("failed", failed.state());
    assertTrue(
        String.valueOf(failed.error()).startsWith("stage answered 401: it does not verify"),
        failed::toString);
    assertEquals(1000, failed.done(), "the second page was not whole");
    script = ReplayTest::applied;
    received.clear();
    operations.resume(failed.id(), ANN);
    work();
    Operation ended = found(failed.id());
    assertEquals("done", ended.state());
    assertEquals(2500, ended.counts().path("applied").asLong());
    assertEquals(1500, received.size(), "what was done before stays done");
  }

  @Test
  void who_is_called_off_goes_on_where_it_was_and_skips_none() throws Exception {
    List<Envelope> events = past(AcmeEvents.APPLE_SEEN, 2300);
    archived(events);
    Operation operation = begun(asked("stage"));
    script =
        batch -> {
          try {
            operations.cancel(operation.id(), ANN);
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
          return applied(batch);
        };
    for (int turns = 0; !found(operation.id()).state().equals("done"); turns++) {
      assertTrue(turns < 4, "a page of a thousand for each turn");
      work();
      operations.resume(operation.id(), ANN);
    }
    assertEquals(2300, received.size());
    assertEquals(texts(events), replayed());
    assertEquals(2300, found(operation.id()).counts().path("applied").asLong());
  }

  @Test
  void live_events_go_first() throws Exception {
    archived(past(AcmeEvents.APPLE_SEEN, 5));
    waiting("stage");
    STORES.clock(Duration.ofMinutes(2));
    Operation operation = begun(asked("stage"));
    CompletableFuture<Void> work = inTheBackground();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> found(operation.id()).counts().path("waits").asText().contains("live events"));
    assertTrue(received.isEmpty());
    STORES.sql().run("UPDATE ingest.delivery_chunk SET status = 1 WHERE target = 'stage'");
    work.get();
    assertEquals("done", found(operation.id()).state());
    assertEquals(5, received.size());
  }

  @Test
  void a_target_that_is_paused_is_sent_to_all_the_same() throws Exception {
    archived(past(AcmeEvents.APPLE_SEEN, 5));
    waiting("stage");
    STORES.clock(Duration.ofMinutes(2));
    new Targets(STORES.dm()).set("stage", "paused", "ann", "a try");
    assertEquals("done", done(asked("stage")).state());
  }

  @Test
  void what_the_archive_has_not_received_is_waited_for() throws Exception {
    archived(past(AcmeEvents.APPLE_SEEN, 5));
    waiting("clickhouse");
    STORES
        .sql()
        .run("UPDATE ingest.ingest_outbox SET created_at = created_at - interval '1 minute'");
    JsonNode answer = replays.begin(asked("stage"), ANN);
    assertTrue(
        answer.path("told").path(0).asText().contains("the replay waits for it"), answer::toString);
    CompletableFuture<Void> work = inTheBackground();
    long id = answer.path("operation").asLong();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> found(id).counts().path("waits").asText().contains("ClickHouse"));
    assertTrue(received.isEmpty());
    STORES.sql().run("UPDATE ingest.delivery_chunk SET status = 1");
    work.get();
    assertEquals("done", found(id).state());
  }

  @Test
  void a_dry_run_counts_by_type_and_sends_nothing() throws Exception {
    archived(past(AcmeEvents.APPLE_SEEN, 30));
    archived(past(AcmeEvents.APPLE_SEEN, 30));
    archived(past(AcmeEvents.PEAR_SEEN, 20));
    Operation operation =
        done(
            asked("production")
                .put("from", Instant.now().minus(Duration.ofDays(45)).toString())
                .put("dry_run", true));
    assertEquals("done", operation.state());
    assertEquals(
        JSON.readTree("{\"acme.apple.seen\":30,\"acme.pear.seen\":20}"), operation.counts());
    assertEquals(50, operation.done());
    assertTrue(bodies.isEmpty());
  }

  @Test
  void an_envelope_that_cannot_be_read_is_told_and_passed() throws Exception {
    archived(past(AcmeEvents.APPLE_SEEN, 10));
    archive.execute(
        "INSERT INTO vf.raw_events_log (event_id, source, type, subject, rev, time, created_at, envelope)"
            + " SELECT toUUID('%s'), 'acme', 'acme.apple.seen', 'acme:1', 1, now64(3) - 3600, now64(6), '{'"
                .formatted(UUID.randomUUID()));
    Operation operation = done(asked("stage"));
    assertEquals(10, operation.counts().path("applied").asLong());
    assertEquals(1, operation.counts().path("unreadable").asLong());
    assertEquals(11, operation.done());
  }

  @Test
  void a_guarded_target_has_to_be_meant() throws Exception {
    archived(past(AcmeEvents.APPLE_SEEN, 3));
    ReplayRefused refused =
        assertThrows(ReplayRefused.class, () -> replays.begin(asked("production"), ANN));
    assertTrue(String.valueOf(refused.getMessage()).contains("--yes-production"));
    assertEquals("done", done(asked("production").put("yes_production", true)).state());
    assertEquals(3, received.size());
  }

  @Test
  void the_view_tells_how_it_fares() throws Exception {
    archived(past(AcmeEvents.APPLE_SEEN, 30));
    done(asked("stage"));
    JsonNode run = new ReplayRuns(STORES.dm()).latest().path(0);
    assertEquals("done", run.path("state").asText(), run::toString);
    assertEquals("stage", run.path("target").asText());
    assertEquals(30, run.path("done").asLong());
    assertTrue(run.path("rows_per_second").asDouble() > 0, run::toString);
    assertFalse(run.path("dry_run").asBoolean(true));
  }

  /** Commits an event that nobody delivers; it waits for these targets alone. */
  private void waiting(String target) throws SQLException {
    try (WakeUp wakeUp = new WakeUp(STORES.dm())) {
      new Outbox(
              STORES.dm(),
              State.NONE,
              TYPES,
              Owners.NONE,
              wakeUp,
              new OutboxMetrics(new SimpleMeterRegistry(), TYPES),
              Duration.ofSeconds(60))
          .commit(AcmeEvents.intake(AcmeEvents.apples(0, 1)));
    }
    STORES
        .sql()
        .run("UPDATE ingest.delivery_chunk SET status = 1 WHERE target <> '" + target + "'");
  }

  private CompletableFuture<Void> inTheBackground() {
    return CompletableFuture.runAsync(
        () -> {
          try {
            work();
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
