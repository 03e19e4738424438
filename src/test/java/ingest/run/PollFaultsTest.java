package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Revision;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What Kick does wrong, done to a running product. Fifteen channels are polled, five to a page;
 * each test says when they are due.
 */
class PollFaultsTest {
  private static final int CHANNELS = 15;
  private static final int PAGE = 5;

  /** A page is asked for so often before it is skipped. */
  private static final int TRIES = 3;

  private static final String SKIPPED =
      "ingest_poll_pages_total{outcome=\"skipped\",poller=\"kick-viewers\"}";

  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;
  private static Stores stores;
  private static Upstream kick;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = IngestProcess.settings(data);
    settings.put("KICK_RESPONSE_TIMEOUT", "1500");
    settings.put("UPSTREAM_RETRY_DELAY", "50");
    settings.put("UPSTREAM_RETRIES", Integer.toString(TRIES - 1));
    settings.put("POLL_KICK_VIEWERS_BATCH", Integer.toString(PAGE));
    settings.put("POLL_KICK_VIEWERS_CRON", "* * * * * ?");
    settings.put("UPSTREAM_MAX_ANSWER", "1000000");
    run = IngestProcess.run(settings);
    stores = Stores.of(run);
    kick = Upstream.of(run);
    run.pausePollers();
    stores.schedule("next_probe_at = now() + interval '1 day'");
    stores.envExecute(
        """
        CREATE TABLE public.went_back (platform_user_id text);
        CREATE FUNCTION public.note_going_back() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO public.went_back VALUES (NEW.platform_user_id);
            RETURN NULL;
        END
        $$;
        CREATE TRIGGER going_back AFTER UPDATE ON public.channel_snapshot FOR EACH ROW
        WHEN (NEW.viewers_rev < OLD.viewers_rev OR NEW.stream_rev < OLD.stream_rev)
        EXECUTE FUNCTION public.note_going_back();
        """);
    run.resumePollers();
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  /** Whatever was done wrong: nothing is lost, nothing is made up, nothing went back. */
  @AfterEach
  void the_stores_hold_what_kick_served() throws Exception {
    kick.clearFaults();
    forgive();
    Balance.exact(run, stores);
    Seen.assertStoredAsServed(kick, stores);
    assertEquals(List.of(), stores.envRows("SELECT * FROM public.went_back"));
    stores.schedule("next_probe_at = now() + interval '1 day'");
    run.resumePollers();
  }

  /** Kick is as one that has never failed. */
  private static void forgive() throws Exception {
    stores.dmExecute(
        "UPDATE dm.upstream SET paused_until = NULL, open_until = NULL, failures = 0, refusals = 0");
  }

  /** Makes the channels due at once, and again every {@code seconds}. */
  private static void due(int seconds) throws Exception {
    stores.schedule(
        """
        period = '%d seconds', next_probe_at = now()
        WHERE channel_id IN (SELECT channel_id FROM dm.probe_schedule ORDER BY channel_id LIMIT %d)"""
            .formatted(seconds, CHANNELS));
  }

  /**
   * The revision of each polled channel in the environment, by user id. Polls of a stream that
   * began just now have one rev, its start: the later one has the later event.
   */
  private static Map<String, Revision> revisions() throws Exception {
    Set<String> polled =
        stores
            .dmRows(
                "SELECT platform_user_id FROM dm.streamer_channel ORDER BY id LIMIT " + CHANNELS)
            .stream()
            .map(row -> row.path("platform_user_id").asText())
            .collect(Collectors.toSet());
    return stores
        .envRows(
            "SELECT platform_user_id, stream_rev AS rev, stream_ev AS ev FROM public.channel_snapshot")
        .stream()
        .filter(row -> polled.contains(row.path("platform_user_id").asText()))
        .collect(
            Collectors.toMap(
                row -> row.path("platform_user_id").asText(),
                row ->
                    new Revision(
                        row.path("rev").longValue(), UUID.fromString(row.path("ev").asText()))));
  }

