package ingest.channel;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.store.TestStores;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Names under random histories: {@code -Drounds=} makes more of them, {@code -Dseed=} repeats the
 * one that a failure names.
 */
final class NamesPropertyTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  @TempDir static Path routes;
  private static final List<String> COSTS = new ArrayList<>();
  private static EventTypes types;

  @BeforeAll
  static void load() throws IOException {
    types = ObservingTypes.in(routes);
  }

  static LongStream worlds() {
    return seeds(3);
  }

  static LongStream worldsForTwo() {
    return seeds(1);
  }

  private static LongStream seeds(int usual) {
    Long seed = Long.getLong("seed");
    return seed != null
        ? LongStream.of(seed)
        : new Random().longs(Integer.getInteger("rounds", usual), 0, 1_000_000_000);
  }

  @ParameterizedTest(name = "-Dseed={0}")
  @MethodSource("worlds")
  void in_order_the_history_and_the_renames_are_those_of_the_model(long seed) throws Exception {
    List<Seen> seen = World.of(seed).seen;
    List<Seen> inOrder = seen.stream().sorted(Comparator.comparing(Seen::revision)).toList();
    Delivery delivery = new Delivery(STORES.dm(), types);
    Random random = new Random(seed);
    List<List<Envelope>> batches =
        Delivery.batches(inOrder.stream().map(Seen::event).toList(), random, 1);
    batches.forEach(batch -> Collections.shuffle(batch, random)); // one commit has its own order
    delivery.deliver(batches, 1);
    NamesModel.InOrder model = new NamesModel.InOrder(inOrder);
    assertLines(NamesModel.rows(seen), rows());
    assertLines(model.history, history());
    assertLines(model.renames, renames());
    assertEquals("", delivery.cost());
  }

  @ParameterizedTest(name = "-Dseed={0}")
  @MethodSource("worlds")
  void eight_threads_in_any_order_come_to_the_rows_of_the_model(long seed) throws Exception {
    Random random = new Random(seed);
    List<Seen> seen = World.of(seed).seen;
    List<Envelope> events = seen.stream().map(Seen::event).toList();
    int window = random.nextBoolean() ? 40 : events.size();
    Delivery delivery = new Delivery(STORES.dm(), types);
    delivery.deliver(Delivery.batches(events, random, window), 8);
    cost("eight threads", delivery.cost());
    assertConverged(seen);
  }

  @ParameterizedTest(name = "-Dseed={0}")
  @MethodSource("worldsForTwo")
  void two_processes_in_any_order_come_to_the_rows_of_the_model(long seed) throws Exception {
    String url = STORES.dm().pool().getJdbcUrl();
    try (DeliveryInAnotherProcess one = DeliveryInAnotherProcess.start(url, routes, seed, 0);
        DeliveryInAnotherProcess two = DeliveryInAnotherProcess.start(url, routes, seed, 1)) {
      one.ready();
      two.ready();
      one.go();
      two.go();
      cost("the one process", one.done());
      cost("the other", two.done());
    }
    assertConverged(World.of(seed).seen);
  }

  /** Nothing but a name that another gave in between: no deadlock, no name or row twice. */
  private static void cost(String whose, String cost) {
    COSTS.add(whose + ": " + (cost.isEmpty() ? "no" : cost));
    assertTrue(cost.isEmpty() || cost.startsWith("{40001="), cost);
    assertFalse(cost.contains(","), cost);
  }

  @AfterAll
  static void tellCosts() {
    System.out.println("tries that ended in an error and were repeated, by SQLSTATE: " + COSTS);
  }

  private static void assertConverged(List<Seen> seen) {
    assertLines(NamesModel.rows(seen), rows());
    Map<String, List<Span>> history =
        history().stream()
            .map(Span::of)
            .collect(groupingBy(Span::channel, TreeMap::new, toCollection(ArrayList::new)));
    assertHistory(seen, history);
    assertRenames(seen, history);
  }

  /** Null: none, or now. */
  private record Span(String channel, @Nullable String slug, long from, @Nullable Long until) {
    static Span of(String line) {
      String[] part = line.split("\\|", -1);
      return new Span(
          part[0],
          part[1].equals("-") ? null : part[1],
          Long.parseLong(part[2]),
          part[3].equals("-") ? null : Long.valueOf(part[3]));
    }

    long end() {
      return until == null ? Long.MAX_VALUE : until;
    }
  }

  private static void assertHistory(List<Seen> seen, Map<String, List<Span>> history) {
    assertEquals(seen.stream().map(Seen::channel).collect(toSet()), history.keySet());
    Map<String, Set<@Nullable String>> known = new HashMap<>();
    for (Seen s : seen) {
      known.computeIfAbsent(s.channel(), c -> new HashSet<>()).add(s.slug());
    }
    Map<String, String> now = new HashMap<>();
    STORES
        .sql()
        .rows("SELECT platform || ':' || platform_user_id, current_slug FROM dm.streamer_channel")
        .forEach(r -> now.put(r.split("\\|", -1)[0], r.split("\\|", -1)[1]));
    history.forEach(
        (channel, spans) -> {
          for (int i = 0; i < spans.size(); i++) {
            Span span = spans.get(i);
            boolean last = i + 1 == spans.size();
            assertTrue(span.end() > span.from(), () -> span + " lasts no time");
            assertEquals(
                last, span.until() == null, () -> spans + " are open elsewhere than at the end");
            if (!last) {
              assertEquals(span.until(), spans.get(i + 1).from(), () -> spans + " do not tile");
            }
            assertTrue(
                span.slug() == null || known.getOrDefault(channel, Set.of()).contains(span.slug()),
                () -> span + " was never seen");
          }
          String open = spans.get(spans.size() - 1).slug();
          assertEquals(
              now.get(channel), open == null ? "-" : open, () -> "the open one of " + spans);
        });
    history.values().stream()
        .flatMap(List::stream)
        .filter(s -> s.slug() != null)
        .collect(groupingBy(s -> s.channel().split(":", 2)[0] + ":" + s.slug()))
        .forEach(
            (name, spans) -> {
              spans.sort(Comparator.comparing(Span::from));
              for (int i = 0; i + 1 < spans.size(); i++) {
                int at = i;
                assertTrue(
                    spans.get(i).end() <= spans.get(i + 1).from(),
                    () -> spans.get(at) + " and " + spans.get(at + 1) + " have one name");
              }
            });
  }

  /** From the first name to the last, each by a sighting of its own that is newer than before. */
  private static void assertRenames(List<Seen> seen, Map<String, List<Span>> history) {
    Map<String, List<String>> told =
        renames().stream().collect(groupingBy(r -> r.split("\\|", -1)[0]));
    Map<String, List<Seen>> byChannel = seen.stream().collect(groupingBy(Seen::channel));
    byChannel.forEach(
        (channel, own) -> {
          List<String> renames = new ArrayList<>(told.getOrDefault(channel, List.of()));
          List<Seen> named =
              own.stream()
                  .filter(s -> s.slug() != null)
                  .sorted(Comparator.comparing(Seen::revision))
                  .toList();
          List<String> chain = new ArrayList<>();
          for (Seen by : named) {
            for (String rename : List.copyOf(renames)) {
              String from = rename.split("\\|", -1)[1];
              if (rename.equals(NamesModel.rename(by, from))) {
                assertTrue(
                    chain.isEmpty() || chain.get(chain.size() - 1).equals(from),
                    () -> rename + " does not follow " + chain);
                if (chain.isEmpty()) {
                  chain.add(from);
                }
                chain.add(String.valueOf(by.slug()));
                renames.remove(rename);
              }
            }
          }
          assertEquals(List.of(), renames, "renames by no sighting, or twice");
          if (named.isEmpty()) {
            return;
          }
          String last = String.valueOf(named.get(named.size() - 1).slug());
          if (chain.isEmpty()) {
            chain.add(last);
          }
          assertEquals(last, chain.get(chain.size() - 1), () -> channel + " ends " + chain);
          assertTrue(
              within(names(history.getOrDefault(channel, List.of())), chain),
              () -> history.get(channel) + " is not within " + chain);
        });
  }

  /** One after the other; being without one is no name, and a name regained is the same. */
  private static List<String> names(List<Span> spans) {
    List<String> names = new ArrayList<>();
    for (Span span : spans) {
      if (span.slug() != null
          && (names.isEmpty() || !names.get(names.size() - 1).equals(span.slug()))) {
        names.add(span.slug());
      }
    }
    return names;
  }

  /** Whether {@code some} come in this order among {@code all}. */
  private static boolean within(List<String> some, List<String> all) {
    int found = 0;
    for (String one : all) {
      if (found < some.size() && some.get(found).equals(one)) {
        found++;
      }
    }
    return found == some.size();
  }

  private static void assertLines(List<String> expected, List<String> actual) {
    List<String> missing = new ArrayList<>(expected);
    List<String> unexpected = new ArrayList<>(actual);
    actual.forEach(missing::remove);
    expected.forEach(unexpected::remove);
    assertEquals(String.join("\n", missing), String.join("\n", unexpected));
  }

  private static List<String> rows() {
    StringBuilder facts = new StringBuilder();
    for (String fact : NamesModel.FACTS) {
      facts.append("%1$s::text, %1$s_rev, %1$s_ev, ".formatted(fact));
    }
    return STORES
        .sql()
        .rows(
            """
            SELECT platform || ':' || platform_user_id, observed_slug, current_slug, slug_rev, slug_ev, %s
                   is_live::text, %s, live_rev, live_ev, %s
            FROM dm.streamer_channel ORDER BY 1
            """
                .formatted(facts, micros("stream_started_at"), micros("last_seen_at")));
  }

  private static List<String> history() {
    return STORES
        .sql()
        .rows(
            """
            SELECT platform || ':' || platform_user_id, slug, %s, %s
            FROM dm.streamer_channel_slug_history JOIN dm.streamer_channel c ON c.id = channel_id
            ORDER BY 1, observed_from
            """
                .formatted(micros("observed_from"), micros("observed_until")));
  }

  private static List<String> renames() {
    return STORES
        .sql()
        .rows(
            """
            SELECT subject, envelope::json -> 'data' ->> 'old_slug', envelope::json -> 'data' ->> 'slug', rev, event_id
            FROM ingest.ingest_outbox WHERE type LIKE '%.channel.renamed'
            """)
        .stream()
        .sorted()
        .toList();
  }

  private static String micros(String time) {
    return "(extract(epoch FROM %s) * 1000000)::bigint".formatted(time);
  }
}
