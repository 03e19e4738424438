package ingest.store;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.zaxxer.hikari.HikariDataSource;
import ingest.TestMigrations;
import ingest.consumer.Consumer;
import ingest.consumer.EnvDatabase;
import ingest.consumer.ProcessedEvents;
import ingest.consumer.Result;
import ingest.delivery.Backoff;
import ingest.delivery.Batch;
import ingest.delivery.Claims;
import ingest.delivery.Counts;
import ingest.delivery.Outcome;
import ingest.delivery.Settlement;
import ingest.delivery.Target;
import ingest.delivery.Targets;
import ingest.embedded.postgres.Postgres15;
import ingest.embedded.postgres.PostgresServer;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.outbox.Committed;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxEvent;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.Partitions;
import ingest.outbox.State;
import ingest.outbox.WakeUp;
import ingest.projection.kick.ViewerCountProjector;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The oldest PostgreSQL that the product takes; every other test runs on the embedded version. */
class PostgreSQL15Test {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TYPE = "kick.viewer_count.observed";
  private static final int EVENTS = 400;
  private static final EventTypes TYPES = EventTypes.load(Path.of("routes"));
  private static final Target STAGE =
      new Target(
          "stage",
          Target.HTTP,
          List.of("kick.*"),
          100,
          URI.create("http://127.0.0.1:1/internal/events"),
          List.of());

  @TempDir static Path folder;

  private static Envelope observed(int channel) {
    Instant at = Instant.now().truncatedTo(java.time.temporal.ChronoUnit.MILLIS);
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform", "kick").put("platform_user_id", Integer.toString(channel));
    data.put("viewer_count", channel);
    if (channel % 3 == 0) {
      data.put("stream_rev", Long.toString(Envelope.micros(at)));
      data.putObject("stream").put("is_live", true).put("title", "title " + channel);
    }
    String subject = "kick:" + channel;
    return new Envelope(
        EventId.of(at, "kick", TYPE, subject, "slot", 0),
        "kick",
        TYPE,
        TYPE + "/1",
        subject,
        at,
        Envelope.micros(at),
        null,
        null,
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data);
  }

  @Test
  void events_go_the_whole_way_on_PostgreSQL_15() throws Exception {
    try (PostgresServer server = Postgres15.start(folder, TestStores::freePort)) {
      String dmUrl = server.database("dm");
      String envUrl = server.database("stage");
      TestMigrations.run(dmUrl, envUrl);
      assertEquals(
          List.of(true, true),
          TestMigrations.run(dmUrl, envUrl).stream().map(l -> l.contains("up to date")).toList());
      try (HikariDataSource dmPool = TestStores.pool(dmUrl);
          HikariDataSource envPool = TestStores.pool(envUrl)) {
        assertEquals(
            15,
            new Sql(dmPool).number("SELECT current_setting('server_version_num')::int / 10000"));
        wholeWay(new DmDatabase(dmPool), new EnvDatabase(envPool));
      }
    }
  }

  private static void wholeWay(DmDatabase dm, EnvDatabase env) throws SQLException, IOException {
    new Targets(dm).configure(List.of(STAGE), "live");
    new Partitions(dm).make();
    new ProcessedEvents(env).makePartitions();
    List<Envelope> envelopes = new ArrayList<>();
    for (int channel = 1; channel <= EVENTS; channel++) {
      envelopes.add(observed(channel));
    }
    Intake intake = new Intake(envelopes, List.of());
    try (WakeUp wakeUp = new WakeUp(dm)) {
      Outbox outbox =
          new Outbox(
              dm,
              State.NONE,
              TYPES,
              Owners.NONE,
              wakeUp,
              new OutboxMetrics(new SimpleMeterRegistry(), TYPES),
              Duration.ofSeconds(60));
      Committed committed = outbox.commit(intake);
      assertEquals(EVENTS, committed.fresh().size());
      assertEquals(EVENTS, outbox.commit(intake).duplicates().size());
    }
    Claims claims = new Claims(dm, Duration.ofSeconds(60), Duration.ofSeconds(20));
    Settlement settlement = new Settlement(dm, new Backoff());
    Consumer consumer = new Consumer(env, List.of(new ViewerCountProjector()), List.of(), TYPES);
    Batch batch = requireNonNull(claims.chunks(STAGE, claims.lowestOpen(STAGE), 8));
    assertNull(claims.chunks(STAGE, 0, 8));
    OutboxEvent refused = batch.events().get(7);
    deliver(batch, consumer, "Applied");
    batch.put(refused.id, new Outcome.Failed("refused", null, null));
    assertEquals(0, settlement.settle(batch));
    assertNull(claims.items(STAGE, 100), "its pause is not over");
    new Sql(dm.pool()).run("UPDATE ingest.delivery_item SET due_at = ingest.now()");
    Batch again = requireNonNull(claims.items(STAGE, 100));
    assertEquals(List.of(refused.id), again.events().stream().map(e -> e.id).toList());
    deliver(again, consumer, "Duplicate");
    assertEquals(0, settlement.settle(again));

    Counts.Deliveries stage = requireNonNull(new Counts(dm).deliveries().get("stage"));
    assertEquals(EVENTS, stage.delivered());
    assertEquals(0, stage.pending());
    assertNotNull(new Counts(dm).retainedFrom());
    assertEquals(
        List.of("clickhouse|pending|" + EVENTS, "stage|delivered|" + EVENTS),
        new Sql(dm.pool())
            .rows(
                "SELECT target, status, count(*) FROM ingest.ingest_outbox_delivery GROUP BY 1, 2"
                    + " ORDER BY 1"));
    assertEquals(
        EVENTS,
        new ProcessedEvents(env).count(Instant.EPOCH, Instant.parse("9999-01-01T00:00:00Z")));
    assertEquals(
        List.of(EVENTS + "|" + EVENTS / 3),
        new Sql(env.pool())
            .rows(
                "SELECT count(*) FILTER (WHERE viewer_count::text = platform_user_id), count(*)"
                    + " FILTER (WHERE title = 'title ' || platform_user_id) FROM"
                    + " public.channel_snapshot"));
  }

  private static void deliver(Batch batch, Consumer consumer, String expected)
      throws SQLException, IOException {
    List<JsonNode> events = new ArrayList<>();
    for (OutboxEvent event : batch.events()) {
      events.add(JSON.readTree(event.envelope));
    }
    Map<String, Result> results = consumer.consume(events);
    for (OutboxEvent event : batch.events()) {
      Result result = results.get(EventId.text(event.id));
      assertEquals(expected, requireNonNull(result).getClass().getSimpleName());
      batch.put(event.id, new Outcome.Settled(expected));
    }
  }
}
