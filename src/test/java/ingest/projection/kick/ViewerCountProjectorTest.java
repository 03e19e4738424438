package ingest.projection.kick;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.store.Sql;
import ingest.store.TestStores;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ViewerCountProjectorTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final String TYPE = "kick.viewer_count.observed";
  private static final Instant START = Instant.parse("2026-09-24T03:00:00Z");
  private static final Duration LAG = Duration.ofSeconds(90);
  private static final int ROUNDS = 300;

  private final ViewerCountProjector projector = new ViewerCountProjector();

  private static Envelope observed(int channel, Instant at, UUID id, ObjectNode data) {
    data.put("platform", "kick").put("platform_user_id", Integer.toString(channel));
    return new Envelope(
        id,
        "kick",
        TYPE,
        TYPE + "/1",
        "kick:" + channel,
        at,
        Envelope.micros(at),
        null,
        null,
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data);
  }

  private static ObjectNode data() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static UUID id(Instant at, int ordinal) {
    return EventId.of(at, "kick", TYPE, "kick", "slot", ordinal);
  }

  private void write(List<Envelope> batch) throws SQLException {
    try (Connection connection = STORES.env().connection()) {
      write(connection, batch);
    }
  }

  private void write(Connection connection, List<Envelope> batch) throws SQLException {
    projector.write(connection, batch.stream().flatMap(e -> projector.rows(e).stream()).toList());
  }

  private static final String SNAPSHOT =
      "SELECT platform_user_id, viewer_count, viewers_rev, viewers_ev, title, language, stream_rev,"
          + " stream_ev FROM public.channel_snapshot ORDER BY platform_user_id";

  private static List<String> snapshot() {
    return STORES.envSql().rows(SNAPSHOT);
  }

  /** Any subset of fields; few distinct times, so that revisions are often equal. */
  private static Envelope any(Random random, int ordinal) {
    Instant at = START.plusSeconds(random.nextInt(6) * 30L);
    ObjectNode data = data();
    if (random.nextInt(4) > 0) {
      data.put("viewer_count", random.nextInt(1000));
    }
    if (random.nextInt(3) > 0) {
      ObjectNode stream = data.putObject("stream");
      stream.put("is_live", random.nextBoolean());
      if (random.nextBoolean()) {
        stream.put("title", "title " + random.nextInt(100));
      }
      if (random.nextBoolean()) {
        stream.put("language", random.nextBoolean() ? "en" : "de");
      }
      data.put("stream_rev", Long.toString(Envelope.micros(at.minus(LAG))));
    }
    // only the lower half differs at one time: half of these are negative to a signed comparison
    UUID id = id(at, ordinal);
    UUID spread = new UUID(id.getMostSignificantBits() & ~0xFFFFL, random.nextLong());
    return observed(random.nextInt(4), at, spread, data);
  }

  /** What the rules say, worked out without PostgreSQL and without the projector. */
  private static List<String> expected(List<Envelope> history) {
    TreeMap<String, String> rows = new TreeMap<>();
    for (Envelope any : history) {
      String channel = any.data().path("platform_user_id").asText();
      List<Envelope> own =
          history.stream().filter(e -> e.subject().equals("kick:" + channel)).toList();
      Envelope viewers = newest(own, "viewer_count");
      Envelope stream = newest(own, "stream");
      if (viewers != null || stream != null) {
        rows.put(channel, viewers(viewers) + stream(stream));
      }
    }
    return rows.entrySet().stream().map(r -> r.getKey() + "|" + r.getValue()).toList();
  }

  private static @Nullable Envelope newest(List<Envelope> own, String field) {
    return own.stream()
        .filter(e -> e.data().has(field))
        .max(Comparator.comparing((Envelope e) -> e.time()).thenComparing(e -> e.id().toString()))
        .orElse(null);
  }

  private static final String NEVER = "|0|00000000-0000-0000-0000-000000000000";

  private static String viewers(@Nullable Envelope e) {
    return e == null
        ? "-" + NEVER
        : "%d|%d|%s".formatted(e.data().path("viewer_count").intValue(), e.rev(), e.id());
  }

  private static String stream(@Nullable Envelope e) {
    return e == null
        ? "|-|-" + NEVER
        : "|%s|%s|%s|%s"
            .formatted(
                e.data().path("stream").path("title").asText("-"),
                e.data().path("stream").path("language").asText("-"),
                e.data().path("stream_rev").asText(),
                e.id());
  }

  @Test
  void any_order_of_arrival_with_repeats_gives_the_same_rows() throws SQLException {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      List<Envelope> history = new ArrayList<>();
      int size = 1 + random.nextInt(25);
      for (int i = 0; i < size; i++) {
        history.add(any(random, i));
      }
      List<Envelope> arrival = new ArrayList<>(history);
      for (int repeats = random.nextInt(8); repeats > 0; repeats--) {
        arrival.add(history.get(random.nextInt(size)));
      }
      Collections.shuffle(arrival, random);
      try (Connection tx = STORES.env().connection()) {
        tx.setAutoCommit(false);
        for (int from = 0; from < arrival.size(); ) {
          int to = Math.min(arrival.size(), from + 1 + random.nextInt(8));
          write(tx, arrival.subList(from, to));
          from = to;
        }
        assertEquals(
            expected(history),
            Sql.rows(tx, SNAPSHOT),
            "round " + round + ", run again with -Dseed=" + seed);
        tx.rollback();
      }
    }
  }

  @Test
  void a_count_that_is_absent_neither_writes_nor_advances() throws SQLException {
    write(List.of(observed(1, START, id(START, 1), data().put("viewer_count", 5))));
    List<String> before = snapshot();
    Instant later = START.plusSeconds(60);
    write(List.of(observed(1, later, id(later, 1), data())));
    assertEquals(before, snapshot());
    Instant between = START.plusSeconds(30);
    write(List.of(observed(1, between, id(between, 1), data().put("viewer_count", 6))));
    assertEquals(
        List.of("6"), STORES.envSql().rows("SELECT viewer_count FROM public.channel_snapshot"));
  }

  @Test
  void a_poll_that_began_less_than_its_lag_after_a_push_does_not_overwrite_it()
      throws SQLException {
    Instant pushed = START.plusSeconds(10);
    STORES
        .envSql()
        .run(
            "INSERT INTO public.channel_snapshot (platform, platform_user_id, is_live, title,"
                + " stream_rev, stream_ev) VALUES ('kick', '1', false, 'pushed', ?, ?)",
            Envelope.micros(pushed),
            id(pushed, 9));
    Instant within = pushed.plus(LAG).minusMillis(1);
    write(List.of(polled(within, 7)));
    assertEquals(List.of("f|pushed|7"), stream());
    Instant after = pushed.plus(LAG).plusMillis(1);
    write(List.of(polled(after, 8)));
    assertEquals(List.of("t|polled|8"), stream());
  }

  private static Envelope polled(Instant at, int viewers) {
    ObjectNode data = data().put("viewer_count", viewers);
    data.put("stream_rev", Long.toString(Envelope.micros(at.minus(LAG))));
    data.putObject("stream").put("is_live", true).put("title", "polled");
    return observed(1, at, id(at, 1), data);
  }

  private static List<String> stream() {
    return STORES.envSql().rows("SELECT is_live, title, viewer_count FROM public.channel_snapshot");
  }

  @Test
  void a_replay_writes_the_row_of_its_original_again() throws SQLException {
    Envelope original = observed(1, START, id(START, 1), data().put("viewer_count", 5));
    write(List.of(original));
    STORES.envSql().run("UPDATE public.channel_snapshot SET viewer_count = 99");
    Envelope replay =
        new Envelope(
            id(START, 2),
            original.source(),
            TYPE,
            original.dataschema(),
            original.subject(),
            original.time(),
            original.rev(),
            null,
            original.id(),
            original.traceparent(),
            original.data());
    write(List.of(replay));
    assertEquals(
        List.of(
            "1|5|%d|%s|-|-|0|00000000-0000-0000-0000-000000000000"
                .formatted(original.rev(), original.id())),
        snapshot());
  }
}
