package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The followers of three channels by jobs of ScraperAPI, whose callbacks come or do not. */
class FollowersByJobTest {
  private static final int CHANNELS = 3;

  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;
  private static Stores stores;
  private static Upstream upstream;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = IngestProcess.settings(data);
    settings.put("POLL_KICK_VIEWERS_ENABLED", "false");
    settings.put("POLL_KICK_FOLLOWERS_ENROL", "0");
    settings.put("POLL_KICK_FOLLOWERS_MODE", "job");
    settings.put("UPSTREAM_RETRY_DELAY", "20");
    settings.put("UPSTREAM_RETRIES", "1");
    settings.put("SCRAPERS_RESPONSE_TIMEOUT", "1500");
    settings.put("SCRAPERAPI_CALLS_PER_MINUTE", "0");
    run = IngestProcess.run(settings);
    stores = Stores.of(run);
    upstream = Upstream.of(run);
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  @BeforeEach
  void three_channels_are_due_and_all_is_well() throws Exception {
    upstream.clearFaults();
    upstream.scrapers(
        "{\"credits\":{\"scraperapi\":100000},\"pages\":{},\"lose_callbacks\":0,\"fail_jobs\":0,\"hold_jobs\":0}");
    for (String table :
        new String[] {"upstream", "scrape_log", "scrape_job", "skipped_page", "channel_poll"}) {
      stores.dmExecute("DELETE FROM dm." + table);
    }
    stores.dmExecute(
        "UPDATE dm.streamer_channel SET follower_count = NULL, follower_count_rev = 0");
    stores.dmExecute(
        """
        INSERT INTO dm.channel_poll (poller, channel_id, next_at)
        SELECT 'kick-followers', id, now() - interval '1 second' FROM dm.streamer_channel
        WHERE platform = 'kick' ORDER BY id LIMIT %d"""
            .formatted(CHANNELS));
  }

