package ingest.projection.dm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.consumer.Consumer;
import ingest.consumer.Result;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.store.TestStores;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who gets a channel, through the consumer as in life. */
class ClaimedProjectorTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final EventTypes TYPES = EventTypes.load(Path.of("routes"));
  private static final String TYPE = "channel.claimed";
  private static final Instant TIME = Instant.parse("2026-09-24T03:00:00Z");
  private static final int STREAMERS = 9;
  private static final int ROUNDS = 60;

  private final Consumer consumer =
      new Consumer(STORES.env(), List.of(new ClaimedProjector()), List.of(), TYPES);

  @BeforeEach
  void streamers() {
    STORES.envSql().run("INSERT INTO public.streamers SELECT generate_series(1, ?)", STREAMERS);
  }

  /** The claim of a streamer, the {@code rev}-th thing that happens. */
  private static ObjectNode claim(int streamer, int channel, boolean verified, int rev) {
    String key = "%d %d".formatted(streamer, rev);
    ObjectNode event = JSON.createObjectNode();
    event.put("specversion", "1.0");
    event.put("id", EventId.text(EventId.of(TIME, "dm", TYPE, "kick:" + channel, key, 0)));
    event.put("source", "dm");
    event.put("type", TYPE);
    event.put("dataschema", TYPE + "/1");
    event.put("subject", "kick:" + channel);
    event.put("time", TIME.plusSeconds(rev).toString());
    event.put("rev", Integer.toString(rev));
    event.put("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    event
        .putObject("data")
        .put("streamer_id", streamer)
        .put("platform", "kick")
        .put("platform_user_id", Integer.toString(channel))
        .put("channel_id", 5_000_000_000L + channel)
        .put("verified", verified)
        .put("claimed_at", TIME.plusSeconds(rev).toString());
    return event;
  }

  private static ObjectNode replay(JsonNode original, int run) {
    ObjectNode replay = original.deepCopy();
    UUID id = EventId.of(TIME, "dm", "replay", id(original), "run " + run, 0);
    return replay.put("id", EventId.text(id)).put("replayof", id(original));
  }

  private static String id(JsonNode event) {
    return event.path("id").asText();
  }

  private String results(JsonNode... batch) throws SQLException {
    return consumer.consume(List.of(batch)).values().stream()
        .map(
            result ->
                result instanceof Result.Failed failed
                    ? failed.error()
                    : String.valueOf(result).replaceAll(".*\\$|\\[\\]", ""))
        .collect(Collectors.joining(", "));
  }

  /** Streamer, channel, verified, revision. */
  private static List<String> links() {
    return STORES
        .envSql()
        .rows(
            "SELECT streamer_id, channel_id - 5000000000, verified, rev"
                + " FROM public.streamer_channel_link ORDER BY 2, 1");
  }

  /** Streamer, channel, who holds it. */
  private static List<String> refusals() {
    return STORES
        .envSql()
        .rows(
            "SELECT streamer_id, channel_id - 5000000000, held_by FROM public.channel_claim"
                + " ORDER BY claimed_at");
  }

  @Test
  void a_claim_is_of_its_schema() throws Exception {
    TYPES.check(Envelope.of(claim(1, 1, true, 1)));
  }

  @Test
  void the_first_verified_claim_holds_and_the_next_is_on_record() throws SQLException {
    assertEquals("Applied", results(claim(1, 7, true, 10)));
    ObjectNode late = claim(2, 7, true, 11);
    assertEquals("Applied", results(late));
    assertEquals(List.of("1|7|t|10"), links());
    assertEquals(
        List.of(EventId.parse(id(late)) + "|2|5000000007|kick|7|2026-09-24 03:00:11+00|1|held|t"),
        STORES
            .envSql()
            .rows(
                "SELECT event_id, streamer_id, channel_id, platform, platform_user_id, claimed_at,"
                    + " held_by, reason, refused_at > now() - interval '1 minute'"
                    + " FROM public.channel_claim"));
  }

  @Test
  void the_order_of_arrival_decides_and_not_the_revision() throws SQLException {
    results(claim(1, 7, true, 10));
    results(claim(2, 7, true, 5));
    assertEquals(List.of("1|7|t|10"), links());
    assertEquals(List.of("2|7|1"), refusals());
  }

  @Test
  void of_two_claims_in_one_batch_the_first_holds() throws SQLException {
    results(claim(2, 7, true, 11), claim(1, 7, true, 10), claim(1, 8, true, 12));
    assertEquals(List.of("2|7|t|11", "1|8|t|12"), links());
    assertEquals(List.of("1|7|2"), refusals());
  }

  @Test
  void many_may_claim_without_proof_also_a_channel_that_is_held() throws SQLException {
    results(claim(1, 7, true, 1), claim(2, 7, false, 2), claim(3, 7, false, 3));
    assertEquals(List.of("1|7|t|1", "2|7|f|2", "3|7|f|3"), links());
    results(claim(2, 7, true, 4));
    assertEquals(List.of("1|7|t|1", "2|7|f|2", "3|7|f|3"), links());
    assertEquals(List.of("2|7|1"), refusals());
  }

  @Test
  void who_gives_a_channel_up_frees_it_for_the_next_claim() throws SQLException {
    results(claim(1, 7, true, 1));
    results(claim(1, 7, false, 2));
    results(claim(2, 7, true, 3));
    assertEquals(List.of("1|7|f|2", "2|7|t|3"), links());
    assertEquals(List.of(), refusals());
  }

  @Test
  void a_channel_changes_hands_within_a_batch() throws SQLException {
    results(claim(9, 7, true, 1));
    results(claim(9, 7, false, 2), claim(1, 7, true, 3), claim(9, 7, true, 4));
    assertEquals(List.of("1|7|t|3", "9|7|f|2"), links());
    assertEquals(List.of("9|7|1"), refusals());
    results(
        claim(1, 7, false, 5), claim(9, 7, true, 6), claim(9, 7, false, 7), claim(1, 7, true, 8));
    assertEquals(List.of("1|7|t|8", "9|7|f|7"), links());
  }

  /** The consumer would try the halves of a batch that fails, and hide that it did. */
  @Test
  void a_hand_over_is_one_write() throws SQLException {
    results(claim(9, 7, true, 1), claim(1, 8, true, 2));
    ClaimedProjector projector = new ClaimedProjector();
    List<Claim> claims = new ArrayList<>();
    for (JsonNode event :
        List.of(
            claim(9, 7, false, 3),
            claim(1, 7, true, 4),
            claim(1, 8, false, 5),
            claim(9, 8, true, 6))) {
      claims.addAll(projector.rows(Envelope.of(event)));
    }
    try (Connection tx = STORES.env().connection()) {
      tx.setAutoCommit(false);
      projector.write(tx, claims);
      tx.commit();
    }
    assertEquals(List.of("1|7|t|4", "9|7|f|3", "1|8|f|5", "9|8|t|6"), links());
  }

  @Test
  void what_a_streamer_said_before_does_not_undo_what_it_said_last() throws SQLException {
    results(claim(1, 7, true, 5));
    results(claim(1, 7, false, 4));
    assertEquals(List.of("1|7|t|5"), links());
    results(claim(1, 7, false, 6));
    results(claim(1, 7, true, 5).put("id", id(claim(1, 7, true, 99))).put("rev", "3"));
    assertEquals(List.of("1|7|f|6"), links());
  }

  @Test
  void a_claim_that_comes_again_changes_nothing() throws SQLException {
    results(claim(1, 7, true, 1), claim(2, 7, true, 2));
    List<String> links = links();
    List<String> refusals = refusals();
    assertEquals("Duplicate, Duplicate", results(claim(2, 7, true, 2), claim(1, 7, true, 1)));
    assertEquals(
        "Applied, Applied",
        results(replay(claim(2, 7, true, 2), 1), replay(claim(1, 7, true, 1), 1)));
    assertEquals(links, links());
    assertEquals(refusals, refusals());
  }

  @Test
  void a_refusal_stands_also_when_it_is_replayed_to_a_channel_that_is_free() throws SQLException {
    results(claim(1, 7, true, 1), claim(2, 7, true, 2), claim(1, 7, false, 3));
    assertEquals("Applied", results(replay(claim(2, 7, true, 2), 1)));
    assertEquals(List.of("1|7|f|3"), links());
    assertEquals(List.of("2|7|1"), refusals());
    results(claim(2, 7, true, 4));
    assertEquals(List.of("1|7|f|3", "2|7|t|4"), links());
  }

  @Test
  void a_replay_mends_a_link_that_was_mangled() throws SQLException {
    results(claim(1, 7, true, 1));
    STORES
        .envSql()
        .run("UPDATE public.streamer_channel_link SET verified = false, claimed_at = now()");
    results(replay(claim(1, 7, true, 1), 1));
    assertEquals(List.of("1|7|t|1"), links());
  }

  @Test
  void a_streamer_that_does_not_exist_fails_its_own_claims_alone() throws SQLException {
    assertEquals(
        "Applied, SQLSTATE 23503, Applied, Applied, SQLSTATE 23503, Applied",
        results(
            claim(1, 7, true, 1),
            claim(99, 8, true, 2),
            claim(2, 7, true, 3),
            claim(3, 8, true, 4),
            claim(99, 7, true, 5),
            claim(1, 8, true, 6)));
    assertEquals(List.of("1|7|t|1", "3|8|t|4"), links());
    assertEquals(List.of("2|7|1", "1|8|3"), refusals());
    STORES.envSql().run("INSERT INTO public.streamers VALUES (99)");
    assertEquals("Applied", results(claim(99, 7, true, 5)), "it exists now, and is refused");
  }

  @Test
  void what_is_no_claim_fails_alone() throws SQLException {
    ObjectNode nobody = claim(1, 7, true, 1);
    nobody.withObject("/data").remove("streamer_id");
    ObjectNode never = claim(1, 7, true, 2);
    never.withObject("/data").put("claimed_at", "never");
    assertEquals(
        "data is not that of channel.claimed/1, time is not RFC 3339, Applied",
        results(nobody, never, claim(2, 7, true, 3)));
    assertEquals(List.of("2|7|t|3"), links());
  }

  @Test
  void a_streamer_that_is_deleted_frees_its_channels() throws SQLException {
    results(claim(1, 7, true, 1), claim(2, 7, true, 2), claim(1, 8, true, 3));
    STORES.envSql().run("DELETE FROM public.streamers WHERE id = 1");
    assertEquals(List.of(), links());
    assertEquals(List.of("2|7|1"), refusals(), "who was refused keeps the record");
    results(claim(3, 7, true, 4));
    assertEquals(List.of("3|7|t|4"), links());
    STORES.envSql().run("DELETE FROM public.streamers WHERE id = 2");
    assertEquals(List.of(), refusals());
  }

  // -- any history

  /** The rules, applied to one event after the other; replays come with the id of the original. */
  private static final class Model {
    private final Map<String, String> links = new TreeMap<>();
    private final Map<String, Long> revs = new HashMap<>();
    private final Map<Long, Integer> holders = new HashMap<>();
    private final Set<String> refused = new TreeSet<>();
    private final Set<String> seen = new HashSet<>();

    void apply(JsonNode event) {
      boolean replay = event.has("replayof");
      String id = event.path(replay ? "replayof" : "id").asText();
      int streamer = event.at("/data/streamer_id").intValue();
      long channel = event.at("/data/channel_id").longValue();
      boolean verified = event.at("/data/verified").booleanValue();
      long rev = event.path("rev").asLong();
      String key = channel + "|" + streamer;
      if ((!seen.add(id) && !replay)
          || refused.stream().anyMatch(r -> r.startsWith(id))
          || revs.getOrDefault(key, 0L) > rev) {
        return;
      }
      Integer holder = holders.get(channel);
      if (verified && holder != null && holder != streamer) {
        refused.add(id + "|" + holder);
        return;
      }
      revs.put(key, rev);
      links.put(key, key + "|" + (verified ? "t" : "f") + "|" + rev);
      if (verified) {
        holders.put(channel, streamer);
      } else {
        holders.remove(channel, streamer);
      }
    }
  }

  @Test
  void any_history_in_any_batches_is_what_one_event_after_the_other_comes_to() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      STORES.envSql().run("TRUNCATE public.streamer_channel_link, public.channel_claim");
      STORES.envSql().run("DELETE FROM public.processed_events");
      List<JsonNode> history = new ArrayList<>();
      for (int i = 1 + random.nextInt(40); i > 0; i--) {
        history.add(
            claim(
                1 + random.nextInt(4),
                random.nextInt(3),
                random.nextInt(3) > 0,
                1 + random.nextInt(1000)));
      }
      List<JsonNode> arrival = new ArrayList<>(history);
      for (int i = random.nextInt(20); i > 0; i--) {
        JsonNode again = history.get(random.nextInt(history.size()));
        arrival.add(
            random.nextInt(arrival.size() + 1), random.nextBoolean() ? again : replay(again, i));
      }
      Model model = new Model();
      arrival.forEach(model::apply);
      for (int from = 0; from < arrival.size(); ) {
        int to = Math.min(arrival.size(), from + 1 + random.nextInt(12));
        consumer.consume(arrival.subList(from, to));
        from = to;
      }
      String told = "round " + round + ", run again with -Dseed=" + seed;
      assertEquals(
          List.copyOf(model.links.values()),
          STORES
              .envSql()
              .rows(
                  "SELECT channel_id, streamer_id, verified, rev FROM public.streamer_channel_link"
                      + " ORDER BY channel_id, streamer_id"),
          told);
      assertEquals(
          List.copyOf(model.refused),
          STORES.envSql().rows("SELECT event_id, held_by FROM public.channel_claim").stream()
              .map(r -> EventId.text(UUID.fromString(r.substring(0, 36))) + r.substring(36))
              .sorted()
              .toList(),
          told);
    }
  }

  @Test
  void of_claims_that_come_from_all_sides_at_once_one_holds_and_the_others_are_on_record()
      throws Exception {
    int channels = 12;
    ExecutorService threads = Executors.newFixedThreadPool(STREAMERS);
    try {
      for (int round = 0; round < 9; round++) {
        int rev = round + 1;
        STORES.envSql().run("TRUNCATE public.streamer_channel_link, public.channel_claim");
        CyclicBarrier together = new CyclicBarrier(STREAMERS);
        List<Future<List<Result>>> sides = new ArrayList<>();
        for (int streamer = 1; streamer <= STREAMERS; streamer++) {
          List<JsonNode> batch = new ArrayList<>();
          for (int channel = 0; channel < channels; channel++) {
            batch.add(claim(streamer, channel, true, rev));
            // a mate's claim as well: the same event at two doors at once
            batch.add(claim(streamer % STREAMERS + 1, channel, true, rev));
          }
          // crosswise as one batch, or one by one, all after the same channel
          boolean whole = round % 3 > 0;
          if (whole) {
            Collections.shuffle(batch, new Random(rev * 31L + streamer));
          }
          sides.add(
              threads.submit(
                  () -> {
                    together.await(30, TimeUnit.SECONDS);
                    if (whole) {
                      return List.copyOf(consumer.consume(batch).values());
                    }
                    List<Result> results = new ArrayList<>();
                    for (JsonNode claim : batch) {
                      results.addAll(consumer.consume(List.of(claim)).values());
                    }
                    return results;
                  }));
        }
        int applied = 0;
        for (Future<List<Result>> side : sides) {
          for (Result result : side.get()) {
            assertTrue(
                result instanceof Result.Applied || result instanceof Result.Duplicate,
                String.valueOf(result));
            applied += result instanceof Result.Applied ? 1 : 0;
          }
        }
        assertEquals(channels * STREAMERS, applied);
        assertEquals(channels, links().size());
        assertEquals(channels * (STREAMERS - 1), refusals().size());
        assertEquals(
            0,
            STORES
                .envSql()
                .number(
                    "SELECT count(*) FROM public.channel_claim c LEFT JOIN public.streamer_channel_link l"
                        + " ON l.channel_id = c.channel_id AND l.streamer_id = c.held_by AND l.verified"
                        + " WHERE l IS NULL OR c.streamer_id = c.held_by"));
      }
    } finally {
      threads.shutdownNow();
      assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    }
  }
}
