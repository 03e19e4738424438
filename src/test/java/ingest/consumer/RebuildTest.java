package ingest.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.projection.Projector;
import ingest.projection.Table;
import ingest.projection.dm.ClaimedProjector;
import ingest.projection.kick.LivestreamStatusProjector;
import ingest.projection.kick.MetadataProjector;
import ingest.projection.kick.RenamedProjector;
import ingest.projection.kick.ViewerCountProjector;
import ingest.store.TestStores;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A table that a projector's fault has spoilt is made anew beside the live one. */
class RebuildTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant START = Instant.parse("2026-09-24T03:00:00Z");
  private static final int CHANNELS = 40;
  private static final String SNAPSHOT = "channel_snapshot";
  private static final String POLL = "kick.viewer_count.observed";

  private static final List<Projector<?>> MENDED =
      List.of(
          new ViewerCountProjector(),
          new LivestreamStatusProjector(),
          new MetadataProjector(),
          new RenamedProjector(),
          new ClaimedProjector());

  @TempDir static Path noRoutes = Path.of("");

  private final Rebuilds rebuilds = new Rebuilds(STORES.env(), MENDED);
  private final Consumer consumer = consumer(MENDED);
  private final UUID id = UUID.randomUUID();

  /**
   * The buried fault: the number of viewers is one more than was counted, and for some channels
   * there is a row that nobody asked for.
   */
  private static final class Faulty implements Projector<Faulty.Row> {
    private final ViewerCountProjector meant = new ViewerCountProjector();

    record Row(ingest.projection.ChannelSnapshot.Row meant) {}

    @Override
    public String source() {
      return meant.source();
    }

    @Override
    public String type() {
      return meant.type();
    }

    @Override
    public List<Table> tables() {
      return meant.tables();
    }

    @Override
    public List<Row> rows(Envelope envelope) {
      return meant.rows(envelope).stream().map(Row::new).toList();
    }

    @Override
    public void write(Connection tx, List<Row> rows) throws SQLException {
      meant.write(tx, rows.stream().map(Row::meant).toList());
      EnvTransaction.execute(tx, "UPDATE channel_snapshot SET viewer_count = viewer_count + 1");
      try (PreparedStatement insert =
          tx.prepareStatement(
              "INSERT INTO channel_snapshot (platform, platform_user_id, title) VALUES ('kick', ?, 'nobody') ON CONFLICT DO NOTHING")) {
        for (Row row : rows) {
          if (row.meant.platformUserId().endsWith("7")) {
            insert.setString(1, row.meant.platformUserId() + "-appended");
            insert.executeUpdate();
          }
        }
      }
    }
  }

  private static Consumer consumer(List<Projector<?>> projectors) {
    return new Consumer(STORES.env(), projectors, List.of(), EventTypes.load(noRoutes));
  }

  @BeforeEach
  void nothingIsOpen() throws SQLException {
    for (JsonNode each : rebuilds.latest()) {
      rebuilds.drop(UUID.fromString(each.path("rebuild").asText()));
    }
    STORES.envSql().run("DELETE FROM public.projection_rebuild");
  }

  // -- events

  private static ObjectNode event(String source, String type, int number, Random random) {
    Instant at = START.plusSeconds(random.nextInt(400));
    ObjectNode event = JSON.createObjectNode();
    event.put("specversion", "1.0");
    event.put("id", EventId.text(EventId.of(at, source, type, "kick:x", "n" + number, 0)));
    event.put("source", source).put("type", type).put("dataschema", type + "/1");
    int channel = random.nextInt(CHANNELS);
    event.put("subject", "kick:" + channel).put("time", at.toString());
    event.put("rev", Long.toString(Envelope.micros(at)));
    event.put("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    event.putObject("data").put("platform", "kick").put("platform_user_id", "" + channel);
    return event;
  }

  /** The {@code n}th event of this test; few channels and times, so that order matters. */
  private static JsonNode any(int n) {
    Random random = new Random(n);
    int kind = random.nextInt(4);
    ObjectNode event =
        kind == 0
            ? event("kick", "kick.livestream.status.updated", n, random)
            : kind == 1
                ? event("dm", "kick.channel.renamed", n, random)
                : event("kick", POLL, n, random);
    ObjectNode data = (ObjectNode) event.path("data");
    data.put("slug", "slug-" + random.nextInt(5));
    if (kind > 1) {
      data.put("viewer_count", random.nextInt(1000));
    }
    if (kind != 1) {
      data.putObject("stream")
          .put("is_live", random.nextBoolean())
          .put("title", "title " + random.nextInt(9));
    }
    return event;
  }

  private static List<JsonNode> events(int from, int until) {
    List<JsonNode> events = new ArrayList<>();
    for (int n = from; n < until; n++) {
      events.add(any(n));
    }
    return events;
  }

  private static List<String> live() {
    return STORES
        .envSql()
        .rows(
            "SELECT (to_jsonb(s) - 'updated_at')::text FROM public.channel_snapshot s ORDER BY platform, platform_user_id");
  }

  /** What a correct projector would have written, all in one go. */
  private List<String> expected(List<JsonNode> all) throws SQLException {
    STORES.envSql().run("DELETE FROM public.channel_snapshot");
    STORES.envSql().run("DELETE FROM public.processed_events");
    for (int from = 0; from < all.size(); from += 500) {
      consumer.consume(all.subList(from, Math.min(all.size(), from + 500)));
    }
    return live();
  }

  private static long sum(List<JsonNode> pages, String field) {
    return pages.stream().mapToLong(p -> p.path(field).asLong()).sum();
  }

  private List<JsonNode> difference(int keys) throws SQLException {
    List<JsonNode> pages = new ArrayList<>();
    JsonNode after = null;
    do {
      JsonNode page = rebuilds.difference(id, SNAPSHOT, after, keys, 100);
      pages.add(page);
      after = page.path("next").isArray() ? page.path("next") : null;
    } while (after != null);
    return pages;
  }

  // -- the whole way

  @Test
  void a_rebuild_under_live_traffic_ends_as_a_correct_projector_would_have_it() throws Exception {
    List<Projector<?>> faulty = new ArrayList<>(MENDED);
    faulty.set(0, new Faulty());
    Consumer before = consumer(faulty);
    for (int from = 0; from < 600; from += 50) {
      before.consume(events(from, from + 50));
    }
    List<JsonNode> all = Collections.synchronizedList(new ArrayList<>(events(0, 600)));
    AtomicBoolean end = new AtomicBoolean();
    Semaphore flowed = new Semaphore(0);
    ExecutorService thread = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> traffic = new ArrayList<>();
      for (int side = 0; side < 2; side++) {
        int first = 10_000 * (side + 1);
        traffic.add(
            thread.submit(
                () -> {
                  for (int from = first; !end.get(); from += 20) {
                    List<JsonNode> batch = events(from, from + 20);
                    all.addAll(batch); // it is in the archive before it is here
                    while (!consumed(batch)) {
                      Thread.onSpinWait();
                    }
                    flowed.release();
                  }
                  return null;
                }));
      }
      goesOn(flowed);
      rebuilds.begin(id, SNAPSHOT);
      List<JsonNode> history = List.copyOf(all); // all that was processed before the begin
      Random random = new Random(5);
      for (int place = 0, kills = 0; place < history.size(); ) {
        List<JsonNode> page = history.subList(place, Math.min(history.size(), place + 64));
        assertEquals(page.size(), rebuilds.project(id, page).path("applied").asInt());
        if (kills < 10 && random.nextInt(3) == 0) { // the page was done and its place is not kept
          kills++;
          place = Math.max(0, place - 64 * random.nextInt(3));
        } else {
          place += page.size();
        }
      }
      assertEquals("complete", rebuilds.complete(id).path("state").asText());
      List<JsonNode> told = difference(7);
      assertEquals(4, sum(told, "only_live"), "rows that nobody asked for");
      assertEquals(0, sum(told, "only_shadow"));
      assertTrue(sum(told, "different") > 0);
      for (JsonNode page : told) {
        page.path("columns").fieldNames().forEachRemaining(c -> assertEquals("viewer_count", c));
      }
      Refusal refused = assertThrows(Refusal.class, () -> rebuilds.swap(id, 3));
      assertEquals(409, refused.status());
      assertEquals(4, sum(difference(1000), "only_live"), "a refused swap does nothing");
      JsonNode swapped = swapped(4);
      assertEquals(4, swapped.path("swapped").path(SNAPSHOT).path("removed").asInt());
      assertEquals(swapped, rebuilds.swap(id, 0), "asked again it tells the same");
      goesOn(flowed);
      end.set(true);
      for (Future<?> side : traffic) {
        side.get(60, TimeUnit.SECONDS);
      }
    } finally {
      end.set(true);
      thread.shutdown();
      assertTrue(thread.awaitTermination(60, TimeUnit.SECONDS));
    }
    List<String> ended = live();
    assertEquals(expected(List.copyOf(all)), ended);
  }

  /** Some more batches were consumed. */
  private static void goesOn(Semaphore flowed) throws InterruptedException {
    flowed.drainPermits();
    assertTrue(flowed.tryAcquire(5, 60, TimeUnit.SECONDS));
  }

  /** What waited for too long is sent again, as the sender does. */
  private boolean consumed(List<JsonNode> batch) throws SQLException {
    try {
      consumer.consume(batch);
      return true;
    } catch (SQLException e) {
      if ("55P03".equals(e.getSQLState())) {
        return false;
      }
      throw e;
    }
  }

  private JsonNode swapped(long lose) throws SQLException {
    for (; ; ) {
      try {
        return rebuilds.swap(id, lose);
      } catch (SQLException e) {
        if (!"55P03".equals(e.getSQLState())) {
          throw e;
        }
      }
    }
  }

  // -- what holds on the way

  @Test
  void history_touches_no_live_table_and_records_no_id() throws SQLException {
    rebuilds.begin(id, SNAPSHOT);
    rebuilds.project(id, events(0, 100));
    assertEquals(List.of(), live());
    assertEquals(0, STORES.envSql().number("SELECT count(*) FROM public.processed_events"));
    assertEquals(
        sum(difference(1000), "only_shadow"),
        STORES.envSql().number("SELECT count(*) FROM ingest_rebuild.channel_snapshot"));
  }

  @Test
  void what_is_delivered_meanwhile_is_in_both() throws SQLException {
    rebuilds.begin(id, SNAPSHOT);
    consumer.consume(events(0, 100));
    assertNotEquals(List.of(), live());
    assertEquals(0, sum(difference(1000), "only_live"));
    assertEquals(0, sum(difference(1000), "different"));
    rebuilds.drop(id);
    List<String> before = live();
    consumer.consume(events(0, 100));
    assertEquals(before, live());
  }

  /** A writer that had not looked yet is waited for; one that comes later finds the rebuild. */
  @Test
  void no_transaction_slips_through_between_the_begin_and_the_first_shadow_row() throws Exception {
    CountDownLatch written = new CountDownLatch(1);
    CountDownLatch mayCommit = new CountDownLatch(1);
    Projector<String> slow =
        new Projector<>() {
          @Override
          public String source() {
            return "kick";
          }

          @Override
          public String type() {
            return POLL;
          }

          @Override
          public List<Table> tables() {
            return List.of(Table.of(SNAPSHOT));
          }

          @Override
          public List<String> rows(Envelope envelope) {
            return List.of(envelope.data().path("platform_user_id").asText());
          }

          @Override
          public void write(Connection tx, List<String> rows) throws SQLException {
            EnvTransaction.execute(
                tx,
                "INSERT INTO channel_snapshot (platform, platform_user_id) VALUES ('kick', '%s') ON CONFLICT DO NOTHING"
                    .formatted(rows.get(0)));
            written.countDown();
            try {
              assertTrue(mayCommit.await(60, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        };
    Rebuilds own = new Rebuilds(STORES.env(), List.of(slow));
    ExecutorService threads = Executors.newFixedThreadPool(1);
    try {
      JsonNode poll =
          events(0, 50).stream()
              .filter(e -> e.path("type").asText().equals(POLL))
              .findFirst()
              .orElseThrow();
      Future<?> writer = threads.submit(() -> consumer(List.of(slow)).consume(List.of(poll)));
      assertTrue(written.await(60, TimeUnit.SECONDS));
      SQLException waited = assertThrows(SQLException.class, () -> own.begin(id, SNAPSHOT));
      assertEquals("55P03", waited.getSQLState(), "it waits for who has written");
      mayCommit.countDown();
      writer.get(60, TimeUnit.SECONDS);
      own.begin(id, SNAPSHOT);
      assertEquals(
          0, STORES.envSql().number("SELECT count(*) FROM ingest_rebuild.channel_snapshot"));
    } finally {
      mayCommit.countDown();
      threads.shutdown();
      assertTrue(threads.awaitTermination(60, TimeUnit.SECONDS));
    }
  }

  /** Which claim holds depends on the order in which they came, and no archive tells that. */
  @Test
  void what_cannot_be_made_anew_is_refused_with_its_reason() {
    Refusal claims = assertThrows(Refusal.class, () -> rebuilds.begin(id, "channel_claim"));
    assertEquals(409, claims.status());
    Refusal unknown = assertThrows(Refusal.class, () -> rebuilds.begin(id, "streamers"));
    assertEquals(404, unknown.status());
    assertTrue(String.valueOf(unknown.getMessage()).contains(SNAPSHOT));
  }

  @Test
  void one_is_open_at_a_time_and_beginning_again_is_the_same_one() throws SQLException {
    JsonNode begun = rebuilds.begin(id, SNAPSHOT);
    assertEquals(begun, rebuilds.begin(id, SNAPSHOT));
    assertEquals(
        409,
        assertThrows(Refusal.class, () -> rebuilds.begin(UUID.randomUUID(), SNAPSHOT)).status());
    rebuilds.drop(id);
    rebuilds.begin(UUID.randomUUID(), SNAPSHOT);
  }

  @Test
  void a_swap_before_history_is_given_is_refused() throws SQLException {
    consumer.consume(events(0, 30));
    rebuilds.begin(id, SNAPSHOT);
    assertEquals(409, assertThrows(Refusal.class, () -> rebuilds.swap(id, 1000)).status());
    assertNotEquals(List.of(), live());
  }

  @Test
  void what_the_shadow_refuses_stops_no_delivery_and_every_swap() throws SQLException {
    rebuilds.begin(id, SNAPSHOT);
    rebuilds.complete(id);
    STORES
        .envSql()
        .run(
            "ALTER TABLE ingest_rebuild.channel_snapshot ADD CHECK (platform_user_id <> '3') NOT VALID");
    for (Result result : consumer.consume(events(0, 200)).values()) {
      assertEquals(new Result.Applied(), result);
    }
    assertTrue(rebuilds.latest().path(0).path("refused").asLong() > 0);
    assertEquals(1, sum(difference(1000), "only_live"));
    assertEquals(409, assertThrows(Refusal.class, () -> rebuilds.swap(id, 1)).status());
  }

  @Test
  void a_migration_that_came_between_is_told() throws SQLException {
    rebuilds.begin(id, SNAPSHOT);
    rebuilds.complete(id);
    STORES.envSql().run("ALTER TABLE public.channel_snapshot ADD COLUMN mood text");
    try {
      assertEquals(409, assertThrows(Refusal.class, () -> rebuilds.swap(id, 0)).status());
    } finally {
      STORES.envSql().run("ALTER TABLE public.channel_snapshot DROP COLUMN mood");
    }
  }

  /** A projector of two tables, beside one of the second. */
  private record Both(String type, List<Table> tables, @Nullable String statement)
      implements Projector<String> {
    @Override
    public String source() {
      return "acme";
    }

    @Override
    public List<String> rows(Envelope envelope) {
      return List.of(EventId.text(envelope.rootId()));
    }

    @Override
    public void write(Connection tx, List<String> rows) throws SQLException {
      for (Table table : tables) {
        for (String row : rows) {
          EnvTransaction.execute(
              tx,
              "INSERT INTO %s (id) VALUES ('%s') ON CONFLICT DO NOTHING"
                  .formatted(statement == null ? table.name() : statement, row));
        }
      }
    }
  }

  private static JsonNode acme(String type, int number) {
    return event("acme", type, number, new Random(number));
  }

  @Test
  void a_table_that_others_write_too_is_sheltered_and_not_made_anew() throws SQLException {
    STORES.envSql().run("DROP TABLE IF EXISTS public.apples, public.pears");
    STORES.envSql().run("CREATE TABLE public.apples (id text PRIMARY KEY)");
    STORES.envSql().run("CREATE TABLE public.pears (id text PRIMARY KEY)");
    List<Projector<?>> both =
        List.of(
            new Both("acme.both.seen", List.of(Table.of("apples"), Table.of("pears")), null),
            new Both("acme.pear.seen", List.of(Table.of("pears")), null));
    Rebuilds own = new Rebuilds(STORES.env(), both);
    consumer(both).consume(List.of(acme("acme.both.seen", 1), acme("acme.pear.seen", 2)));
    JsonNode begun = own.begin(id, "apples");
    assertEquals("[\"apples\"]", begun.path("tables").toString());
    assertEquals("[\"pears\"]", begun.path("sheltered").toString());
    own.project(id, List.of(acme("acme.both.seen", 1), acme("acme.pear.seen", 2)));
    own.complete(id);
    assertEquals(
        404, assertThrows(Refusal.class, () -> own.difference(id, "pears", null, 9, 9)).status());
    own.swap(id, 0);
    assertEquals(1, STORES.envSql().number("SELECT count(*) FROM public.apples"));
    assertEquals(2, STORES.envSql().number("SELECT count(*) FROM public.pears"));
  }

  @Test
  void a_projector_that_names_the_live_table_with_its_schema_is_told_and_writes_nothing()
      throws SQLException {
    STORES.envSql().run("DROP TABLE IF EXISTS public.apples");
    STORES.envSql().run("CREATE TABLE public.apples (id text PRIMARY KEY)");
    Rebuilds own =
        new Rebuilds(
            STORES.env(),
            List.of(new Both("acme.apple.seen", List.of(Table.of("apples")), "public.apples")));
    own.begin(id, "apples");
    assertThrows(Refusal.class, () -> own.project(id, List.of(acme("acme.apple.seen", 1))));
    assertEquals(0, STORES.envSql().number("SELECT count(*) FROM public.apples"));
  }

  @Test
  void rows_that_only_change_places_under_a_unique_index_are_swapped() throws SQLException {
    STORES.envSql().run("DROP TABLE IF EXISTS public.apples");
    STORES
        .envSql()
        .run("CREATE TABLE public.apples (id text PRIMARY KEY, place int UNIQUE, at timestamptz)");
    Rebuilds own =
        new Rebuilds(
            STORES.env(),
            List.of(new Both("acme.apple.seen", List.of(Table.of("apples", "at")), null)));
    STORES
        .envSql()
        .run("INSERT INTO public.apples VALUES ('a', 1, now()), ('b', 2, now()), ('c', 3, now())");
    own.begin(id, "apples");
    STORES.envSql().run("INSERT INTO ingest_rebuild.apples VALUES ('a', 2), ('b', 1), ('c', 3)");
    own.complete(id);
    JsonNode page = own.difference(id, "apples", null, 10, 10);
    assertEquals(2, page.path("different").asInt());
    assertEquals("{\"place\":2}", page.path("columns").toString());
    assertEquals("{\"place\":1}", page.path("rows").path(0).path("live").toString());
    assertEquals("{\"id\":\"a\"}", page.path("rows").path(0).path("key").toString());
    JsonNode swapped = own.swap(id, 0).path("swapped").path("apples");
    assertEquals(2, swapped.path("changed").asInt());
    assertEquals(0, swapped.path("removed").asInt() + swapped.path("added").asInt());
    assertEquals(
        List.of("a|2|t", "b|1|t", "c|3|f"),
        STORES.envSql().rows("SELECT id, place, at IS NULL FROM public.apples ORDER BY id"));
  }
}
