package ingest.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.TestMigrations;
import ingest.channel.ChannelNumbers;
import ingest.embedded.clickhouse.EngineServer;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.maintenance.EventKeys;
import ingest.maintenance.MaintenanceMetrics;
import ingest.maintenance.OldDays;
import ingest.maintenance.TooOld;
import ingest.outbox.AcmeEvents;
import ingest.outbox.Partitions;
import ingest.settings.Settings;
import ingest.store.ClickHouse;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.apache.camel.Exchange;
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
 * Weeks of simulated time over a real outbox and a real archive, with a target that is paused, one
 * that nobody looks after, events that are refused always and an archive that is away: what is old
 * goes, and every event is accounted for.
 */
class WeeksTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private static final Duration RETENTION = Duration.ofDays(8);
  private static final Duration PARK = Duration.ofDays(25);
  private static final Duration KEYS = Duration.ofDays(35);
  private static final Duration DAY = Duration.ofDays(1);
  private static final int DAYS = 45;
  private static final int TURNS = 4;
  private static final String[] TYPES = {
    AcmeEvents.APPLE_SEEN, AcmeEvents.APPLE_EATEN, AcmeEvents.PEAR_SEEN
  };

  private static final Target ARCHIVE = Target.clickhouse();
  private static final Target STAGE = target("stage");
  private static final Target PRODUCTION = target("production");

  /** Configured once, then forgotten: paused for ever. */
  private static final Target GHOST = target("ghost");

  private static final List<Target> ENVIRONMENTS = List.of(STAGE, PRODUCTION, GHOST);

  @TempDir static Path folder;
  private static EngineServer engine;

  private Rig rig;
  private ClickHouse clickHouse;
  private OldDays oldDays;
  private TooOld tooOld;
  private EventKeys keys;
  private Instant now;

  /** No test has the events of another. */
  private final String salt = UUID.randomUUID().toString();

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  /** By target, what it has answered to. */
  private final Map<String, Set<UUID>> delivered =
      Map.of("stage", new HashSet<>(), "production", new HashSet<>(), "ghost", new HashSet<>());

  private final Set<UUID> committed = new HashSet<>();
  private final Set<UUID> poison = new HashSet<>();

  private static Target target(String name) {
    return Rig.http(name, URI.create("http://127.0.0.1:1/internal/events"), 100);
  }

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
    STORES.owner().run("TRUNCATE ingest.day_total, ingest.old_day");
    rig = new Rig(STORES, Duration.ofSeconds(5), STAGE, PRODUCTION, GHOST);
    clickHouse = new ClickHouse("http://127.0.0.1:" + engine.port());
    MaintenanceMetrics metrics =
        new MaintenanceMetrics(
            meters, STORES.dm(), List.of("stage", "production", "ghost", "clickhouse"), RETENTION);
    clickHouse.execute("TRUNCATE TABLE vf.raw_events_log");
    oldDays = new OldDays(STORES.dm(), clickHouse, RETENTION, metrics);
    tooOld = new TooOld(STORES.dm(), PARK, metrics);
    keys = new EventKeys(STORES.dm(), KEYS);
    Instant today = Instant.now().truncatedTo(ChronoUnit.DAYS);
    now = Instant.now();
    rig.pass(Duration.ZERO);
    pass(
        Duration.between(
            now, today.minus(DAY.multipliedBy(DAYS - 1)).plus(Duration.ofMinutes(30))));
    new Partitions(STORES.dm()).make();
  }

  @AfterEach
  void close() throws Exception {
    rig.close();
  }

  private void pass(Duration time) {
    rig.pass(time);
    now = now.plus(time);
  }

  /** The events of a turn; ids of the simulated time, now and then of one long ago. */
  private List<Envelope> events(int day, int turn) {
    List<Envelope> events = new ArrayList<>();
    for (int n = 0; n < 10; n++) {
      String type = TYPES[n % TYPES.length];
      Instant time = n == 9 && day % 7 == 0 ? now.minus(Duration.ofDays(500)) : now.minusMillis(n);
      String subject = "acme:" + n;
      Envelope event =
          new Envelope(
              EventId.of(time, "acme", type, subject, salt + day + "-" + turn + "-" + n, 0),
              "acme",
              type,
              type + "/1",
              subject,
              time.truncatedTo(ChronoUnit.MILLIS),
              Envelope.micros(time),
              null,
              null,
              "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
              JsonNodeFactory.instance.objectNode().put("n", n));
      events.add(event);
      committed.add(event.id());
    }
    if (day == 5 || day == 30) {
      poison.add(events.get(3).id());
    }
    return events;
  }

  private Set<UUID> delivered(String target) {
    return Objects.requireNonNull(delivered.get(target));
  }

  /** Everything that is due, as a lane would have it. */
  private void deliver(Target target, boolean archiveAway) throws Exception {
    for (Batch batch = due(target); batch != null; batch = due(target)) {
      if (target.kind().equals(Target.CLICKHOUSE)) {
        archive(batch, archiveAway);
        if (archiveAway) {
          assertNotNull(batch.broken());
          rig.settlement.settle(batch);
          return;
        }
      } else {
        for (var event : batch.events()) {
          boolean refused = poison.contains(event.id);
          batch.put(
              event.id,
              refused
                  ? new Outcome.Failed("SQLSTATE 23503", "no such streamer", null)
                  : new Outcome.Settled("applied"));
          if (!refused) {
            assertTrue(delivered(target.name()).add(event.id), "twice");
          }
        }
      }
      assertEquals(0, rig.settlement.settle(batch));
    }
  }

  private @Nullable Batch due(Target target) throws SQLException {
    Batch chunks = rig.claims.chunks(target, 0, 8);
    return chunks != null ? chunks : rig.claims.items(target, 100);
  }

  private void archive(Batch batch, boolean away) throws Exception {
    ClickHouse there =
        away ? new ClickHouse("http://127.0.0.1:" + TestStores.freePort()) : clickHouse;
    Exchange exchange = new DefaultExchange(rig.camel);
    exchange.getMessage().setBody(batch);
    new ClickHouseSender(
            there,
            Map.of(),
            new ChannelNumbers(STORES.dm()),
            new DeliveryMetrics(new SimpleMeterRegistry(), List.of(ARCHIVE)))
        .process(exchange);
  }

  /** What the routes of housekeeping do. */
  private void keepHouse() throws Exception {
    tooOld.abandon();
    for (LocalDate day : oldDays.due()) {
      OldDays.FreeDay free = oldDays.look(day);
      if (free != null) {
        assertTrue(oldDays.drop(free));
      }
    }
    for (LocalDate day : keys.due()) {
      assertTrue(keys.drop(day));
    }
    keys.prune();
  }

  private static void mode(Target target, String mode) throws SQLException {
    new Targets(STORES.dm()).set(target.name(), mode, "test", "test");
  }

  private LocalDate day(int day) {
    return LocalDate.ofInstant(now, ZoneOffset.UTC).minusDays(DAYS - 1L - day);
  }

  private static List<String> partitions(String parent) {
    return STORES
        .sql()
        .rows(
            "SELECT to_date(right(c.relname, 8), 'YYYYMMDD') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
                + " WHERE i.inhparent = '"
                + parent
                + "'::regclass AND c.relname NOT LIKE '%default' ORDER BY 1");
  }

  @Test
  void what_is_old_goes_and_every_event_is_accounted_for() throws Exception {
    mode(GHOST, "paused");
    for (int day = 0; day < DAYS; day++) {
      if (day == 10) {
        mode(PRODUCTION, "paused");
      } else if (day == 24) {
        mode(PRODUCTION, "live");
      }
      new Partitions(STORES.dm()).make();
      for (int turn = 0; turn < TURNS; turn++) {
        rig.commit(events(day, turn));
        deliver(ARCHIVE, day == 20);
        deliver(STAGE, false);
        deliver(PRODUCTION, false);
        keepHouse();
        pass(DAY.dividedBy(TURNS));
      }
    }
    pass(DAY.dividedBy(TURNS).negated());

    everyEventIsAccountedFor();
    tablesAreBounded();
  }

  private void everyEventIsAccountedFor() throws Exception {
    long events = (long) DAYS * TURNS * 10;
    assertEquals(events, committed.size());
    assertEquals(
        events, status("", "accepted") + rows("SELECT count(*) FROM ingest.ingest_outbox"));
    for (Target target : ENVIRONMENTS) {
      String name = target.name();
      assertEquals(delivered(name).size(), all(name, "delivered"), name);
      assertEquals(
          events,
          all(name, "delivered")
              + all(name, "abandoned")
              + all(name, "pending")
              + all(name, "dead"),
          name);
      assertEquals(0, status(name, "pending") + status(name, "dead"), name + ": lost with its day");
    }
    assertEquals(events, all("clickhouse", "delivered"));
    // what tells of 500 days ago is older than the archive's own retention: one of each turn of
    // each seventh day
    assertEquals(
        events - (DAYS + 6) / 7 * TURNS,
        clickHouse.number(
            "SELECT count() FROM vf.raw_events WHERE time > now() - INTERVAL 400 DAY", Map.of()));
    // the poison of day 5 was dead, then too old; that of day 30 is dead still
    assertEquals(TURNS, all("stage", "abandoned"));
    assertEquals(TURNS, all("stage", "dead"));
    assertEquals(0, all("production", "pending"));
    assertEquals(
        (double) all("ghost", "abandoned"),
        meters.get("ingest.delivery.too.old").tag("target", "ghost").counter().count());
  }

  private long all(String target, String status) {
    return status(target, status)
        + rows(
            "SELECT count(*) FROM ingest.ingest_outbox_delivery WHERE target = ? AND status = ?",
            target,
            status);
  }

  private static long status(String target, String status) {
    return rows(
        "SELECT coalesce(sum(events), 0) FROM ingest.day_total WHERE target = ? AND status = ?",
        target,
        status);
  }

  private static long rows(String query, Object... parameters) {
    return STORES.sql().number(query, parameters);
  }

  private void tablesAreBounded() {
    // the ghost waits for everything of the last 25 days, so no older day is there, and eight are
    // made ahead
    List<String> days = partitions("ingest.ingest_outbox");
    assertEquals(day(DAYS - 1 - 25).toString(), days.get(0));
    assertEquals(25 + 8, days.size());
    assertEquals(days, partitions("ingest.delivery_chunk"));
    assertEquals(days, partitions("ingest.delivery_item"));
    assertEquals(
        25 - 8, rows("SELECT count(*) FROM ingest.old_day WHERE reason = 'open'"), "held and said");
    assertEquals(
        25 - 8, meters.get("ingest.outbox.days.held").tag("reason", "open").gauge().value());
    assertEquals(0, meters.get("ingest.outbox.days.overdue").gauge().value());
    assertEquals(day(DAYS - 1 - 35).toString(), partitions("ingest.event_key").get(0));
    // ids of odd times go by when they came
    assertEquals(
        0,
        rows(
            "SELECT count(*) FROM ingest.event_key WHERE received_at < ingest.now() - interval '36 days'"));
    assertTrue(rows("SELECT count(*) FROM ingest.event_key_default") > 0);
  }

  @Test
  void a_day_with_something_open_stays_whatever_a_look_of_before_said() throws Exception {
    mode(GHOST, "off");
    rig.commit(events(0, 0));
    LocalDate day = LocalDate.ofInstant(now, ZoneOffset.UTC);
    deliver(ARCHIVE, false);
    deliver(STAGE, false);
    pass(DAY.multipliedBy(10));
    new Partitions(STORES.dm()).make();

    assertEquals(day, oldDays.due().get(0));
    assertTrue(oldDays.due().isEmpty(), "one look an hour");
    assertNull(oldDays.look(day));
    assertEquals(
        List.of("open|production|10|10 events wait for production"),
        STORES
            .sql()
            .rows(
                "SELECT concat_ws('|', reason, target, events, detail) FROM ingest.old_day WHERE reason IS NOT NULL"));
    assertFalse(oldDays.drop(new OldDays.FreeDay(day, Map.of())));
    assertEquals(10, rows("SELECT count(*) FROM ingest.ingest_outbox"));

    mode(PRODUCTION, "off");
    OldDays.FreeDay free = oldDays.look(day);
    assertNotNull(free);
    mode(PRODUCTION, "paused");
    assertFalse(oldDays.drop(free), "looked at once more");
    mode(PRODUCTION, "off");
    assertTrue(oldDays.drop(free));
    assertEquals(0, rows("SELECT count(*) FROM ingest.ingest_outbox"));
    assertEquals(10, status("production", "pending"), "what it is off for is known");
  }

  private void window(int inserts) throws Exception {
    clickHouse.execute(
        "ALTER TABLE vf.raw_events_log MODIFY SETTING non_replicated_deduplication_window = "
            + inserts);
  }

  @Test
  void a_day_that_the_archive_lacks_an_event_of_stays() throws Exception {
    for (Target target : ENVIRONMENTS) {
      mode(target, "off");
    }
    List<Envelope> events = events(0, 0);
    rig.commit(events);
    LocalDate day = LocalDate.ofInstant(now, ZoneOffset.UTC);
    deliver(ARCHIVE, false);
    clickHouse.execute(
        "DELETE FROM vf.raw_events_log WHERE event_id = '%s'".formatted(events.get(4).id()));
    pass(DAY.multipliedBy(10));
    new Partitions(STORES.dm()).make();

    assertNull(oldDays.look(oldDays.due().get(0)));
    assertEquals(
        List.of("archive|1"),
        STORES
            .sql()
            .rows(
                "SELECT concat_ws('|', reason, events) FROM ingest.old_day WHERE reason IS NOT NULL"));
    assertNull(
        new OldDays(
                STORES.dm(),
                new ClickHouse("http://127.0.0.1:" + TestStores.freePort()),
                RETENTION,
                new MaintenanceMetrics(
                    new SimpleMeterRegistry(), STORES.dm(), List.of(), RETENTION))
            .look(day));
    assertEquals(
        List.of("unasked"),
        STORES.sql().rows("SELECT reason FROM ingest.old_day WHERE reason IS NOT NULL"));

    // as OPERATIONS.md says
    window(0);
    STORES
        .sql()
        .run(
            "UPDATE ingest.delivery_chunk SET status = 0, n_exc = 0, claims = 0, token = NULL, due_at = ingest.now() WHERE day = ?::date AND target = 'clickhouse' AND status = 1 AND n_exc = 0",
            day.toString());
    deliver(ARCHIVE, false);
    window(10_000);
    assertNotNull(oldDays.look(day), "it was sent once more");
    clickHouse.execute("TRUNCATE TABLE vf.raw_events_log");
    assertNull(oldDays.look(day));

    mode(ARCHIVE, "off");
    assertNotNull(oldDays.look(day), "a run without ClickHouse needs no proof");
    mode(ARCHIVE, "live");
  }
}
