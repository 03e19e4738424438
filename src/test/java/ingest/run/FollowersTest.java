package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The followers of a few channels, brought by two scrapers that do wrong what they can. Each test
 * says which channels are due and runs the poller by hand; what was stored is what was served.
 */
class FollowersTest {
  /** A page is asked for so often of one scraper. */
  private static final int TRIES = 2;

  private static final int CHANNELS = 3;
  private static final int BUDGET = 1000;

  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;
  private static Stores stores;
  private static Upstream upstream;
  private int servedBefore;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = IngestProcess.settings(data);
    settings.put("POLL_KICK_VIEWERS_ENABLED", "false");
    settings.put("POLL_KICK_FOLLOWERS_ENROL", "0");
    settings.put("UPSTREAM_RETRY_DELAY", "20");
    settings.put("UPSTREAM_RETRIES", Integer.toString(TRIES - 1));
    settings.put("SCRAPERS_RESPONSE_TIMEOUT", "1500");
    settings.put("SCRAPE_DO_CALLS_PER_MINUTE", "0");
    settings.put("SCRAPERAPI_CALLS_PER_MINUTE", "0");
    settings.put("SCRAPE_DO_CREDITS_PER_DAY", Integer.toString(BUDGET));
    settings.put("SCRAPERAPI_CREDITS_PER_DAY", Integer.toString(BUDGET));
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
        "{\"credits\":{\"scrape-do\":100000,\"scraperapi\":100000},\"pages\":{},\"lose_callbacks\":0,\"fail_jobs\":0,\"hold_jobs\":0}");
    dm("DELETE FROM dm.upstream");
    dm("DELETE FROM dm.scrape_log");
    dm("DELETE FROM dm.scrape_job");
    dm("DELETE FROM dm.skipped_page");
    dm("DELETE FROM dm.channel_poll");
    due(CHANNELS);
    servedBefore = served().size();
  }

  /** Nothing is lost, nothing is made up: the newest page that was served is what is known. */
  @AfterEach
  void the_stores_hold_what_was_served() throws Exception {
    upstream.clearFaults();
    Map<String, Integer> newest = new HashMap<>();
    for (JsonNode page : served()) {
      newest.put(
          page.path("broadcaster_user_id").asText(),
          page.path("item").path("followers_count").asInt());
    }
    assertEquals(newest, counts(stores.dmRows(COUNTS.formatted("dm.streamer_channel"))));
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertEquals(
                    newest, counts(stores.envRows(COUNTS.formatted("public.channel_snapshot")))));
    assertEquals(
        0,
        stores.dmNumber(
            "SELECT count(*) FROM dm.scrape_log WHERE outcome IS NULL OR concat(target, error, response)"
                + " ~ 'simulated-(scrape|playback)|token=|api_key=' OR length(response) > 2048"));
    assertFalse(String.join("\n", run.lines()).contains("simulated-scrape"), "a key in the log");
  }

  private static final String COUNTS =
      "SELECT platform_user_id, follower_count FROM %s WHERE follower_count IS NOT NULL";

  private static Map<String, Integer> counts(List<JsonNode> rows) {
    Map<String, Integer> counts = new HashMap<>();
    rows.forEach(
        row ->
            counts.put(
                row.path("platform_user_id").asText(), row.path("follower_count").intValue()));
    return counts;
  }

  private static List<JsonNode> served() throws IOException, InterruptedException {
    return upstream.served("/control/served-pages");
  }

  private static void dm(String statement) throws SQLException {
    stores.dmExecute(statement);
  }

  private static void due(int channels) throws SQLException {
    dm(
        """
        INSERT INTO dm.channel_poll (poller, channel_id, next_at)
        SELECT 'kick-followers', id, now() - interval '1 second' FROM dm.streamer_channel
        WHERE platform = 'kick' ORDER BY id LIMIT %d
        ON CONFLICT (poller, channel_id) DO UPDATE SET next_at = excluded.next_at"""
            .formatted(channels));
  }

  private static JsonNode poll() throws Exception {
    return run.act("/admin/pollers/kick-followers/run").path("last_run");
  }

  private int pages() throws Exception {
    return served().size() - servedBefore;
  }

  /** How many calls of a scraper came to what. */
  private static String log(String provider) throws Exception {
    StringBuilder log = new StringBuilder();
    for (JsonNode row :
        stores.dmRows(
            """
            SELECT outcome, status, count(*) AS n FROM dm.scrape_log
            WHERE provider = '%s' GROUP BY 1, 2 ORDER BY 1, 2"""
                .formatted(provider))) {
      log.append(log.isEmpty() ? "" : ", ")
          .append(row.path("n").asText())
          .append(' ')
          .append(row.path("outcome").asText())
          .append(' ')
          .append(row.path("status").asText());
    }
    return log.toString();
  }

  private static double calls(String provider, String outcome) throws Exception {
    return run.metric(
        "ingest_scrape_calls_total{outcome=\"%s\",provider=\"%s\"}".formatted(outcome, provider));
  }

  private static void only(String provider) throws Exception {
    if (provider.equals("scraperapi")) {
      dm(
          """
          INSERT INTO dm.upstream (upstream, next_at, day, paused_until, paused_why)
          VALUES ('scrape-do', now(), current_date, now() + interval '1 hour', 'for the test')""");
    }
  }

  @Test
  void scrape_do_is_asked_first_and_what_it_cost_is_booked() throws Exception {
    JsonNode last = poll();
    assertEquals(CHANNELS, last.path("new").asInt(), last::toString);
    assertEquals(CHANNELS, pages());
    assertEquals("3 ok 200", log("scrape-do"));
    assertEquals("", log("scraperapi"));
    assertEquals(
        10 * CHANNELS, stores.dmNumber("SELECT sum(cost)::int FROM dm.scrape_log WHERE bytes > 0"));
    assertEquals(
        10 * CHANNELS,
        stores.dmNumber("SELECT credits FROM dm.upstream WHERE upstream = 'scrape-do'"));
    assertEquals(
        CHANNELS,
        stores.dmNumber(
            "SELECT count(*) FROM dm.channel_poll WHERE next_at > now() + interval '23 hours' AND token IS NULL"));
    poll();
    assertEquals(CHANNELS, pages(), "nothing is due for a day");
  }

  @ParameterizedTest(name = "{0} of {1}")
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "`\"429\"`, scrape-do, 1 refused 429",
        "`\"429\",\"retry_after\":1`, scrape-do, 1 refused 429",
        "`\"500\"`, scrape-do, 1 failed 500",
        "`\"403\"`, scrape-do, 1 blocked 403",
        "`\"hang\"`, scrape-do, 1 failed null",
        "`\"reset\"`, scrape-do, 1 failed null",
        "`\"truncated\"`, scrape-do, 1 failed null",
        "`\"wrong-types\"`, scrape-do, 1 unreadable 200",
        "`\"not-json\"`, scrape-do, 1 unreadable 200",
        "`\"huge\"`, scrape-do, 1 unreadable null",
        "`\"429\"`, scraperapi, 1 refused 429",
        "`\"429\",\"retry_after\":1`, scraperapi, 1 refused 429",
        "`\"500\"`, scraperapi, 1 failed 500",
        "`\"hang\"`, scraperapi, 1 failed null",
        "`\"reset\"`, scraperapi, 1 failed null",
        "`\"truncated\"`, scraperapi, 1 failed null",
        "`\"wrong-types\"`, scraperapi, 1 unreadable 200",
        "`\"not-json\"`, scraperapi, 1 unreadable 200",
        "`\"huge\"`, scraperapi, 1 unreadable null"
      })
  void a_fault_that_passes_is_tried_again_and_written_down(
      String fault, String provider, String record) throws Exception {
    only(provider);
    double counted = calls(provider, record.split(" ", -1)[1]);
    upstream.fault("{\"kind\":%s,\"api\":\"%s\"}".formatted(fault, provider));
    poll();
    assertTrue(upstream.well(), "the fault was met");
    assertEquals(CHANNELS, pages());
    String log = log(provider);
    assertTrue(log.contains(record) && log.contains("3 ok 200"), log);
    assertEquals(counted + 1, calls(provider, record.split(" ", -1)[1]));
    assertEquals(0, stores.dmNumber("SELECT count(*) FROM dm.skipped_page"));
  }

  @Test
  void scraperapi_is_asked_where_scrape_do_fails_every_try() throws Exception {
    upstream.fault("{\"kind\":\"500\",\"api\":\"scrape-do\",\"times\":-1}");
    poll();
    assertEquals(CHANNELS, pages());
    assertEquals(CHANNELS * TRIES + " failed 500", log("scrape-do"));
    assertEquals("3 ok 200", log("scraperapi"));
  }

  @Test
  void a_scraper_without_credits_is_left_alone_and_the_other_is_asked() throws Exception {
    upstream.scrapers("{\"credits\":{\"scrape-do\":10}}");
    due(CHANNELS);
    poll();
    assertEquals(CHANNELS, pages());
    assertTrue(
        stores.dmNumber(
                "SELECT count(*) FROM dm.upstream WHERE upstream = 'scrape-do' AND paused_until > now()")
            == 1);
    due(CHANNELS);
    int refused = log("scrape-do").length();
    poll();
    assertEquals(2 * CHANNELS, pages());
    assertEquals(refused, log("scrape-do").length(), "not asked again");
  }

  @Test
  void the_budget_of_a_day_stops_a_scraper_and_then_the_poller() throws Exception {
    dm(
        """
        INSERT INTO dm.upstream (upstream, next_at, day, credits)
        VALUES ('scrape-do', now(), (now() AT TIME ZONE 'UTC')::date, %d), ('scraperapi', now(), (now() AT TIME ZONE 'UTC')::date, %d)"""
            .formatted(BUDGET - 20, BUDGET));
    JsonNode last = poll();
    assertEquals(2, pages(), "as many as there are credits for");
    assertEquals("2 ok 200", log("scrape-do"));
    assertEquals("", log("scraperapi"));
    assertEquals(0, last.path("skipped_pages").asInt(), last::toString);
    assertEquals(
        1,
        stores.dmNumber(
            "SELECT count(*) FROM dm.channel_poll WHERE next_at <= now() AND token IS NULL AND failures = 0"),
        "due as before");
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                run.metric("ingest_upstream_credits_today{upstream=\"scrape-do\"}")
                    == run.metric("ingest_upstream_credits_budget{upstream=\"scrape-do\"}"));
    dm("UPDATE dm.upstream SET credits = 0");
    poll();
    assertEquals(CHANNELS, pages(), "the next day");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "missing, not-found, 1, 0",
    "other-account, other-account, 1, 0",
    "no-count, unreadable, 2, 2",
    "blocked, failed, 2, 2"
  })
  void a_page_that_says_nothing_of_its_channel_is_put_off(
      String page, String outcome, int scrapeDo, int scraperApi) throws Exception {
    String slug =
        stores
            .dmRows("SELECT current_slug FROM dm.streamer_channel ORDER BY id LIMIT 1")
            .get(0)
            .path("current_slug")
            .asText();
    upstream.scrapers("{\"pages\":{\"%s\":\"%s\"}}".formatted(slug, page));
    JsonNode last = poll();
    assertEquals(1, last.path("skipped_pages").asInt(), last::toString);
    assertEquals(CHANNELS - 1, pages());
    for (Map.Entry<String, Integer> calls :
        Map.of("scrape-do", scrapeDo, "scraperapi", scraperApi).entrySet()) {
      assertEquals(
          calls.getValue().longValue(),
          stores.dmNumber(
              "SELECT count(*) FROM dm.scrape_log WHERE provider = '%s' AND outcome = '%s'"
                  .formatted(calls.getKey(), outcome)),
          calls.getKey());
    }
    assertEquals(1, stores.dmNumber("SELECT count(*) FROM dm.skipped_page"));
    assertEquals(
        1,
        stores.dmNumber(
            "SELECT count(*) FROM dm.channel_poll WHERE failures = 1 AND next_at BETWEEN now() + interval '4 minutes' AND now() + interval '6 minutes'"));
  }
}
