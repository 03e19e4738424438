package ingest.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import ingest.TestMigrations;
import ingest.balance.Balance;
import ingest.balance.BalanceMetrics;
import ingest.balance.Hours;
import ingest.balance.Look;
import ingest.balance.Mend;
import ingest.channel.ChannelNumbers;
import ingest.consumer.Consumer;
import ingest.consumer.ConsumerMetrics;
import ingest.consumer.InternalEvents;
import ingest.consumer.ProcessedEvents;
import ingest.consumer.Refusal;
import ingest.consumer.VerifyDelivery;
import ingest.embedded.clickhouse.EngineServer;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.maintenance.MaintenanceMetrics;
import ingest.maintenance.OldDays;
import ingest.operation.Actor;
import ingest.operation.Held;
import ingest.operation.OperationMetrics;
import ingest.operation.Operations;
import ingest.outbox.AcmeEvents;
import ingest.outbox.Partitions;
import ingest.settings.Settings;
import ingest.signature.Secret;
import ingest.store.ClickHouse;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real outbox, a real archive and an environment behind HTTP: each kind of damage is planted by
 * hand, named by the look, and mended by the operation, after which everything is everywhere.
 */
class BalanceTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Duration KEYS = Duration.ofDays(35);
  private static final Target ARCHIVE = Target.clickhouse();

  @TempDir static Path folder;
  private static EngineServer engine;

  private final List<Envelope> events = AcmeEvents.apples(0, 60);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private Rig rig;
  private ClickHouse clickHouse;
  private HttpServer environment;
  private volatile boolean away;
  private Target stage;
  private Hours hours;
  private Balance balance;
  private Operations operations;
  private Mend mend;

  @BeforeAll
  static void start() throws IOException {
    engine =
        EngineServer.start(
            Settings.load(Path.of("no-such-folder"), Map.of()), folder, TestStores::freePort);
    TestMigrations.clickHouse("http://127.0.0.1:" + engine.port());
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  @BeforeEach
  void open() throws Exception {
    STORES
        .owner()
        .run(
            "TRUNCATE ingest.day_total, ingest.balance_hour, ingest.balance_mismatch, ingest.balance_store, ingest.operation, ingest.audit");
    clickHouse = new ClickHouse("http://127.0.0.1:" + engine.port());
    clickHouse.execute("TRUNCATE TABLE vf.raw_events_log");
    serve();
    stage =
        Rig.http(
            "stage",
            URI.create(
                "http://127.0.0.1:" + environment.getAddress().getPort() + "/internal/events"),
            100);
    rig = new Rig(STORES, Duration.ofSeconds(5), stage, ARCHIVE);
    rig.camel.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:mend").routeId("mend").log("page");
          }
        });
    rig.camel.start();
    List<Target> targets = List.of(stage, ARCHIVE);
    hours = new Hours(STORES.dm(), KEYS, Duration.ZERO);
    balance = Balance.of(STORES.dm(), clickHouse, targets, KEYS, hours, Clock.systemUTC());
    operations =
        new Operations(
            rig.camel,
            STORES.dm(),
            new OperationMetrics(meters, STORES.dm()),
            Duration.ofSeconds(60));
    mend =
        new Mend(
            balance,
            hours,
            STORES.dm(),
            clickHouse,
            rig.outbox(),
            targets,
            operations,
            Clock.systemUTC());
    rig.pass(Duration.ofMinutes(5)); // so that what is accepted must have its deliveries
  }

  @AfterEach
  void close() throws Exception {
    rig.close();
    environment.stop(0);
  }

  /** An environment that records what it gets, at its three internal endpoints. */
  private void serve() throws IOException {
    ProcessedEvents processed = new ProcessedEvents(STORES.env());
    InternalEvents endpoints =
        new InternalEvents(
            new Consumer(STORES.env(), List.of(), List.of("acme.*"), AcmeEvents.types()),
            processed,
            new ConsumerMetrics(new SimpleMeterRegistry()));
    VerifyDelivery door = new VerifyDelivery(List.of(Secret.parse(Rig.SECRET)), Clock.systemUTC());
    environment = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    environment.createContext(
        "/internal/events",
        http -> {
          int status = 200;
          String answer;
          try {
            answer = away ? "away" : answer(http, door, endpoints);
            status = away ? 503 : 200;
          } catch (Refusal e) {
            status = e.status();
            answer = String.valueOf(e.getMessage());
          } catch (SQLException e) {
            status = 503;
            answer = e.toString();
          }
          byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
          http.sendResponseHeaders(status, bytes.length);
          http.getResponseBody().write(bytes);
          http.close();
        });
    environment.start();
  }

  private String answer(HttpExchange http, VerifyDelivery door, InternalEvents endpoints)
      throws IOException, SQLException {
    Exchange exchange = new DefaultExchange(rig.camel);
    http.getRequestHeaders()
        .forEach(
            (name, values) ->
                exchange
                    .getMessage()
                    .setHeader(name.toLowerCase(java.util.Locale.ROOT), values.get(0)));
    exchange.getMessage().setHeader(Exchange.HTTP_METHOD, http.getRequestMethod());
    exchange.getMessage().setHeader(Exchange.HTTP_PATH, http.getRequestURI().getRawPath());
    String query = http.getRequestURI().getRawQuery();
    exchange.getMessage().setHeader(Exchange.HTTP_QUERY, query);
    exchange.getMessage().setBody(http.getRequestBody().readAllBytes());
    door.process(exchange);
    Map<String, String> asked = new HashMap<>();
    for (String parameter : query == null ? new String[0] : query.split("&")) {
      String[] parts = parameter.split("=", 2);
      asked.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return switch (http.getRequestURI().getPath()) {
      case "/internal/events" ->
          endpoints.project(endpoints.parse(exchange.getMessage().getBody(byte[].class)));
      case "/internal/events/minutes" -> endpoints.minutes(asked.get("from"), asked.get("to"));
      case "/internal/events/ids" ->
          endpoints.ids(asked.get("from"), asked.get("to"), asked.get("after"));
      default -> throw new IllegalStateException(http.getRequestURI().toString());
    };
  }

  /** What waits is delivered, as the lanes would have it. */
  private void deliver() throws Exception {
    for (Batch batch = due(stage); batch != null; batch = due(stage)) {
      rig.send(batch);
    }
    for (Batch batch = due(ARCHIVE); batch != null; batch = due(ARCHIVE)) {
      Exchange exchange = new DefaultExchange(rig.camel);
      exchange.getMessage().setBody(batch);
      new ClickHouseSender(
              clickHouse,
              Map.of(),
              new ChannelNumbers(STORES.dm()),
              new DeliveryMetrics(new SimpleMeterRegistry(), List.of(ARCHIVE)))
          .process(exchange);
      assertEquals(0, rig.settlement.settle(batch));
    }
  }

  private @Nullable Batch due(Target target) throws SQLException {
    Batch chunks = rig.claims.chunks(target, 0, 8);
    return chunks != null ? chunks : rig.claims.items(target, 100);
  }

  /** In groups of one, as little traffic has it, and one of many. */
  private void accept() throws Exception {
    rig.commit(events.subList(0, 1));
    rig.commit(events.subList(1, 2));
    rig.commit(events.subList(2, 60));
  }

  private UUID id(int event) {
    return events.get(event).id();
  }

  /** Target, kind, repair, how many; of every hour that the events are in. */
  private List<String> looked() throws Exception {
    List<String> told = new ArrayList<>();
    for (Instant hour : hoursOfEvents()) {
      Look look = balance.look(hour, null);
      assertEquals(List.of(), look.unasked());
      look.mismatches()
          .forEach(
              m ->
                  told.add(
                      "%s %s %s %d"
                          .formatted(
                              m.target(), m.kind().word(), m.repair().word(), m.ids().size())));
    }
    return told;
  }

  /** Sixty milliseconds may lie in two hours. */
  private NavigableSet<Instant> hoursOfEvents() {
    NavigableSet<Instant> hours = new TreeSet<>();
    events.forEach(e -> hours.add(e.time().truncatedTo(ChronoUnit.HOURS)));
    return hours;
  }

  /** What the operation's route does. */
  private ObjectNode mended() throws Exception {
    long id =
        operations.begin(
            "mend",
            Mend.request(Instant.EPOCH, Instant.now(), null, false),
            null,
            null,
            new Actor("ann", "a try"));
    Exchange exchange = new DefaultExchange(rig.camel);
    assertTrue(operations.claim(exchange));
    while (operations.goesOn(exchange)) {
      mend.page(exchange);
      operations.progressed(exchange);
    }
    ObjectNode counts = Held.of(exchange).counts();
    operations.ended(exchange);
    assertEquals("done", operations.find(id).orElseThrow().state());
    return counts;
  }

  private void balanced() throws Exception {
    assertEquals(List.of(), looked());
    assertEquals(List.of(), hours.mismatches(100));
    long accepted = STORES.sql().number("SELECT count(*) FROM ingest.ingest_outbox");
    new Counts(STORES.dm())
        .deliveries()
        .forEach(
            (target, account) -> {
              assertEquals(0, account.difference(), target);
              assertEquals(accepted, account.accepted(), target);
            });
    assertEquals(60, STORES.envSql().number("SELECT count(*) FROM public.processed_events"));
    assertEquals(60, archived());
  }

  private long archived() throws Exception {
    return clickHouse.number("SELECT count() FROM vf.raw_events", Map.of());
  }

  private void lose(UUID id) throws Exception {
    clickHouse.execute("DELETE FROM vf.raw_events_log WHERE event_id = '%s'".formatted(id));
  }

  private static void forget(UUID id) {
    assertEquals(
        1, STORES.envSql().run("DELETE FROM public.processed_events WHERE event_id = ?", id));
  }

  @Test
  void what_waits_or_is_on_its_way_is_no_mismatch() throws Exception {
    accept();
    assertEquals(List.of(), looked());
    deliver();
    balanced();
  }

  @Test
  void a_target_that_is_off_stands_outside() throws Exception {
    accept();
    deliver();
    forget(id(1));
    new Targets(STORES.dm()).set("stage", "off", "test", "test");
    assertEquals(List.of(), looked());
    new Targets(STORES.dm()).set("stage", "live", "test", "test");
    assertEquals(List.of("stage lost-in-consumer send 1"), looked());
  }

  @Test
  void a_row_that_the_archive_has_lost_is_named_and_comes_back_whenever_it_is_lost()
      throws Exception {
    accept();
    deliver();
    for (int time = 0; time < 2; time++) { // the same insert again is no repetition
      lose(id(0));
      lose(id(7));
      lose(id(8));
      assertEquals(List.of("clickhouse lost-in-archive send 3"), looked());
      assertEquals(3, mended().path("sent again").asLong());
      assertEquals(List.of(), looked(), "it is pending");
      deliver();
      balanced();
    }
  }

  @Test
  void an_archive_that_is_empty_is_filled_again() throws Exception {
    accept();
    deliver();
    clickHouse.execute("TRUNCATE TABLE vf.raw_events_log");
    assertEquals(List.of("clickhouse lost-in-archive send 60"), looked());
    assertEquals(60, mended().path("sent again").asLong());
    assertEquals(
        0,
        STORES.sql().number("SELECT count(*) FROM ingest.delivery_item"),
        "whole chunks are opened again");
    deliver();
    balanced();
  }

  @Test
  void an_id_that_an_environment_has_lost_is_named_and_sent_again() throws Exception {
    accept();
    deliver();
    forget(id(1));
    forget(id(30));
    assertEquals(List.of("stage lost-in-consumer send 2"), looked());
    Hours.Found found = hours.mismatches(10).get(0);
    assertEquals(List.of(id(1), id(30)), found.sample());
    assertEquals(2, mended().path("sent again").asLong());
    deliver();
    balanced();
  }

  @Test
  void a_delivery_that_was_marked_by_hand_is_told_from_one_that_was_lost() throws Exception {
    accept();
    STORES
        .sql()
        .run("UPDATE ingest.delivery_chunk SET status = 1 WHERE target = 'stage' AND n = 1");
    STORES
        .sql()
        .run("UPDATE ingest.delivery_chunk SET status = 1 WHERE target = 'clickhouse' AND n = 58");
    deliver();
    forget(id(9));
    assertEquals(
        List.of(
            "clickhouse marked-delivered send 58",
            "stage lost-in-consumer send 1",
            "stage marked-delivered send 2"),
        looked());
    assertEquals(61, mended().path("sent again").asLong());
    deliver();
    balanced();
  }

  @Test
  void a_dead_letter_that_was_marked_delivered_is_sent_again() throws Exception {
    accept();
    deliver();
    forget(id(3));
    STORES
        .sql()
        .run(
            """
            INSERT INTO ingest.delivery_item (day, target, event_id, chunk, pos, type, status, attempts, due_at, attempted_at, last_error)
            SELECT day, 'stage', event_id, chunk, pos, type, 'delivered', 15, ingest.now(), ingest.now(), 'SQLSTATE 23503'
            FROM ingest.ingest_outbox WHERE event_id = ?
            """,
            id(3));
    assertEquals(
        List.of("stage marked-delivered send 1", "stage not-accounted recount 1"), looked());
    mended();
    deliver();
    balanced();
  }

  @Test
  void an_event_that_was_never_to_be_delivered_gets_its_delivery() throws Exception {
    accept();
    STORES.sql().run("DELETE FROM ingest.delivery_chunk WHERE target = 'stage' AND n = 1");
    deliver();
    STORES
        .sql()
        .run(
            """
            UPDATE ingest.delivery_chunk SET n = 57, mask = set_bit(repeat('1', 58)::bit(128), 5, 0)
            WHERE target = 'clickhouse' AND n = 58
            """);
    lose(
        UUID.fromString(
            STORES
                .sql()
                .rows(
                    "SELECT event_id FROM ingest.ingest_outbox o WHERE pos = 5 AND chunk = (SELECT max(chunk) FROM ingest.ingest_outbox)")
                .get(0)));
    assertEquals(
        List.of("clickhouse not-accounted deliver 1", "stage not-accounted deliver 2"), looked());
    assertEquals(3, mended().path("deliveries made").asLong());
    deliver();
    balanced();
  }

  @Test
  void what_the_outbox_does_not_know_is_accepted_again_from_the_archive() throws Exception {
    accept();
    deliver();
    long last = STORES.sql().number("SELECT max(chunk) FROM ingest.event_key");
    for (String table : List.of("event_key", "ingest_outbox", "delivery_chunk", "delivery_item")) {
      STORES.sql().run("DELETE FROM ingest.%s WHERE chunk = ?".formatted(table), last);
    }
    assertEquals(
        List.of("clickhouse not-accounted accept 58", "stage not-accounted accept 58"), looked());
    assertEquals(58, mended().path("accepted again").asLong());
    deliver();
    balanced();
  }

  @Test
  void
      of_a_day_that_was_dropped_the_archive_gives_back_what_an_environment_lacks_and_the_rest_is_told()
          throws Exception {
    rig.pass(Duration.ofDays(-10));
    new Partitions(STORES.dm()).make();
    accept();
    deliver();
    rig.pass(Duration.ofDays(10));
    dropped();
    assertEquals(List.of(), looked());
    forget(id(1));
    forget(id(2));
    lose(id(2));
    assertEquals(
        List.of("clickhouse lost-in-archive none 1", "stage lost-in-consumer replay 1"), looked());
    ObjectNode counts = mended();
    assertEquals(1, counts.path("posted from the archive").asLong());
    assertEquals(1, counts.path("beyond repair").asLong());
    assertEquals(
        "clickhouse " + EventId.text(id(2)),
        counts.path("beyond repair, for example").path(0).asText());
    List<Hours.Found> left = hours.mismatches(10);
    assertEquals(1, left.size());
    assertTrue(left.get(0).told());
    assertEquals(59, STORES.envSql().number("SELECT count(*) FROM public.processed_events"));
  }

  /** What housekeeping does: the keys stay, and the totals of the day. */
  private void dropped() throws Exception {
    STORES.owner().run("DELETE FROM ingest.old_day");
    OldDays days =
        new OldDays(
            STORES.dm(),
            clickHouse,
            Duration.ofDays(8),
            new MaintenanceMetrics(
                new SimpleMeterRegistry(), STORES.dm(), List.of(), Duration.ofDays(8)));
    for (LocalDate day : days.due()) {
      OldDays.FreeDay free = days.look(day);
      assertTrue(free != null && days.drop(free));
    }
    assertEquals(0, STORES.sql().number("SELECT count(*) FROM ingest.ingest_outbox"));
  }

  @Test
  void a_store_that_is_away_is_told_and_keeps_what_was_found() throws Exception {
    accept();
    deliver();
    forget(id(1));
    looked();
    away = true;
    for (Instant hour : hoursOfEvents()) {
      assertEquals("stage", balance.look(hour, null).unasked().get(0).target());
    }
    assertEquals(1, hours.mismatches(10).size());
    assertEquals("stage", hours.unasked().get(0).target());
    BalanceMetrics told = new BalanceMetrics(meters, STORES.dm(), List.of("stage", "clickhouse"));
    assertTrue(told != null);
    assertEquals(
        1,
        meters
            .get("ingest.balance.mismatched.events")
            .tags("target", "stage", "kind", "lost-in-consumer")
            .gauge()
            .value());
    away = false;
    looked();
    assertEquals(List.of(), hours.unasked());
  }

  @Test
  void an_hour_is_due_once_it_is_over_and_less_often_the_older_it_is() throws Exception {
    List<Instant> first = hours.due();
    assertEquals(60, first.size());
    for (List<Instant> more = first; !more.isEmpty(); more = hours.due()) {
      assertTrue(more == first || more.stream().noneMatch(first::contains), "they are claimed");
    }
    for (Instant hour : first) {
      balance.hour(hour);
    }
    assertEquals(60, hours.looks().hours());
    STORES.sql().run("UPDATE ingest.balance_hour SET looked_at = ingest.now(), claimed_at = NULL");
    assertEquals(List.of(), hours.due());
    rig.pass(Duration.ofHours(3));
    List<Instant> again = hours.due();
    assertTrue(again.contains(first.get(59)), "half its age ago");
    assertFalse(again.contains(first.get(0)), "two days old");
    rig.pass(Duration.ofHours(22));
    List<Instant> dayAfter = new ArrayList<>();
    for (List<Instant> more = hours.due(); !more.isEmpty(); more = hours.due()) {
      dayAfter.addAll(more);
    }
    assertTrue(dayAfter.contains(first.get(0)), "a day ago");
  }
}
