package ingest.channel;

import static java.util.stream.Collectors.toList;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.channel.StreamEvents.Reading;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.WakeUp;
import ingest.store.TestStores;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The sessions of a channel are a function of the set of its events: in whichever order, however
 * often and in whatever company these come, through the real outbox, the rows are those of {@link
 * StreamModel}. Runs anew each time; {@code -Dseed=…} repeats a run.
 */
final class SessionsPropertyTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private static final long SEED =
      Objects.requireNonNullElseGet(Long.getLong("seed"), new Random()::nextLong);
  private static final Instant DAY = Instant.parse("2026-05-01T12:00:00Z");

  /** The type of an upstream that says anything, at any time, of the same channel. */
  private static final String GOSSIP = "acme.stream.told";

  @TempDir static Path routes;
  private static EventTypes types = StreamEvents.TYPES;

  private final Random random = new Random(SEED);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private WakeUp wakeUp;
  private Outbox outbox;

  @BeforeAll
  static void register_another_upstream() throws IOException {
    System.out.println("SessionsPropertyTest: -Dseed=" + SEED);
    for (String kick : List.of("kick.viewer_count.observed", "kick.livestream.status.updated")) {
      Path schema = Path.of("routes", "kick", kick + ".schema.json");
      Files.copy(schema, routes.resolve(kick + ".schema.json"));
    }
    Files.writeString(
        routes.resolve(GOSSIP + ".schema.json"),
        """
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "%s/1", "source": "acme",
         "pii": "none", "observes": "channel", "type": "object"}
        """
            .formatted(GOSSIP));
    types = EventTypes.load(routes);
  }

  @BeforeEach
  void open() {
    wakeUp = new WakeUp(STORES.dm());
    outbox =
        new Outbox(
            STORES.dm(),
            new ChannelState(STORES.dm(), types, new ChannelMetrics(meters)),
            types,
            Owners.NONE,
            wakeUp,
            new OutboxMetrics(meters, types),
            Duration.ofSeconds(60));
  }

  @AfterEach
  void close() {
    wakeUp.close();
  }

  @Test
  void the_streams_of_a_day_at_kick_are_the_same_in_every_order() throws SQLException {
    for (int round = 0; round < 12; round++) {
      List<Envelope> day = new KickDay(random).events();
      for (int order = 0; order < 3; order++) {
        assertConverges(day);
      }
      assertEquals(0, running(), () -> "open after the last poll, -Dseed=" + SEED);
    }
  }

  @Test
  void whatever_anybody_says_gives_the_same_streams_in_every_order() throws SQLException {
    for (int round = 0; round < 30; round++) {
      List<Envelope> gossip = gossip();
      assertConverges(gossip);
      assertConverges(gossip);
    }
  }

  @Test
  void threads_that_bring_the_same_events_leave_the_same_streams() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 5; round++) {
        List<Envelope> events = new ArrayList<>(new KickDay(random).events());
        events.addAll(gossip());
        reset();
        List<Callable<Void>> deliveries = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
          List<List<Envelope>> batches = batches(most(events));
          deliveries.add(() -> deliver(batches));
        }
        List<List<Envelope>> rest = batches(events);
        for (Future<Void> delivered : threads.invokeAll(deliveries)) {
          delivered.get();
        }
        deliver(rest);
        assertModelled(events);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void sessions_that_are_closed_as_stale_in_between_are_the_same_in_the_end() throws Exception {
    String close =
        Files.readString(Path.of("routes/sql/close-stale-sessions.sql")).replace(":#minutes", "0");
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      for (int round = 0; round < 5; round++) {
        List<Envelope> day = new ArrayList<>(new KickDay(random).events());
        day.add(0, StreamEvents.started(DAY.minusSeconds(3600)));
        reset();
        deliver(List.of(day.subList(0, 1)));
        probed();
        assertEquals(1, STORES.sql().run(close));
        List<Future<Void>> deliveries = new ArrayList<>();
        for (int thread = 0; thread < 1 + round % 3; thread++) {
          for (List<Envelope> batch : batches(day)) {
            deliveries.add(threads.submit(() -> deliver(List.of(batch))));
          }
        }
        for (Future<Void> delivered : deliveries) {
          STORES.sql().run(close);
          delivered.get();
        }
        assertModelled(day);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** The channel was asked for, later than everything. */
  private static void probed() {
    STORES
        .sql()
        .run(
            "INSERT INTO dm.probe_schedule (channel_id, last_probed_at) SELECT id, '2099-01-01' FROM dm.streamer_channel ON CONFLICT DO NOTHING");
  }

  private void assertConverges(List<Envelope> events) throws SQLException {
    reset();
    long before = transitions();
    deliver(batches(events));
    assertModelled(events);
    assertEquals(
        running(),
        transitions() - before,
        "opened less closed is open, all that ever was, -Dseed=" + SEED);
  }

  private static void assertModelled(List<Envelope> events) {
    StreamModel model = new StreamModel(events);
    assertEquals(
        String.join("\n", model.sessions()), String.join("\n", sessions()), "-Dseed=" + SEED);
    assertEquals(model.channel(), channel(), "-Dseed=" + SEED);
  }

  private Void deliver(List<List<Envelope>> batches) throws SQLException {
    for (List<Envelope> batch : batches) {
      outbox.commit(new Intake(batch, List.of()));
    }
    return null;
  }

  /** Each event once or more often, in some order, in commits of one to twelve. */
  private List<List<Envelope>> batches(List<Envelope> events) {
    List<Envelope> deliveries = new ArrayList<>(events);
    events.stream().filter(e -> random.nextInt(4) == 0).forEach(deliveries::add);
    if (random.nextInt(3) == 0) {
      deliveries.sort(Comparator.comparing(Envelope::time)); // as it should be
    } else {
      Collections.shuffle(deliveries, random);
    }
    List<List<Envelope>> batches = new ArrayList<>();
    for (int i = 0; i < deliveries.size(); ) {
      int end = Math.min(deliveries.size(), i + 1 + random.nextInt(12));
      batches.add(deliveries.subList(i, end).stream().distinct().toList());
      i = end;
    }
    return batches;
  }

  private List<Envelope> most(List<Envelope> events) {
    return events.stream().filter(e -> random.nextInt(4) > 0).collect(toList());
  }

  /**
   * Streams of one channel as they were, and what Kick told of them: polls each minute, which lag
   * and lie as Kick's do, and webhooks, of which some are lost.
   */
  private record KickDay(Random random) {
    private record Run(Instant start, Instant end, int lagsStart, int lagsEnd) {
      boolean listed(Instant at) {
        return !at.isBefore(start.plusSeconds(lagsStart)) && at.isBefore(end.plusSeconds(lagsEnd));
      }
    }

    List<Envelope> events() {
      List<Run> runs = new ArrayList<>();
      Instant free = DAY;
      for (int n = 1 + random.nextInt(4); n > 0; n--) {
        Instant start = free.plusSeconds(20 + random.nextInt(400));
        free = start.plusSeconds(10 + random.nextInt(500));
        runs.add(new Run(start, free, random.nextInt(15), random.nextInt(20)));
      }
      List<Envelope> events = new ArrayList<>();
      for (Run run : runs) {
        if (random.nextInt(3) > 0) {
          events.add(StreamEvents.started(run.start));
        }
        if (random.nextInt(3) > 0) {
          events.add(StreamEvents.ended(run.start, run.end));
        }
      }
      Instant at = DAY.plusMillis(random.nextInt(60_000));
      while (at.isBefore(free.plusSeconds(200))) {
        if (random.nextInt(20) > 0) { // else Kick leaves it out
          events.add(StreamEvents.poll(at, reading(at, runs)));
        }
        at = at.plusMillis(59_000 + random.nextInt(2_000));
      }
      events.add(StreamEvents.poll(at, Reading.offline()));
      return events;
    }

    private Reading reading(Instant at, List<Run> runs) {
      return runs.stream()
          .filter(run -> run.listed(at))
          .findFirst()
          .filter(run -> random.nextInt(12) > 0) // else it looks offline for this reading
          .map(run -> reading(run.start))
          .orElseGet(Reading::offline);
    }

    private Reading reading(Instant start) {
      Integer viewers = random.nextInt(6) == 0 ? null : random.nextInt(500);
      String title = random.nextInt(6) == 0 ? "" : "title " + random.nextInt(3);
      String language = random.nextBoolean() ? "en" : "de";
      return new Reading(start, viewers, title, language, random.nextInt(3));
    }
  }

  /** Few starts, few times and much contradiction: ends that are corrected, ties, late truths. */
  private List<Envelope> gossip() {
    List<Envelope> gossip = new ArrayList<>();
    int number = 10 + random.nextInt(20);
    for (int i = 0; i < number; i++) {
      Instant time = DAY.plusSeconds(7200).plusMillis(i);
      ObjectNode data = JsonNodeFactory.instance.objectNode();
      data.put("platform", StreamEvents.CHANNEL.platform());
      data.put("platform_user_id", StreamEvents.CHANNEL.userId());
      data.put("stream_rev", Envelope.micros(minute(5 * random.nextInt(10))));
      sometimes(() -> data.put("viewer_count", random.nextInt(4) * (Integer.MAX_VALUE / 3)));
      ObjectNode stream = data.putObject("stream");
      boolean live = random.nextBoolean();
      stream.put("is_live", live);
      int start = 10 * random.nextInt(4);
      if (live || random.nextBoolean()) {
        stream.put("started_at", minute(start).toString());
      }
      sometimes(() -> stream.put("ended_at", minute(start + random.nextInt(30)).toString()));
      sometimes(() -> stream.put("title", "title " + random.nextInt(4)));
      sometimes(() -> stream.put("language", random.nextBoolean() ? "en" : "de"));
      sometimes(() -> stream.put("is_mature", random.nextBoolean()));
      sometimes(
          () -> stream.putObject("category").put("id", random.nextInt(3)).put("name", "some"));
      String subject = StreamEvents.CHANNEL.subject();
      UUID id = EventId.of(time, "acme", GOSSIP, subject, "" + random.nextLong(), 0);
      gossip.add(
          new Envelope(
              id,
              "acme",
              GOSSIP,
              GOSSIP + "/1",
              subject,
              time,
              Envelope.micros(time),
              null,
              null,
              Envelope.newTraceparent(),
              data));
    }
    return gossip;
  }

  private void sometimes(Runnable what) {
    if (random.nextBoolean()) {
      what.run();
    }
  }

  private static Instant minute(int minute) {
    return DAY.plusSeconds(60L * minute);
  }

  private static void reset() {
    STORES
        .sql()
        .run(
            """
            WITH s AS (DELETE FROM dm.stream_session), h AS (DELETE FROM dm.streamer_channel_slug_history),
                 p AS (DELETE FROM dm.probe_schedule),
                 k AS (DELETE FROM ingest.event_key), o AS (DELETE FROM ingest.ingest_outbox),
                 d AS (DELETE FROM ingest.delivery_chunk)
            DELETE FROM dm.streamer_channel
            """);
  }

  private static long running() {
    return STORES.sql().number("SELECT count(*) FROM dm.stream_session WHERE ended_at IS NULL");
  }

  private long transitions() {
    double closed =
        meters.get("ingest.sessions.closed").counters().stream().mapToDouble(Counter::count).sum();
    return Math.round(meters.get("ingest.sessions.opened").counter().count() - closed);
  }

  private static List<String> sessions() {
    return STORES
        .sql()
        .rows(
            """
            SELECT %s, is_open, %s, %s, end_rev, end_ev, %s, title, title_rev, title_ev,
                   language, is_mature, category_id, category_name, details_rev, details_ev,
                   peak_viewers, viewer_samples, viewer_sum, average_viewers
            FROM dm.stream_session ORDER BY started_at
            """
                .formatted(
                    Stream.of("started_at", "last_live_at", "reported_end", "ended_at")
                        .map(SessionsPropertyTest::micros)
                        .toArray()));
  }

  private static String channel() {
    return STORES
        .sql()
        .rows(
            "SELECT is_live, "
                + micros("stream_started_at")
                + ", live_rev, live_ev FROM dm.streamer_channel")
        .get(0);
  }

  private static String micros(String column) {
    return "(extract(epoch FROM " + column + ") * 1000000)::bigint";
  }
}
