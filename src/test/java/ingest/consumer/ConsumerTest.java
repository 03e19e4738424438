package ingest.consumer;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.projection.Projector;
import ingest.projection.kick.ViewerCountProjector;
import ingest.store.TestStores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsumerTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant TIME = Instant.parse("2026-09-24T03:15:02.123Z");

  /** Counts how often each event took effect: a repeat adds. */
  private static final class Tally implements Projector<String> {
    @Override
    public String source() {
      return "acme";
    }

    @Override
    public String type() {
      return "acme.apple.seen";
    }

    @Override
    public List<String> rows(Envelope envelope) {
      if (!envelope.data().has("who")) {
        throw new InvalidEnvelope("data is not that of acme.apple.seen/1");
      }
      return List.of(envelope.data().path("who").asText());
    }

    @Override
    public void write(Connection tx, List<String> rows) throws SQLException {
      try (PreparedStatement insert =
          tx.prepareStatement("INSERT INTO public.tally (who) SELECT unnest(?::text[])")) {
        insert.setArray(1, tx.createArrayOf("text", rows.toArray()));
        insert.executeUpdate();
      }
    }
  }

  @TempDir static Path routes = Path.of("");

  /** Figs and apples are just recorded, by their schemas; apples have a projector, too. */
  private static EventTypes types() {
    for (String type : List.of("acme.fig.seen", "acme.apple.seen")) {
      try {
        Files.writeString(
            routes.resolve(type + ".schema.json"),
            """
            {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "%s/1",
             "source": "acme", "pii": "none", "environment": "record", "type": "object"}"""
                .formatted(type));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return EventTypes.load(routes);
  }

  private final Consumer consumer =
      new Consumer(
          STORES.env(),
          List.of(new Tally(), new ViewerCountProjector()),
          List.of("acme.pear.*"),
          types());

  @BeforeEach
  void table() {
    STORES.envSql().run("DROP TABLE IF EXISTS public.tally");
    STORES.envSql().run("CREATE TABLE public.tally (who text NOT NULL CHECK (who <> 'banned'))");
  }

  private static ObjectNode event(String type, int number) {
    String source = type.substring(0, type.indexOf('.'));
    ObjectNode event = JSON.createObjectNode();
    event.put("specversion", "1.0");
    event.put("id", EventId.text(EventId.of(TIME, source, type, "x:" + number, "k", 0)));
    event.put("source", source);
    event.put("type", type);
    event.put("dataschema", type + "/1");
    event.put("subject", "x:" + number);
    event.put("time", TIME.toString());
    event.put("rev", "1");
    event.put("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    event.putObject("data");
    return event;
  }

  private static ObjectNode apple(int number) {
    ObjectNode apple = event("acme.apple.seen", number);
    apple.putObject("data").put("who", "apple " + number);
    return apple;
  }

  private static ObjectNode saying(ObjectNode event, String who) {
    event.putObject("data").put("who", who);
    return event;
  }

  private static List<JsonNode> apples(int from, int number) {
    List<JsonNode> apples = new ArrayList<>();
    IntStream.range(from, from + number).forEach(n -> apples.add(apple(n)));
    return apples;
  }

  private static String id(JsonNode event) {
    return event.path("id").asText();
  }

  private String results(List<JsonNode> batch) throws SQLException {
    Map<String, Result> results = consumer.consume(batch);
    assertEquals(batch.size(), results.size());
    return batch.stream()
        .map(e -> results.get(id(e)))
        .map(
            r ->
                r instanceof Result.Failed failed
                    ? failed.error()
                    : String.valueOf(r).replaceAll(".*\\$|\\[\\]", ""))
        .collect(joining(", "));
  }

  private static List<String> tally() {
    return STORES.envSql().rows("SELECT who FROM public.tally ORDER BY who");
  }

  private static List<String> processed() {
    return STORES.envSql().rows("SELECT event_id FROM public.processed_events ORDER BY 1").stream()
        .map(UUID::fromString)
        .map(EventId::text)
        .sorted()
        .toList();
  }

  private static List<String> ids(List<JsonNode> events) {
    return events.stream().map(ConsumerTest::id).sorted().toList();
  }

  @Test
  void an_event_is_applied_once_and_then_a_duplicate() throws SQLException {
    assertEquals("Applied, Applied", results(apples(0, 2)));
    assertEquals("Duplicate, Applied", results(apples(1, 2)));
    assertEquals(List.of("apple 0", "apple 1", "apple 2"), tally());
    assertEquals(ids(apples(0, 3)), processed());
  }

  @Test
  void a_declined_type_is_ignored_and_one_that_is_not_known_is_left_for_later()
      throws SQLException {
    List<JsonNode> batch =
        List.of(event("acme.pear.seen", 1), event("acme.plum.seen", 2), apple(3));
    assertEquals("Ignored, Unknown, Applied", results(batch));
    assertEquals(ids(List.of(batch.get(0), batch.get(2))), processed());
    assertEquals("Ignored, Unknown, Duplicate", results(batch));
  }

  @Test
  void what_fails_alone_stops_no_mate_and_is_not_recorded() throws SQLException {
    List<JsonNode> batch = new ArrayList<>(apples(0, 20));
    batch.set(3, saying(apple(3), "banned"));
    batch.set(8, event("acme.apple.seen", 8));
    batch.set(9, apple(9).put("source", "other"));
    batch.set(11, saying(apple(11), "with a \u0000"));
    batch.set(17, apple(17).put("rev", "later"));
    batch.set(19, saying(apple(19), "banned"));
    assertEquals(
        "Applied, Applied, Applied, SQLSTATE 23514, Applied, Applied, Applied, Applied, "
            + "data is not that of acme.apple.seen/1, source of acme.apple.seen is acme, Applied, "
            + "SQLSTATE 22021, Applied, Applied, Applied, Applied, Applied, "
            + "rev is not a decimal number, Applied, SQLSTATE 23514",
        results(batch));
    assertEquals(14, tally().size());
    assertEquals(14, processed().size());
    batch.set(3, apple(3));
    assertEquals("Applied", results(List.of(batch.get(3))), "mended, it is as good as new");
  }

  @Test
  void a_projector_whose_table_is_missing_fails_its_own_events_alone() throws SQLException {
    STORES.envSql().run("DROP TABLE public.tally");
    ObjectNode viewers = event("kick.viewer_count.observed", 5);
    viewers
        .putObject("data")
        .put("platform", "kick")
        .put("platform_user_id", "5")
        .put("viewer_count", 7);
    List<JsonNode> batch = new ArrayList<>(apples(0, 2));
    batch.add(viewers);
    assertEquals("SQLSTATE 42P01, SQLSTATE 42P01, Applied", results(batch));
    assertEquals(List.of(id(viewers)), processed());
    assertEquals(
        List.of("7"), STORES.envSql().rows("SELECT viewer_count FROM public.channel_snapshot"));
  }

  @Test
  void what_its_schema_says_to_record_is_recorded_and_no_more() throws SQLException {
    ObjectNode fig = event("acme.fig.seen", 1);
    ObjectNode later = event("acme.fig.seen", 2).put("dataschema", "acme.fig.seen/2");
    assertEquals("Ignored, Unknown", results(List.of(fig, later)));
    assertEquals(List.of(id(fig)), processed());
    assertEquals("Ignored", results(List.of(fig)));
    assertEquals(List.of(id(fig)), processed());
    assertEquals(List.of("acme.fig.seen"), consumer.recorded());
  }

  @Test
  void a_projector_wins_over_what_its_schema_says() throws SQLException {
    assertEquals("Applied", results(apples(1, 1)));
    assertEquals(List.of("apple 1"), tally());
  }

  @Test
  void a_crash_before_the_commit_leaves_nothing() throws SQLException {
    Projector<String> crashing =
        new Projector<>() {
          private final Tally tally = new Tally();

          @Override
          public String source() {
            return tally.source();
          }

          @Override
          public String type() {
            return tally.type();
          }

          @Override
          public List<String> rows(Envelope envelope) {
            return tally.rows(envelope);
          }

          @Override
          public void write(Connection tx, List<String> rows) throws SQLException {
            tally.write(tx, rows);
            try (var statement = tx.createStatement()) {
              statement.execute("SELECT pg_terminate_backend(pg_backend_pid())");
            }
          }
        };
    Consumer crash = new Consumer(STORES.env(), List.of(crashing), List.of(), types());
    SQLException lost = assertThrows(SQLException.class, () -> crash.consume(apples(0, 3)));
    assertEquals("57P01", lost.getSQLState());
    assertEquals(List.of(), tally());
    assertEquals(List.of(), processed());
    assertEquals("Applied, Applied, Applied", results(apples(0, 3)));
  }

  /** Writes its rows in the order of the batch, the second when both sides have their first. */
  private static final class Crosswise implements Projector<String> {
    private final CountDownLatch bothHoldOne = new CountDownLatch(2);
    private final AtomicInteger tries = new AtomicInteger();

    @Override
    public String source() {
      return "acme";
    }

    @Override
    public String type() {
      return "acme.apple.seen";
    }

    @Override
    public List<String> rows(Envelope envelope) {
      return List.of(envelope.data().path("who").asText());
    }

    @Override
    public void write(Connection tx, List<String> rows) throws SQLException {
      tries.incrementAndGet();
      try (PreparedStatement update =
          tx.prepareStatement("UPDATE public.tally SET who = who || '+' WHERE who LIKE ? || '%'")) {
        for (String who : rows) {
          update.setString(1, who);
          update.executeUpdate();
          bothHoldOne.countDown();
          assertTrue(bothHoldOne.await(30, TimeUnit.SECONDS));
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void a_batch_that_a_deadlock_ends_begins_again() throws Exception {
    STORES.envSql().run("INSERT INTO public.tally VALUES ('left'), ('right')");
    Crosswise crosswise = new Crosswise();
    Consumer both = new Consumer(STORES.env(), List.of(crosswise), List.of(), types());
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<Map<String, Result>>> sides = new ArrayList<>();
      for (List<String> order : List.of(List.of("left", "right"), List.of("right", "left"))) {
        int first = sides.size() * 2;
        List<JsonNode> batch =
            List.of(saying(apple(first), order.get(0)), saying(apple(first + 1), order.get(1)));
        sides.add(threads.submit(() -> both.consume(batch)));
      }
      for (Future<Map<String, Result>> side : sides) {
        assertEquals(
            List.of(new Result.Applied(), new Result.Applied()), List.copyOf(side.get().values()));
      }
    } finally {
      threads.shutdownNow();
      assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    }
    assertTrue(crosswise.tries.get() > 2, "one of them was ended, and began again");
    assertEquals(List.of("left++", "right++"), tally());
    assertEquals(ids(apples(0, 4)), processed());
  }

  @ParameterizedTest(name = "SQLSTATE {0} is tried {1} times")
  @CsvSource({"40P01, 4", "40001, 4", "55P03, 1", "57014, 1"})
  void what_another_batch_is_to_blame_for_is_tried_again_within_bounds(String state, int tries) {
    AtomicInteger tried = new AtomicInteger();
    Projector<String> ended =
        new Projector<>() {
          @Override
          public String source() {
            return "acme";
          }

          @Override
          public String type() {
            return "acme.apple.seen";
          }

          @Override
          public List<String> rows(Envelope envelope) {
            return List.of("row");
          }

          @Override
          public void write(Connection tx, List<String> rows) throws SQLException {
            tried.incrementAndGet();
            try (var statement = tx.createStatement()) {
              statement.execute("DO $$ BEGIN RAISE SQLSTATE '" + state + "'; END $$");
            }
          }
        };
    Consumer consumer = new Consumer(STORES.env(), List.of(ended), List.of(), types());
    SQLException told = assertThrows(SQLException.class, () -> consumer.consume(apples(0, 3)));
    assertEquals(state, told.getSQLState());
    assertEquals(tries, tried.get());
    assertEquals(List.of(), processed());
  }

  @Test
  void the_same_events_from_eight_sides_at_once_take_effect_once() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Long>> sides = new ArrayList<>();
      for (int side = 0; side < 8; side++) {
        Random random = new Random(side);
        sides.add(
            threads.submit(
                () -> {
                  long applied = 0;
                  for (int round = 0; round < 5; round++) {
                    List<JsonNode> batch = apples(0, 200);
                    Collections.shuffle(batch, random);
                    applied +=
                        consumer.consume(batch.subList(0, 100)).values().stream()
                            .filter(r -> r instanceof Result.Applied)
                            .count();
                  }
                  return applied;
                }));
      }
      long applied = 0;
      for (Future<Long> side : sides) {
        applied += side.get();
      }
      assertEquals(applied, tally().size());
      assertEquals(applied, tally().stream().distinct().count());
      assertEquals(applied, processed().size());
    } finally {
      threads.shutdownNow();
      assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    }
  }

  @Test
  void batches_that_touch_the_same_channels_crosswise_all_come_through() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Long>> sides = new ArrayList<>();
      for (int side = 0; side < 8; side++) {
        int own = side;
        sides.add(
            threads.submit(
                () -> {
                  long applied = 0;
                  for (int round = 0; round < 10; round++) {
                    List<JsonNode> batch = new ArrayList<>();
                    for (int channel = 0; channel < 60; channel++) {
                      batch.add(
                          observed(own * 10_000 + round * 100 + channel, channel, own % 2 == 0));
                    }
                    applied +=
                        consumer.consume(batch).values().stream()
                            .filter(r -> r instanceof Result.Applied)
                            .count();
                  }
                  return applied;
                }));
      }
      for (Future<Long> side : sides) {
        assertEquals(600, side.get());
      }
    } finally {
      threads.shutdownNow();
      assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    }
  }

  /**
   * Of the lower channels one side sees the viewers, of the upper ones the stream; or crosswise.
   */
  private static ObjectNode observed(int number, int channel, boolean lowerViewers) {
    ObjectNode event = event("kick.viewer_count.observed", number);
    ObjectNode data = event.putObject("data").put("platform", "kick");
    data.put("platform_user_id", Integer.toString(channel));
    if (channel < 30 == lowerViewers) {
      data.put("viewer_count", number);
    } else {
      data.put("stream_rev", Integer.toString(number)).putObject("stream").put("is_live", true);
    }
    return event;
  }

  private static ObjectNode replay(JsonNode original, int run) {
    ObjectNode replay = original.deepCopy();
    replay.put(
        "id", EventId.text(EventId.of(TIME, "acme", "replay", id(original), "run " + run, 0)));
    return replay.put("replayof", id(original));
  }

  @Test
  void a_replay_is_applied_again_and_records_the_original() throws SQLException {
    results(List.of(apple(1)));
    assertEquals("Applied", results(List.of(replay(apple(1), 1))));
    assertEquals("Applied", results(List.of(replay(apple(1), 1))), "and again");
    assertEquals(List.of(id(apple(1))), processed());
    assertEquals(3, tally().size());
  }

  @Test
  void an_original_that_comes_after_its_replay_is_a_duplicate() throws SQLException {
    assertEquals("Applied", results(List.of(replay(apple(1), 1))));
    assertEquals("Duplicate", results(List.of(apple(1))));
    assertEquals(List.of(id(apple(1))), processed());
  }

  @Test
  void a_replay_of_a_replay_stands_for_the_original() throws SQLException {
    ObjectNode again = replay(apple(1), 2);
    assertEquals("Applied, Applied", results(List.of(replay(apple(1), 1), again)));
    assertEquals(List.of(id(apple(1))), processed());
    assertEquals("Duplicate", results(List.of(apple(1))));
  }

  @Test
  void a_replay_that_fails_leaves_the_original_recorded() throws SQLException {
    results(List.of(apple(1)));
    assertEquals("SQLSTATE 23514", results(List.of(saying(replay(apple(1), 1), "banned"))));
    assertEquals("Duplicate", results(List.of(apple(1))));
  }

  @Test
  void an_id_from_the_future_does_not_stop_the_partitions_of_its_day() throws SQLException {
    Instant ahead = Instant.now().plusSeconds(40 * 86_400L);
    ObjectNode early = apple(1);
    early.put("id", EventId.text(EventId.of(ahead, "acme", "x", "x", "k", 0)));
    assertEquals("Applied", results(List.of(early)));
    STORES
        .envSql()
        .rows(
            "SELECT public.processed_events_make_partitions((now() AT TIME ZONE 'UTC')::date + 39,"
                + " 3)");
    assertEquals(0, STORES.envSql().number("SELECT count(*) FROM public.processed_events_default"));
    assertEquals("Duplicate", results(List.of(early)));
  }
}