  /** Waits until the environment has a newer look at every polled channel. */
  private static void awaitNewerThan(Map<String, Revision> before) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              Map<String, Revision> now = revisions();
              return before.entrySet().stream()
                  .allMatch(
                      e ->
                          now.getOrDefault(e.getKey(), Revision.NEVER).compareTo(e.getValue()) > 0);
            });
  }

  private static long skippedPages() throws Exception {
    return stores.dmNumber("SELECT count(*) FROM dm.skipped_page");
  }

  private static double failures(String reason) throws Exception {
    return run.metric(
        "ingest_upstream_failures_total{reason=\"%s\",upstream=\"kick\"}".formatted(reason));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "expired-token, 401, {\"kind\":\"expired-token\"}",
        "401, 401, {\"kind\":\"401\"}",
        "403, 403, {\"kind\":\"403\"}",
        "429, 429, {\"kind\":\"429\"}",
        "429, 429, `{\"kind\":\"429\",\"retry_after\":1}`",
        "500, 5xx, `{\"kind\":\"500\",\"times\":2}`",
        "hang, timeout, {\"kind\":\"hang\"}",
        "reset, unreachable, {\"kind\":\"reset\"}",
        "truncated, unreachable, {\"kind\":\"truncated\"}",
        "wrong-types, unreadable, {\"kind\":\"wrong-types\"}",
        "not-json, unreadable, {\"kind\":\"not-json\"}",
        "huge, unbounded, {\"kind\":\"huge\"}"
      })
  void a_fault_that_passes_costs_nothing(String kind, String reason, String fault)
      throws Exception {
    long skipped = skippedPages();
    long met = kick.faults(kind);
    double failed = failures(reason);
    Map<String, Revision> before = revisions();
    kick.fault(fault);
    due(60);
    awaitNewerThan(before);
    long more = kick.faults(kind) - met;
    assertTrue(more > 0);
    assertEquals(failed + more, failures(reason));
    assertTrue(kick.well());
    assertEquals(skipped, skippedPages());
  }

  @Test
  void a_refused_token_is_asked_for_anew_and_again_when_that_fails() throws Exception {
    long skipped = skippedPages();
    long tokens = kick.calls("token");
    Map<String, Revision> before = revisions();
    kick.fault("{\"kind\":\"expired-token\"}");
    kick.fault("{\"kind\":\"token-500\"}");
    due(60);
    awaitNewerThan(before);
    assertTrue(kick.well());
    assertEquals(tokens + 2, kick.calls("token"), "one that failed, one for all pages");
    assertEquals(skipped, skippedPages());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "401, the upstream answered 401",
    "403, the upstream answered 403",
    "500, the upstream answered 500",
    "hang, Read timed out",
    "reset, Connection reset",
    "truncated, Premature end",
    "wrong-types, is not",
    "not-json, is not JSON",
    "huge, more than 1000000 bytes"
  })
  void a_page_is_asked_for_a_bounded_number_of_times(String kind, String recorded)
      throws Exception {
    run.pausePollers();
    long met = kick.faults(kind);
    double skipped = run.metric(SKIPPED);
    kick.fault("{\"kind\":\"%s\",\"times\":%d}".formatted(kind, TRIES));
    due(60);
    JsonNode last = run.act("/admin/pollers/kick-viewers/run").path("last_run");
    assertEquals(CHANNELS, last.path("channels").asInt(), last::toString);
    assertEquals(CHANNELS - PAGE, last.path("new").asInt(), last::toString);
    assertEquals(1, last.path("skipped_pages").asInt(), last::toString);
    assertEquals(met + TRIES, kick.faults(kind));
    assertEquals(skipped + 1, run.metric(SKIPPED));
    String error =
        stores
            .dmRows("SELECT error FROM dm.skipped_page ORDER BY id DESC LIMIT 1")
            .get(0)
            .path("error")
            .asText();
    assertTrue(error.contains(recorded), error);
  }

  @Test
  void a_429_that_goes_on_stops_the_calls_and_costs_no_page() throws Exception {
    run.pausePollers();
    long skipped = skippedPages();
    long met = kick.faults("429");
    Map<String, Revision> before = revisions();
    kick.fault("{\"kind\":\"429\",\"times\":-1,\"retry_after\":30}");
    due(60);
    JsonNode last = run.act("/admin/pollers/kick-viewers/run").path("last_run");
    assertEquals(PAGE, last.path("channels").asInt(), last::toString);
    assertTrue(last.path("ended_early").asText().contains("429"), last::toString);
    assertEquals(met + 1, kick.faults("429"), "it asked for a longer pause than a page waits");
    assertEquals(skipped, skippedPages());
    assertEquals(
        CHANNELS,
        stores.dmNumber(
            "SELECT count(*) FROM dm.probe_schedule WHERE next_probe_at <= now() AND token IS NULL AND leased_until IS NULL"),
        "all are due as before");
    await().until(() -> run.metric("ingest_upstream_paused_seconds{upstream=\"kick\"}") > 0);
    run.act("/admin/pollers/kick-viewers/run");
    assertEquals(met + 1, kick.faults("429"), "nobody calls before it is over");
    kick.clearFaults();
    forgive();
    run.resumePollers();
    awaitNewerThan(before);
  }

  @Test
  void what_fails_again_and_again_is_left_alone_for_a_while() throws Exception {
    run.pausePollers();
    long met = kick.faults("500");
    Map<String, Revision> before = revisions();
    kick.fault("{\"kind\":\"500\",\"times\":-1}");
    due(1);
    JsonNode last =
        await()
            .atMost(Duration.ofSeconds(30))
            .until(
                () -> run.act("/admin/pollers/kick-viewers/run").path("last_run"),
                it -> it.path("ended_early").isTextual());
    assertEquals(met + 10, kick.faults("500"), "as many as open the breaker");
    assertTrue(last.path("ended_early").asText().contains("in a row failed"), last::toString);
    await().until(() -> run.metric("ingest_upstream_breaker_seconds{upstream=\"kick\"}") > 0);
    kick.clearFaults();
    forgive();
    run.resumePollers();
    awaitNewerThan(before);
  }

  @Test
  void the_next_try_waits_as_long_as_kick_asked() throws Exception {
    int seconds = 3;
    long skipped = skippedPages();
    long met = kick.faults("429");
    int served = kick.served().size();
    Map<String, Revision> before = revisions();
    kick.fault("{\"kind\":\"429\",\"retry_after\":%d}".formatted(seconds));
    Instant notBefore = Instant.now();
    due(60);
    awaitNewerThan(before);
    assertEquals(met + 1, kick.faults("429"));
    assertEquals(skipped, skippedPages());
    Instant next = Instant.parse(kick.served().get(served).path("at").asText());
    assertTrue(!next.isBefore(notBefore.plusSeconds(seconds)), () -> notBefore + " to " + next);
  }

  @Test
  void every_page_of_a_run_has_its_tries() throws Exception {
    run.pausePollers();
    int pages = CHANNELS / PAGE;
    long met = kick.faults("500");
    Map<String, Revision> before = revisions();
    kick.fault("{\"kind\":\"500\",\"times\":-1}");
    due(4);
    JsonNode last = run.act("/admin/pollers/kick-viewers/run").path("last_run");
    kick.clearFaults();
    assertEquals(pages, last.path("skipped_pages").asInt(), last::toString);
    assertEquals(met + (long) pages * TRIES, kick.faults("500"));
    run.resumePollers();
    awaitNewerThan(before);
  }

  @Test
  void a_batch_that_always_fails_is_skipped_whole_and_polled_again_later() throws Exception {
    run.pausePollers();
    String bad =
        stores
            .dmRows("SELECT platform_user_id FROM dm.streamer_channel ORDER BY id OFFSET 7 LIMIT 1")
            .get(0)
            .path("platform_user_id")
            .asText();
    long met = kick.faults("batch");
    double skipped = run.metric(SKIPPED);
    Map<String, Revision> before = revisions();
    kick.fault("{\"kind\":\"batch\",\"ids\":[%s]}".formatted(bad));
    due(4);
    JsonNode last = run.act("/admin/pollers/kick-viewers/run").path("last_run");
    assertEquals(1, last.path("skipped_pages").asInt(), last::toString);
    assertEquals(CHANNELS - PAGE, last.path("new").asInt(), "the other pages: " + last);
    assertEquals(met + TRIES, kick.faults("batch"));
    assertEquals(skipped + 1, run.metric(SKIPPED));

    JsonNode page = stores.dmRows("SELECT * FROM dm.skipped_page ORDER BY id DESC LIMIT 1").get(0);
    assertEquals("kick-viewers", page.path("poller").asText());
    assertTrue(page.path("error").asText().contains("500"), page::toString);
    Set<String> given = users(page.path("channel_ids"));
    assertEquals(PAGE, given.size(), page::toString);
    assertTrue(given.contains(bad), page::toString);
    assertEquals(
        given,
        new HashSet<>(
            stores
                .dmRows(
                    """
                    SELECT platform_user_id FROM dm.streamer_channel c JOIN dm.probe_schedule s ON s.channel_id = c.id
                    WHERE next_probe_at > '%s'::timestamptz AND token IS NULL AND leased_until IS NULL
                      AND c.id = ANY (ARRAY%s)"""
                        .formatted(page.path("slot").asText(), page.path("channel_ids")))
                .stream()
                .map(row -> row.path("platform_user_id").asText())
                .toList()),
        "due again at a later slot");

    run.resumePollers();
    await().atMost(Duration.ofSeconds(30)).until(() -> kick.faults("batch") >= met + 2 * TRIES);
    kick.clearFaults();
    awaitNewerThan(before);
  }

  private static Set<String> users(JsonNode channelIds) throws Exception {
    String ids =
        StreamSupport.stream(channelIds.spliterator(), false)
            .map(JsonNode::asText)
            .collect(Collectors.joining(","));
    return stores
        .dmRows("SELECT platform_user_id FROM dm.streamer_channel WHERE id IN (" + ids + ")")
        .stream()
        .map(row -> row.path("platform_user_id").asText())
        .collect(Collectors.toSet());
  }
}