  @AfterEach
  void neither_key_nor_address_of_a_stream_is_anywhere() throws Exception {
    assertEquals(
        0,
        stores.dmNumber(
            "SELECT count(*) FROM dm.scrape_log WHERE concat(target, error, response) ~ 'simulated-(scrape|playback)'"));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> run.status().at("/deliveries/clickhouse/pending").asInt() == 0);
    assertEquals(
        "0",
        stores
            .clickHouse(
                "SELECT count() FROM vf.webhook_inbox WHERE source = 'scraperapi' AND payload LIKE '%simulated-playback%'")
            .strip());
    assertFalse(String.join("\n", run.lines()).contains("simulated-scrape"), "a key in the log");
  }

  private static JsonNode poll(String poller) throws Exception {
    return run.act("/admin/pollers/" + poller + "/run").path("last_run");
  }

  private static String slug() throws Exception {
    return stores
        .dmRows("SELECT current_slug FROM dm.streamer_channel ORDER BY id LIMIT 1")
        .get(0)
        .path("current_slug")
        .asText();
  }

  /** Jobs by what became of them. */
  private static String jobs() throws Exception {
    return stores
        .dmRows(
            "SELECT status, coalesce(outcome, '-') AS outcome, count(*) AS n FROM dm.scrape_job GROUP BY 1, 2 ORDER BY 1, 2")
        .stream()
        .map(
            r ->
                r.path("n").asText()
                    + " "
                    + r.path("status").asText()
                    + " "
                    + r.path("outcome").asText())
        .collect(Collectors.joining(", "));
  }

  private static long known() throws Exception {
    return stores.dmNumber(
        "SELECT count(*) FROM dm.streamer_channel WHERE follower_count IS NOT NULL");
  }

  private static void awaitJobs(String wanted) {
    await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertEquals(wanted, jobs()));
  }

  /** Has the open jobs be due for a question. */
  private static void ask() throws Exception {
    stores.dmExecute("UPDATE dm.scrape_job SET check_at = now() WHERE status = 'ordered'");
    poll("scraperapi-jobs");
  }

  @Test
  void a_callback_brings_the_page_and_closes_the_job() throws Exception {
    poll("kick-followers");
    assertEquals(
        CHANNELS, stores.dmNumber("SELECT count(*) FROM dm.scrape_log WHERE outcome = 'ordered'"));
    awaitJobs("3 finished ok");
    assertEquals(CHANNELS, known());
    assertEquals(
        CHANNELS,
        stores.dmNumber(
            "SELECT count(*) FROM dm.channel_poll WHERE next_at > now() + interval '23 hours' AND token IS NULL"));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                stores
                        .envRows(
                            "SELECT 1 AS x FROM public.channel_snapshot WHERE follower_count IS NOT NULL AND followers_rev > 0")
                        .size()
                    >= CHANNELS);
  }

  @Test
  void a_lost_callback_is_made_up_for_by_asking() throws Exception {
    upstream.scrapers("{\"lose_callbacks\":3}");
    poll("kick-followers");
    assertEquals("3 ordered -", jobs());
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              ask();
              assertEquals("3 finished ok", jobs());
            });
    assertEquals(CHANNELS, known());
    assertEquals(
        CHANNELS, stores.dmNumber("SELECT count(*) FROM dm.scrape_log WHERE outcome = 'over'"));
  }

  @Test
  void a_job_that_failed_has_its_channel_tried_again_later() throws Exception {
    upstream.scrapers("{\"fail_jobs\":1}");
    poll("kick-followers");
    awaitJobs("1 failed failed, 2 finished ok");
    assertEquals(CHANNELS - 1, known());
    assertEquals(
        1,
        stores.dmNumber(
            "SELECT count(*) FROM dm.channel_poll WHERE failures = 1 AND next_at BETWEEN now() + interval '4 minutes' AND now() + interval '6 minutes'"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "missing, finished not-found",
    "other-account, finished other-account",
    "no-count, finished unreadable"
  })
  void a_page_that_says_nothing_of_its_channel_is_written_nowhere(String page, String job)
      throws Exception {
    upstream.scrapers("{\"pages\":{\"%s\":\"%s\"}}".formatted(slug(), page));
    poll("kick-followers");
    await().atMost(Duration.ofSeconds(20)).until(() -> !jobs().contains("ordered"));
    assertTrue(jobs().contains("1 " + job) && jobs().contains("2 finished ok"), jobs());
    assertEquals(CHANNELS - 1, known());
    assertEquals(1, stores.dmNumber("SELECT count(*) FROM dm.channel_poll WHERE failures = 1"));
  }

  @Test
  void a_job_of_the_day_before_is_given_up_and_counted() throws Exception {
    double lost = run.metric("ingest_scrape_jobs_lost_total");
    upstream.scrapers("{\"hold_jobs\":1}");
    poll("kick-followers");
    await().atMost(Duration.ofSeconds(20)).until(() -> jobs().contains("2 finished ok"));
    ask();
    assertEquals(
        1, stores.dmNumber("SELECT count(*) FROM dm.scrape_log WHERE outcome = 'running'"));
    assertTrue(jobs().contains("1 ordered -"), jobs());
    stores.dmExecute(
        "UPDATE dm.scrape_job SET ordered_at = now() - interval '25 hours' WHERE status = 'ordered'");
    poll("scraperapi-jobs");
    assertEquals("2 finished ok, 1 lost -", jobs());
    assertEquals(lost + 1, run.metric("ingest_scrape_jobs_lost_total"));
    assertEquals(1, stores.dmNumber("SELECT count(*) FROM dm.channel_poll WHERE failures = 1"));
    stores.dmExecute("UPDATE dm.scrape_job SET closed_at = now() - interval '8 days'");
    poll("scraperapi-jobs");
    assertEquals("", jobs());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "429, refused",
    "500, failed",
    "hang, failed",
    "reset, failed",
    "truncated, failed",
    "not-json, unreadable",
    "wrong-types, unreadable",
    "huge, unreadable"
  })
  void an_order_that_fails_is_given_again(String kind, String outcome) throws Exception {
    upstream.fault("{\"kind\":\"%s\",\"api\":\"scraperapi\"}".formatted(kind));
    poll("kick-followers");
    assertTrue(upstream.well());
    awaitJobs("3 finished ok");
    assertEquals(CHANNELS, known());
    assertEquals(
        1,
        stores.dmNumber(
            "SELECT count(*) FROM dm.scrape_log WHERE outcome = '%s'".formatted(outcome)));
  }

  @Test
  void without_credits_nothing_is_ordered_and_the_channels_stay_due() throws Exception {
    upstream.scrapers("{\"credits\":{\"scraperapi\":0}}");
    JsonNode last = poll("kick-followers");
    assertEquals("", jobs());
    assertEquals(0, last.path("skipped_pages").asInt(), last::toString);
    assertEquals(
        CHANNELS,
        stores.dmNumber(
            "SELECT count(*) FROM dm.channel_poll WHERE next_at <= now() AND token IS NULL AND failures = 0"));
    upstream.scrapers("{\"credits\":{\"scraperapi\":1000}}");
    stores.dmExecute("UPDATE dm.upstream SET paused_until = NULL");
    poll("kick-followers");
    awaitJobs("3 finished ok");
  }
}
