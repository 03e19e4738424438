package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The subscription watchdog of a running product, and a Kick that forgets, doubles, refuses and
 * fails. Three channels are due when a test says so, and have the three events that are set.
 */
class SubscriptionsTest {
  private static final int CHANNELS = 3;
  private static final List<String> EVENTS =
      List.of("chat.message.sent", "channel.followed", "livestream.status.updated");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String OURS =
      "(SELECT id FROM dm.streamer_channel ORDER BY id LIMIT " + CHANNELS + ")";

  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;
  private static Stores stores;
  private static Upstream kick;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = IngestProcess.settings(data);
    settings.put("KICK_RESPONSE_TIMEOUT", "1500");
    settings.put("UPSTREAM_RETRY_DELAY", "50");
    settings.put("UPSTREAM_RETRIES", "2");
    settings.put("POLL_KICK_VIEWERS_ENABLED", "false");
    settings.put("POLL_KICK_SUBSCRIPTIONS_CRON", "0 0 0 1 1 ? 2099");
    settings.put("POLL_KICK_SUBSCRIPTIONS_BATCH", "1000");
    settings.put("POLL_KICK_SUBSCRIPTIONS_PERIOD_SECONDS", "3600");
    settings.put("POLL_KICK_SUBSCRIPTIONS_PATIENCE", "20m");
    settings.put("POLL_KICK_SUBSCRIPTIONS_EVENTS", String.join(",", EVENTS));
    run = IngestProcess.run(settings);
    stores = Stores.of(run);
    kick = Upstream.of(run);
    stores.dmExecute(
        "INSERT INTO dm.channel_poll (poller, channel_id, next_at)"
            + " SELECT 'kick-subscriptions', id, now() + interval '10 years' FROM dm.streamer_channel");
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  /** Nothing is held, nothing is known, and Kick is well. */
  @BeforeEach
  void begin() throws Exception {
    kick.clearFaults();
    kick.subscriptions(
        """
        {"drop": {}, "errors": {}, "unlisted": 0, "lost": 0,
         "limits": {"chat.message.sent": 1000, "channel.followed": 1000}}""");
    stores.dmExecute(
        """
        DELETE FROM dm.event_subscription;
        DELETE FROM dm.event_subscription_refusal;
        DELETE FROM dm.upstream;
        DELETE FROM dm.skipped_page;
        UPDATE dm.streamer_channel SET is_banned = false""");
  }

  /** Whatever was done wrong: the next look finds each channel with each event once. */
  @AfterEach
  void everything_is_mended_by_a_look_at_a_kick_that_is_well() throws Exception {
    kick.clearFaults();
    kick.subscriptions(
        """
        {"errors": {}, "unlisted": 0, "lost": 0,
         "limits": {"chat.message.sent": 1000, "channel.followed": 1000}}""");
    stores.dmExecute(
        """
        DELETE FROM dm.upstream;
        UPDATE dm.streamer_channel SET is_banned = false;
        UPDATE dm.event_subscription SET created_at = created_at - interval '1 hour'
        WHERE status = 'requested'""");
    look();
    look();
    assertEquals(wanted(), held());
    assertKnownAsHeld();
    assertEquals(0, stores.dmNumber("SELECT count(*) AS it FROM dm.event_subscription_refusal"));
  }

  /** Has the channels due now and looks at them once; what the run came to. */
  private static JsonNode look() throws Exception {
    stores.dmExecute("UPDATE dm.channel_poll SET next_at = now() WHERE channel_id IN " + OURS);
    return run.act("/admin/pollers/kick-subscriptions/run").path("last_run");
  }

