package ingest.outbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.store.TestStores;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is followed while chunks commit in another order than they were numbered in. */
class TailTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Tail.Filter ALL = new Tail.Filter(null, null, null);

  /** As the intake statement does it: the number first, then the rows. */
  private static final String COMMIT =
      """
      WITH g AS MATERIALIZED (
          SELECT nextval('ingest.chunk_seq') AS chunk, ingest.now() AS at, (ingest.now() AT TIME ZONE 'UTC')::date AS day
      )
      INSERT INTO ingest.ingest_outbox (day, chunk, pos, event_id, source, type, subject, rev, targets, envelope, created_at)
      SELECT g.day, g.chunk, p, gen_random_uuid(), 'acme', ?, ?, 1, string_to_array(?, ','), ? || p, g.at
      FROM g, generate_series(0, ? - 1) p
      """;

  private final Tail tail = new Tail(STORES.dm());

  @BeforeEach
  void partitions() throws SQLException {
    new Partitions(STORES.dm()).make();
  }

  private static void insert(
      Connection tx, String type, String subject, @Nullable String targets, String name, int events)
      throws SQLException {
    try (PreparedStatement insert = tx.prepareStatement(COMMIT)) {
      insert.setString(1, type);
      insert.setString(2, subject);
      insert.setString(3, targets);
      insert.setString(4, name + "-");
      insert.setInt(5, events);
      insert.executeUpdate();
    }
  }

  private static void commit(String name, int events) throws SQLException {
    try (Connection connection = STORES.dm().connection()) {
      insert(connection, "acme.apple.seen", "apple:1", null, name, events);
    }
  }

  /** Follows until nothing is left, by a place that went through JSON. */
  private Tail.Place follow(Tail.Place from, Tail.Filter filter, List<String> told)
      throws Exception {
    Tail.Place place = from;
    while (true) {
      Tail.Page page = tail.page(place, filter);
      page.events().forEach(event -> told.add(event.envelope()));
      place = JSON.treeToValue(JSON.valueToTree(page.next()), Tail.Place.class);
      if (!page.more()) {
        return place;
      }
    }
  }

  private List<String> told(Tail.Place from, Tail.Filter filter) throws Exception {
    List<String> told = new ArrayList<>();
    follow(from, filter, told);
    return told;
  }

  @Test
  void what_was_there_before_is_not_told_and_what_comes_is_told_once() throws Exception {
    commit("before", 3);
    Tail.Place begin = tail.end();
    assertEquals(List.of(), told(begin, ALL));
    commit("after", 2);
    List<String> told = new ArrayList<>();
    Tail.Place next = follow(begin, ALL, told);
    assertEquals(List.of("after-0", "after-1"), told);
    assertEquals(List.of(), told(next, ALL));
  }

  @Test
  void a_chunk_that_commits_after_later_ones_is_told_when_it_does() throws Exception {
    Tail.Place place = tail.end();
    List<String> told = new ArrayList<>();
    try (Connection slow = STORES.dm().connection()) {
      slow.setAutoCommit(false);
      insert(slow, "acme.apple.seen", "apple:1", null, "slow", 1);
      for (int i = 0; i < 5; i++) {
        commit("quick" + i, 1);
        place = follow(place, ALL, told);
      }
      assertEquals(List.of("quick0-0", "quick1-0", "quick2-0", "quick3-0", "quick4-0"), told);
      slow.commit();
    }
    told.clear();
    follow(place, ALL, told);
    assertEquals(List.of("slow-0"), told);
  }

  @Test
  void what_was_on_its_way_when_somebody_began_to_follow_is_told() throws Exception {
    Tail.Place begin;
    try (Connection slow = STORES.dm().connection()) {
      slow.setAutoCommit(false);
      insert(slow, "acme.apple.seen", "apple:1", null, "slow", 1);
      begin = tail.end();
      slow.commit();
    }
    assertEquals(List.of("slow-0"), told(begin, ALL));
  }

  @Test
  void what_was_rolled_back_is_never_told() throws Exception {
    Tail.Place begin = tail.end();
    try (Connection gone = STORES.dm().connection()) {
      gone.setAutoCommit(false);
      insert(gone, "acme.apple.seen", "apple:1", null, "gone", 1);
      gone.rollback();
    }
    assertEquals(List.of(), told(begin, ALL));
  }

  @Test
  void a_page_is_bounded_and_goes_on_in_the_same_snapshot() throws Exception {
    Tail.Place begin = tail.end();
    for (int i = 0; i < 40; i++) {
      commit("chunk" + i, 128);
    }
    Tail.Page first = tail.page(begin, ALL);
    assertEquals(2000, first.events().size());
    assertTrue(first.more());
    commit("late", 1);
    List<String> rest = new ArrayList<>();
    Tail.Place next = follow(first.next(), ALL, rest);
    assertEquals(40 * 128 - 2000, rest.size());
    assertFalse(rest.contains("late-0"));
    assertEquals(List.of("late-0"), told(next, ALL));
  }

  @Test
  void a_filter_that_nothing_matches_still_goes_on() throws Exception {
    Tail.Place begin = tail.end();
    for (int i = 0; i < 20; i++) {
      commit("chunk" + i, 128);
    }
    try (Connection connection = STORES.dm().connection()) {
      insert(connection, "acme.fig.seen", "fig:7", null, "fig", 1);
      insert(connection, "acme.fig.eaten", "fig:8", "stage", "named", 1);
    }
    assertEquals(List.of("fig-0"), told(begin, new Tail.Filter("acme.fig.seen", null, null)));
    assertEquals(
        List.of("fig-0", "named-0"), told(begin, new Tail.Filter("acme.fig.*", null, null)));
    assertEquals(List.of("named-0"), told(begin, new Tail.Filter(null, "fig:8", null)));
    STORES
        .sql()
        .run(
            "INSERT INTO ingest.target (name, kind, mode, types, batch, who, why) VALUES ('stage', 'http', 'off', '{acme.pear.*}', 1, 'test', 'test')");
    assertEquals(List.of("named-0"), told(begin, new Tail.Filter(null, null, "stage")));
    assertEquals(2, told(begin, new Tail.Filter("acme.fig.*", null, "clickhouse")).size());
    assertEquals(List.of(), told(begin, new Tail.Filter(null, null, "nobody")));
  }

  @Test
  void the_floor_rises_once_nothing_below_it_can_come() throws Exception {
    commit("first", 1);
    Tail.Place place = follow(tail.end(), ALL, new ArrayList<>());
    long before = place.floor();
    STORES.clock(java.time.Duration.ofSeconds(11));
    try (Connection open = STORES.dm().connection()) {
      open.setAutoCommit(false);
      insert(open, "acme.apple.seen", "apple:1", null, "open", 1);
      place = follow(place, ALL, new ArrayList<>());
      assertTrue(place.floor() > before, "marks older than the margin are floors");
      long floor = place.floor();
      STORES.clock(java.time.Duration.ofSeconds(30));
      place = follow(place, ALL, new ArrayList<>());
      STORES.clock(java.time.Duration.ofSeconds(60));
      place = follow(place, ALL, new ArrayList<>());
      long drawn =
          STORES
              .sql()
              .number(
                  "SELECT chunk FROM ingest.ingest_outbox UNION ALL SELECT last_value FROM ingest.chunk_seq ORDER BY 1 DESC LIMIT 1");
      assertTrue(
          place.floor() <= drawn && place.floor() >= floor, place + " " + drawn + " " + floor);
      open.commit();
    }
    List<String> told = new ArrayList<>();
    follow(place, ALL, told);
    assertEquals(List.of("open-0"), told, "it was below no floor while it was open");
  }

  @Test
  @SuppressWarnings("UnnecessaryAsync") // the writers are threads
  void with_many_writers_each_event_is_told_once() throws Exception {
    long seed = new Random().nextLong();
    Tail.Place place = tail.end();
    List<String> committed = Collections.synchronizedList(new ArrayList<>());
    List<String> told = new ArrayList<>();
    AtomicBoolean over = new AtomicBoolean();
    ExecutorService writers = Executors.newFixedThreadPool(6);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int w = 0; w < 6; w++) {
        Random random = new Random(seed + w);
        running.add(writers.submit(() -> write(random, committed)));
      }
      while (!over.get()) {
        over.set(running.stream().allMatch(Future::isDone));
        place = follow(place, ALL, told);
      }
      for (Future<?> writer : running) {
        writer.get();
      }
    } finally {
      writers.shutdownNow();
    }
    assertEquals(told.size(), new HashSet<>(told).size(), "doubled, seed " + seed);
    assertEquals(new HashSet<>(committed), new HashSet<>(told), "missed, seed " + seed);
  }

  /** Two transactions at a time that end in any order, some of them by a rollback. */
  private static @Nullable Object write(Random random, List<String> committed) throws SQLException {
    try (Connection one = STORES.dm().connection();
        Connection two = STORES.dm().connection()) {
      one.setAutoCommit(false);
      two.setAutoCommit(false);
      for (int i = 0; i < 40; i++) {
        List<Connection> order = new ArrayList<>(List.of(one, two));
        List<String> names = new ArrayList<>();
        for (Connection tx : order) {
          String name = UUID.randomUUID().toString();
          insert(tx, "acme.apple.seen", "apple:1", null, name, 1);
          names.add(name + "-0");
        }
        boolean swapped = random.nextBoolean();
        for (int j : swapped ? new int[] {1, 0} : new int[] {0, 1}) {
          if (random.nextInt(5) == 0) {
            order.get(j).rollback();
          } else {
            order.get(j).commit();
            committed.add(names.get(j));
          }
        }
      }
    }
    return null;
  }
}
