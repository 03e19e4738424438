package ingest.projection.kick;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.InvalidEnvelope;
import ingest.projection.ChannelSnapshot;
import ingest.projection.Projector;
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
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Polls, webhooks and renames meet in {@code public.channel_snapshot}. */
class ChannelSnapshotTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final String POLL = "kick.viewer_count.observed";
  private static final String STATUS = "kick.livestream.status.updated";
  private static final String METADATA = "kick.livestream.metadata.updated";
  private static final String RENAMED = "kick.channel.renamed";
  private static final Instant START = Instant.parse("2026-09-24T03:00:00Z");
  private static final Duration LAG = Duration.ofSeconds(90);
  private static final String EXTERNAL_ID = "01K5X0000000000000000000A1";
  private static final int ROUNDS = 300;

  /** In the order in which the consumer runs them. */
  private static final List<Projector<ChannelSnapshot.Row>> PROJECTORS =
      Stream.<Projector<ChannelSnapshot.Row>>of(
              new ViewerCountProjector(),
              new LivestreamStatusProjector(),
              new MetadataProjector(),
              new RenamedProjector())
          .sorted(Comparator.comparing(Projector::type))
          .toList();

  private static Envelope event(String type, int channel, Instant at, UUID id, ObjectNode data) {
    data.put("platform", "kick").put("platform_user_id", Integer.toString(channel));
    return new Envelope(
        id,
        type.equals(RENAMED) ? "dm" : "kick",
        type,
        type + "/1",
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
    return EventId.of(at, "kick", POLL, "kick", "slot", ordinal);
  }

  private static Envelope polled(Instant at, ObjectNode data) {
    if (data.has("stream")) {
      data.put("stream_rev", Long.toString(Envelope.micros(at.minus(LAG))));
    }
    return event(POLL, 1, at, id(at, 1), data);
  }

  private static Envelope polled(Instant at, boolean live, String title) {
    ObjectNode data = data().put("viewer_count", 7);
    data.putObject("stream").put("is_live", live).put("title", title).put("language", "en");
    return polled(at, data);
  }

  private static Envelope pushed(Instant at, boolean live, String title) {
    ObjectNode data = data();
    ObjectNode stream = data.putObject("stream").put("is_live", live).put("title", title);
    stream.put("started_at", START.toString());
    return event(STATUS, 1, at, id(at, 2), data);
  }

  private static Envelope renamed(Instant at, String slug) {
    return event(RENAMED, 1, at, id(at, 3), data().put("slug", slug));
  }

  private static void write(Envelope... batch) throws SQLException {
    try (Connection connection = STORES.env().connection()) {
      write(connection, List.of(batch));
    }
  }

  private static void write(Connection connection, List<Envelope> batch) throws SQLException {
    for (Projector<ChannelSnapshot.Row> projector : PROJECTORS) {
      List<ChannelSnapshot.Row> rows =
          batch.stream()
              .filter(e -> e.type().equals(projector.type()))
              .flatMap(e -> projector.rows(e).stream())
              .toList();
      if (!rows.isEmpty()) {
        projector.write(connection, rows);
      }
    }
  }

  private static List<String> snapshot(String columns) {
    return STORES.envSql().rows("SELECT " + columns + " FROM public.channel_snapshot");
  }

  // -- any order

  /** Any subset of fields; few distinct times, so that revisions are often equal. */
  private static Envelope any(Random random, int ordinal) {
    Instant at = START.plusSeconds(random.nextInt(8) * 30L);
    ObjectNode data = data();
    if (random.nextInt(3) > 0) {
      data.put("slug", "slug-" + random.nextInt(4));
    }
    String type =
        switch (random.nextInt(5)) {
          case 0, 1 -> {
            poll(random, at, data);
            yield POLL;
          }
          case 2 -> {
            stream(random, data, at);
            yield STATUS;
          }
          case 3 -> {
            ObjectNode stream = stream(random, data, at);
            stream.remove(List.of("is_live", "started_at"));
            details(random, stream);
            yield METADATA;
          }
          default -> {
            data.put("slug", "slug-" + random.nextInt(4));
            yield RENAMED;
          }
        };
    // only the lower half differs at one time: half of these are negative to a signed comparison
    UUID id = id(at, ordinal);
    UUID spread = new UUID(id.getMostSignificantBits() & ~0xFFFFL, random.nextLong());
    return event(type, random.nextInt(3), at, spread, data)
        .of(random.nextBoolean() ? EXTERNAL_ID : null);
  }

  private static void poll(Random random, Instant at, ObjectNode data) {
    if (random.nextInt(4) > 0) {
      data.put("viewer_count", random.nextInt(1000));
    }
    if (random.nextInt(3) > 0) {
      ObjectNode stream = stream(random, data, at);
      if (random.nextInt(5) == 0) {
        stream.remove("is_live");
      }
      details(random, stream);
      data.put("stream_rev", Long.toString(Envelope.micros(at.minus(LAG))));
    }
  }

  private static void details(Random random, ObjectNode stream) {
    if (random.nextBoolean()) {
      stream.put("language", random.nextBoolean() ? "en" : "de");
    }
    if (random.nextBoolean()) {
      stream.put("is_mature", random.nextBoolean());
      stream.putObject("category").put("id", random.nextInt(9) + 1).put("name", "Chess");
    }
  }

  private static ObjectNode stream(Random random, ObjectNode data, Instant at) {
    ObjectNode stream = data.putObject("stream").put("is_live", random.nextBoolean());
    if (random.nextInt(4) > 0) {
      stream.put("started_at", at.minusSeconds(random.nextInt(3)).toString());
    }
    if (random.nextInt(4) > 0) {
      stream.put("title", "title " + random.nextInt(100));
    }
    return stream;
  }

  private static final String SNAPSHOT =
      """
      SELECT platform_user_id, channel_external_id, viewer_count, viewers_rev, viewers_ev, slug, slug_rev, slug_ev,
             is_live, to_char(stream_started_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), live_rev, live_ev,
             title, title_rev, title_ev, language, is_mature, category_id, category_name, stream_rev, stream_ev
      FROM public.channel_snapshot ORDER BY platform_user_id
      """;

  /** What the rules say, worked out without PostgreSQL and without the projectors. */
  private static List<String> expected(List<Envelope> history) {
    List<String> rows = new ArrayList<>();
    for (String channel : new TreeSet<>(history.stream().map(Envelope::subject).toList())) {
      List<Envelope> own = history.stream().filter(e -> e.subject().equals(channel)).toList();
      Envelope viewers = newest(own, e -> e.data().has("viewer_count"), Envelope::rev);
      Envelope slug = newest(own, e -> e.data().has("slug"), ChannelSnapshotTest::lagging);
      Envelope live =
          newest(own, e -> e.data().path("stream").has("is_live"), ChannelSnapshotTest::lagging);
      Envelope title = newest(own, e -> e.data().has("stream"), ChannelSnapshotTest::lagging);
      Envelope details =
          newest(
              own,
              e -> !e.type().equals(STATUS) && e.data().has("stream"),
              ChannelSnapshotTest::lagging);
      boolean known = own.stream().anyMatch(e -> e.channelid() != null);
      if (known || viewers != null || slug != null || title != null) {
        boolean on = live != null && live.data().path("stream").path("is_live").booleanValue();
        rows.add(
            String.join(
                "|",
                channel.substring("kick:".length()),
                known ? EXTERNAL_ID : "-",
                value(viewers, "/viewer_count"),
                order(viewers, Envelope::rev),
                value(slug, "/slug"),
                order(slug, ChannelSnapshotTest::lagging),
                value(live, "/stream/is_live").replace("true", "t").replace("false", "f"),
                on ? value(live, "/stream/started_at") : "-",
                order(live, ChannelSnapshotTest::lagging),
                value(title, "/stream/title"),
                order(title, ChannelSnapshotTest::lagging),
                value(details, "/stream/language"),
                value(details, "/stream/is_mature").replace("true", "t").replace("false", "f"),
                value(details, "/stream/category/id"),
                value(details, "/stream/category/name"),
                order(details, ChannelSnapshotTest::lagging)));
      }
    }
    return rows;
  }

  /** What orders all but the viewers. */
  private static long lagging(Envelope e) {
    return Long.parseLong(e.data().path("stream_rev").asText(Long.toString(e.rev())));
  }

  private interface Order {
    long of(Envelope envelope);
  }

  private static @Nullable Envelope newest(
      List<Envelope> own, Predicate<Envelope> says, Order order) {
    return own.stream()
        .filter(says)
        .max(
            Comparator.comparing((Envelope e) -> order.of(e)).thenComparing(e -> e.id().toString()))
        .orElse(null);
  }

  private static String value(@Nullable Envelope e, String pointer) {
    JsonNode value = e == null ? null : e.data().at(pointer);
    return value == null || value.isMissingNode() ? "-" : value.asText();
  }

  private static String order(@Nullable Envelope e, Order order) {
    return e == null
        ? "0|00000000-0000-0000-0000-000000000000"
        : "%d|%s".formatted(order.of(e), e.id());
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
            String.join("\n", expected(history)),
            String.join("\n", Sql.rows(tx, SNAPSHOT)),
            "round " + round + ", run again with -Dseed=" + seed);
        tx.rollback();
      }
    }
  }

  // -- each group by itself

  @Test
  void a_count_that_is_absent_neither_writes_nor_advances() throws SQLException {
    write(polled(START, data().put("viewer_count", 5)));
    List<String> before = snapshot("*");
    write(polled(START.plusSeconds(60), data()));
    assertEquals(before, snapshot("*"));
    write(polled(START.plusSeconds(30), data().put("viewer_count", 6)));
    assertEquals(List.of("6"), snapshot("viewer_count"));
  }

  @Test
  void what_changes_nothing_writes_nothing() throws SQLException {
    write(pushed(START.plusSeconds(60), true, "new"), renamed(START.plusSeconds(60), "new"));
    List<String> before = snapshot("*, xmin");
    write(pushed(START, true, "old"), renamed(START, "old"));
    assertEquals(before, snapshot("*, xmin"));
  }

  @Test
  void a_poll_that_began_less_than_its_lag_after_a_push_does_not_undo_it() throws SQLException {
    String columns = "is_live, title, viewer_count, language";
    Instant ended = START.plusSeconds(600);
    write(polled(ended.minusSeconds(60), true, "polled"));
    write(pushed(ended, false, "pushed"));
    assertEquals(List.of("f|pushed|7|en"), snapshot(columns));
    write(polled(ended.plus(LAG).minusMillis(1), true, "polled"));
    assertEquals(List.of("f|pushed|7|en"), snapshot(columns));
    write(polled(ended.plus(LAG).plusMillis(1), true, "polled"));
    assertEquals(List.of("t|polled|7|en"), snapshot(columns));
  }

  @Test
  void a_change_of_title_and_category_is_there_at_once_and_leaves_the_rest() throws SQLException {
    write(polled(START, true, "polled"));
    ObjectNode data = data();
    ObjectNode stream = data.putObject("stream").put("title", "pushed").put("language", "de");
    stream.putObject("category").put("id", 15).put("name", "Chess");
    Instant changed = START.plusSeconds(30);
    write(event(METADATA, 1, changed, id(changed, 4), data));
    write(polled(START.plusSeconds(60), true, "polled before"));
    assertEquals(
        List.of("t|7|pushed|de|15|Chess"),
        snapshot("is_live, viewer_count, title, language, category_id, category_name"));
  }

  @Test
  void an_end_that_was_lost_is_healed_by_the_next_poll() throws SQLException {
    write(pushed(START, true, "on"));
    write(polled(START.plus(LAG).plusSeconds(60), false, "off"));
    assertEquals(List.of("f|-|off"), snapshot("is_live, stream_started_at, title"));
  }

  @Test
  void an_end_clears_the_start_of_the_stream_and_leaves_what_it_does_not_know()
      throws SQLException {
    write(polled(START, true, "on"), pushed(START, true, "on"), renamed(START, "maple"));
    assertEquals(
        1, STORES.envSql().number("SELECT count(stream_started_at) FROM public.channel_snapshot"));
    write(pushed(START.plusSeconds(600), false, "on"));
    assertEquals(
        List.of("f|-|on|maple|en|7"),
        snapshot("is_live, stream_started_at, title, slug, language, viewer_count"));
  }

  @Test
  void a_late_end_of_an_earlier_stream_does_not_end_the_one_that_runs() throws SQLException {
    write(pushed(START.plusSeconds(700), true, "second"));
    write(pushed(START.plusSeconds(600), false, "first"));
    assertEquals(List.of("t|second"), snapshot("is_live, title"));
  }

  @Test
  void a_rename_holds_back_neither_the_stream_nor_the_viewers() throws SQLException {
    write(renamed(START.plusSeconds(600), "maple"));
    ObjectNode poll = data().put("viewer_count", 7).put("slug", "old");
    poll.putObject("stream").put("is_live", true).put("title", "on");
    write(polled(START, poll));
    assertEquals(List.of("maple|t|on|7"), snapshot("slug, is_live, title, viewer_count"));
  }

  @Test
  void a_replay_writes_the_row_of_its_original_again() throws SQLException {
    Envelope original = pushed(START, true, "told");
    write(original);
    List<String> before = snapshot("is_live, title, live_rev, live_ev, title_ev");
    STORES.envSql().run("UPDATE public.channel_snapshot SET title = 'mangled', is_live = NULL");
    write(
        new Envelope(
            id(START, 9),
            original.source(),
            original.type(),
            original.dataschema(),
            original.subject(),
            original.time(),
            original.rev(),
            null,
            original.id(),
            original.traceparent(),
            original.data()));
    assertEquals(before, snapshot("is_live, title, live_rev, live_ev, title_ev"));
  }

  // -- bad data

  @ParameterizedTest
  @ValueSource(strings = {POLL, STATUS, RENAMED})
  void what_its_type_has_to_have_is_asked_for(String type) {
    Projector<ChannelSnapshot.Row> projector =
        PROJECTORS.stream().filter(p -> p.type().equals(type)).findFirst().orElseThrow();
    Envelope empty = event(type, 1, START, id(START, 1), data());
    ((ObjectNode) empty.data()).remove("platform_user_id");
    assertEquals(
        "data is not that of " + type + "/1",
        assertThrows(InvalidEnvelope.class, () -> projector.rows(empty)).getMessage());
  }

  @Test
  void a_revision_that_is_none_is_named() {
    Envelope event = polled(START, data().put("stream_rev", "later"));
    assertEquals(
        "stream_rev is not a decimal number",
        assertThrows(InvalidEnvelope.class, () -> new ViewerCountProjector().rows(event))
            .getMessage());
  }
}