  private static Set<String> users() throws Exception {
    return stores
        .dmRows("SELECT platform_user_id FROM dm.streamer_channel WHERE id IN " + OURS)
        .stream()
        .map(row -> row.path("platform_user_id").asText())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Map<String, Long> wanted() throws Exception {
    Map<String, Long> wanted = new TreeMap<>();
    for (String user : users()) {
      EVENTS.forEach(event -> wanted.put(user + " " + event, 1L));
    }
    return wanted;
  }

  /** How often Kick holds each event of each channel. */
  private static Map<String, Long> held() throws Exception {
    return kick.subscriptions().stream()
        .collect(
            Collectors.groupingBy(
                s -> s.path("broadcaster_user_id").asText() + " " + s.path("event").asText(),
                TreeMap::new,
                Collectors.counting()));
  }

  /** What dm calls active is what Kick lists, id for id. */
  private static void assertKnownAsHeld() throws Exception {
    assertEquals(
        kick.subscriptions().stream()
            .filter(s -> s.path("listed").booleanValue())
            .map(s -> s.path("id").asText())
            .collect(Collectors.toCollection(TreeSet::new)),
        known("active"));
  }

  private static Set<String> known(String status) throws Exception {
    return stores
        .dmRows("SELECT subscription_id FROM dm.event_subscription WHERE status = '" + status + "'")
        .stream()
        .map(row -> row.path("subscription_id").asText())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static double changes(String change) throws Exception {
    return run.metric(
        "ingest_subscriptions_changes_total{change=\"%s\",platform=\"kick\"}".formatted(change));
  }

  private static long skipped() throws Exception {
    return stores.dmNumber(
        "SELECT count(*) AS it FROM dm.skipped_page WHERE poller = 'kick-subscriptions'");
  }

  @Test
  void every_channel_gets_every_event_once() throws Exception {
    double created = changes("created");
    JsonNode last = look();
    assertEquals(CHANNELS, last.path("channels").asInt(), last::toString);
    assertEquals(wanted(), held());
    assertEquals(CHANNELS * EVENTS.size(), known("requested").size(), "not listed yet to us");
    assertEquals(created + CHANNELS * EVENTS.size(), changes("created"));
    look();
    assertEquals(wanted(), held());
    assertEquals(Set.of(), known("requested"));
    assertKnownAsHeld();
    assertEquals(created + CHANNELS * EVENTS.size(), changes("created"), "none twice");
  }

  @Test
  void what_kick_dropped_is_made_again() throws Exception {
    look();
    look();
    Set<String> before = known("active");
    double again = changes("recreated");
    double dropped = changes("dropped");
    kick.subscriptions("{\"drop\": {\"event\": \"channel.followed\"}}");
    look();
    assertEquals(wanted(), held());
    assertEquals(dropped + CHANNELS, changes("dropped"));
    assertEquals(again + CHANNELS, changes("recreated"));
    assertEquals(CHANNELS, known("gone").size());
    assertTrue(before.containsAll(known("gone")));
  }

  @Test
  void of_doubles_the_oldest_stays() throws Exception {
    look();
    Set<String> first = ids();
    for (int i = 0; i < 7; i++) { // 128 of each
      kick.subscriptions("{\"twice\": {\"channel\": %s}}".formatted(users().iterator().next()));
    }
    assertTrue(ids().size() > 3 * 100);
    double removed = changes("removed");
    look();
    assertEquals(first, ids());
    assertEquals(removed + 3 * 127, changes("removed"));
  }

  private static Set<String> ids() throws Exception {
    return kick.subscriptions().stream()
        .map(s -> s.path("id").asText())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void a_channel_that_is_banned_holds_none() throws Exception {
    look();
    String banned = users().iterator().next();
    stores.dmExecute(
        "UPDATE dm.streamer_channel SET is_banned = true WHERE platform_user_id = '"
            + banned
            + "'");
    look();
    assertTrue(held().keySet().stream().noneMatch(k -> k.startsWith(banned)));
    assertEquals((CHANNELS - 1) * EVENTS.size(), held().size());
  }

  @Test
  void what_kick_answered_and_does_not_list_is_awaited_then_given_up() throws Exception {
    kick.subscriptions("{\"unlisted\": %d}".formatted(CHANNELS * EVENTS.size()));
    look();
    Set<String> requested = known("requested");
    look();
    assertEquals(requested, known("requested"), "awaited");
    assertEquals(requested, ids(), "and not asked for again");
    stores.dmExecute(
        "UPDATE dm.event_subscription SET created_at = created_at - interval '21 minutes'");
    double givenUp = changes("given-up");
    look();
    assertEquals(requested, known("gone"));
    assertEquals(givenUp + requested.size(), changes("given-up"));
    assertEquals(requested.size(), known("requested").size(), "asked for again");
    kick.subscriptions("{\"drop\": {}}"); // what is never listed nobody can remove
    stores.dmExecute("DELETE FROM dm.event_subscription");
  }

  @Test
  void a_limit_that_kick_reaches_costs_the_other_events_nothing() throws Exception {
    kick.subscriptions("{\"limits\": {\"chat.message.sent\": 2}}");
    JsonNode last = look();
    assertEquals(0, last.path("skipped_pages").asInt(), last::toString);
    assertEquals(2, held().keySet().stream().filter(k -> k.endsWith("chat.message.sent")).count());
    assertEquals(2 + CHANNELS * 2, held().size());
    List<JsonNode> refusals =
        stores.dmRows("SELECT event, reason FROM dm.event_subscription_refusal");
    assertEquals(CHANNELS - 2, refusals.size());
    assertEquals("chat.message.sent", refusals.get(0).path("event").asText());
    assertEquals("event subscription limit reached", refusals.get(0).path("reason").asText());
    assertEquals(0, skipped());
  }

  @Test
  void an_event_that_kick_refuses_is_recorded_and_the_others_are_made() throws Exception {
    kick.subscriptions("{\"errors\": {\"channel.followed\": \"invalid event\"}}");
    double refused = changes("refused");
    JsonNode last = look();
    assertEquals(0, last.path("skipped_pages").asInt(), last::toString);
    assertEquals(CHANNELS * 2, held().size());
    assertEquals(refused + CHANNELS, changes("refused"));
    assertEquals(
        CHANNELS,
        stores.dmNumber(
            "SELECT count(*) AS it FROM dm.event_subscription_refusal WHERE reason = 'invalid event'"));
  }

  @Test
  void what_was_made_and_not_answered_is_not_made_twice() throws Exception {
    kick.subscriptions("{\"lost\": 2}");
    look();
    assertEquals(wanted(), held());
    assertEquals(0, skipped());
  }

  @ParameterizedTest(name = "{1} of {0}")
  @CsvSource({
    "kick-subscriptions, 401",
    "kick-subscriptions, 403",
    "kick-subscriptions, 429",
    "kick-subscriptions, 500",
    "kick-subscriptions, hang",
    "kick-subscriptions, reset",
    "kick-subscriptions, truncated",
    "kick-subscriptions, wrong-types",
    "kick-subscriptions, not-json",
    "kick-subscriptions, huge",
    "kick-subscribe, 401",
    "kick-subscribe, 403",
    "kick-subscribe, 429",
    "kick-subscribe, 500",
    "kick-subscribe, hang",
    "kick-subscribe, reset",
    "kick-subscribe, truncated",
    "kick-subscribe, wrong-types",
    "kick-subscribe, not-json",
    "kick-subscribe, huge",
    "kick-unsubscribe, 401",
    "kick-unsubscribe, 403",
    "kick-unsubscribe, 429",
    "kick-unsubscribe, 500",
    "kick-unsubscribe, hang",
    "kick-unsubscribe, reset"
  })
  void a_fault_that_stays_is_recorded_and_writes_nothing_wrong(String api, String kind)
      throws Exception {
    look();
    look();
    kick.subscriptions("{\"drop\": {\"event\": \"channel.followed\"}}");
    kick.subscriptions("{\"twice\": {\"event\": \"chat.message.sent\"}}");
    List<JsonNode> before =
        stores.dmRows("SELECT * FROM dm.event_subscription ORDER BY subscription_id");
    Set<String> heldBefore = ids();
    long met = kick.faults(kind);
    // Between two refusals of a change the list is answered, so that each is the first in a row.
    String pause =
        kind.equals("429") && !api.equals("kick-subscriptions") ? ",\"retry_after\":60" : "";
    kick.fault("{\"kind\":\"%s\",\"times\":-1,\"api\":\"%s\"%s}".formatted(kind, api, pause));
    JsonNode last = look();
    assertTrue(kick.faults(kind) > met);
    assertEquals(
        before, stores.dmRows("SELECT * FROM dm.event_subscription ORDER BY subscription_id"));
    if (api.equals("kick-unsubscribe")) {
      assertEquals(heldBefore, ids());
    }
    long skipped = skipped();
    if (kind.equals("429")) {
      assertEquals(0, skipped, "a pause skips nothing");
      assertEquals(
          1, stores.dmNumber("SELECT count(*) AS it FROM dm.upstream WHERE paused_until > now()"));
    } else {
      assertEquals(last.path("skipped_pages").asLong(), skipped, last::toString);
      assertTrue(skipped > 0, last::toString);
      assertTrue(
          run.metric(
                  "ingest_upstream_failures_total{reason=\"%s\",upstream=\"kick\"}"
                      .formatted(reason(kind)))
              > 0);
    }
    kick.clearFaults();
    stores.dmExecute("DELETE FROM dm.upstream");
    look();
    assertEquals(wanted(), held(), "as soon as Kick is well");
  }

  private static String reason(String kind) {
    return switch (kind) {
      case "401", "403" -> kind;
      case "500" -> "5xx";
      case "hang" -> "timeout";
      case "reset", "truncated" -> "unreachable";
      default -> "unreadable";
    };
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "`{\"kind\":\"401\",\"api\":\"kick-subscribe\"}`",
        "`{\"kind\":\"500\",\"times\":2,\"api\":\"kick-subscribe\"}`",
        "`{\"kind\":\"429\",\"retry_after\":1,\"api\":\"kick-subscribe\"}`",
        "`{\"kind\":\"reset\",\"api\":\"kick-subscribe\"}`",
        "`{\"kind\":\"truncated\",\"api\":\"kick-subscriptions\"}`"
      })
  void a_fault_that_passes_costs_nothing(String fault) throws Exception {
    kick.fault(fault);
    look();
    await().atMost(PATIENCE).until(() -> kick.well());
    assertEquals(wanted(), held());
    assertEquals(0, skipped());
  }
}
