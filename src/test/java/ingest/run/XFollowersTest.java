package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.embedded.simulator.XUsers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What X does wrong, done to a running product that polls four accounts in two pages, by hand. */
class XFollowersTest {
  private static final String RUN = "/admin/pollers/x-followers/run";

  /** A page is asked for so often before it is skipped. */
  private static final int TRIES = 3;

  private static final String STORED =
      """
      SELECT platform_user_id || ' ' || coalesce(follower_count::text, '-') AS told
      FROM dm.streamer_channel WHERE platform = 'x' ORDER BY 1
      """;

  private static final List<String> SERVED =
      List.of(
          "1001 " + XUsers.followers(1001), "1002 " + XUsers.followers(1002), "1008 -", "1009 -");

  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;
  private static Stores stores;
  private static Upstream x;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = IngestProcess.settings(data);
    settings.put("POLL_KICK_VIEWERS_ENABLED", "false");
    settings.put("UPSTREAM_RESPONSE_TIMEOUT", "1500");
    settings.put("UPSTREAM_RETRY_DELAY", "50");
    settings.put("UPSTREAM_RETRIES", Integer.toString(TRIES - 1));
    settings.put("X_CALLS_PER_MINUTE", "0");
    settings.put("POLL_X_FOLLOWERS_BATCH", "2");
    run = IngestProcess.run(settings);
    stores = Stores.of(run);
    x = Upstream.of(run);
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  /** The accounts as claims bring them, never asked for; X as if it had never failed. */
  @BeforeEach
  void four_accounts_that_are_due() throws Exception {
    x.clearFaults();
    stores.dmExecute("DELETE FROM dm.account_missing");
    stores.dmExecute("DELETE FROM dm.channel_poll WHERE poller = 'x-followers'");
    stores.dmExecute("DELETE FROM dm.skipped_page");
    stores.dmExecute("DELETE FROM dm.upstream");
    stores.dmExecute(
        """
        INSERT INTO dm.streamer_channel (external_id, platform, platform_user_id)
        SELECT '01K8ZF6T3Q5W9X7Y2N4M8B' || id, 'x', id
        FROM unnest(ARRAY['1001', '1002', '1008', '1009']) id ON CONFLICT DO NOTHING
        """);
    stores.dmExecute(
        "UPDATE dm.streamer_channel SET follower_count = NULL, follower_count_rev = 0 WHERE platform = 'x'");
  }

  private static List<String> stored() throws Exception {
    return stores.dmRows(STORED).stream().map(row -> row.path("told").asText()).toList();
  }

  private static JsonNode poll() throws Exception {
    return run.act(RUN).path("last_run");
  }

  /** Whatever became of their pages, they are due now; and nobody waits for X. */
  private static void dueAgain() throws Exception {
    stores.dmExecute("DELETE FROM dm.upstream");
    stores.dmExecute(
        "UPDATE dm.channel_poll SET next_at = now() - interval '1 second' WHERE poller = 'x-followers'");
  }

  private static double failures(String reason) throws Exception {
    return run.metric(
        "ingest_upstream_failures_total{reason=\"%s\",upstream=\"x\"}".formatted(reason));
  }

  @Test
  void accounts_are_counted_and_those_that_are_missing_are_recorded() throws Exception {
    JsonNode last = poll();
    assertEquals(4, last.path("channels").intValue(), last::toString);
    assertEquals(2, last.path("new").intValue(), last::toString);
    assertEquals(SERVED, stored());
    assertEquals(
        List.of("1008 suspended", "1009 not_found"),
        stores
            .dmRows(
                """
                SELECT platform_user_id || ' ' || reason AS told
                FROM dm.account_missing m JOIN dm.streamer_channel c ON c.id = m.channel_id ORDER BY 1
                """)
            .stream()
            .map(row -> row.path("told").asText())
            .toList());
    assertEquals(0, poll().path("channels").intValue(), "none is due before the next hour");
    assertEquals(
        1,
        stores.dmNumber(
            "SELECT count(*) FROM dm.upstream WHERE upstream = 'x' AND call_limit = 300 AND remaining BETWEEN 1 AND 299"),
        "what X says of its limit is known to all");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "401, 401",
    "403, 403",
    "500, 5xx",
    "hang, timeout",
    "reset, unreachable",
    "truncated, unreadable",
    "not-json, unreadable",
    "wrong-types, unreadable"
  })
  void a_fault_that_passes_costs_nothing(String kind, String reason) throws Exception {
    double before = failures(reason) + failures("unreachable") + failures("other");
    x.fault("{\"kind\":\"%s\",\"api\":\"x\"}".formatted(kind));
    JsonNode last = poll();
    assertEquals(0, last.path("skipped_pages").intValue(), last::toString);
    assertTrue(x.well());
    assertEquals(SERVED, stored());
    assertTrue(failures(reason) + failures("unreachable") + failures("other") > before);
    assertEquals(0, stores.dmNumber("SELECT count(*) FROM dm.skipped_page"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"401", "403", "500", "hang", "reset", "truncated", "not-json", "wrong-types", "huge"})
  void a_page_that_keeps_failing_is_skipped_whole_and_asked_for_later(String kind)
      throws Exception {
    x.fault("{\"kind\":\"%s\",\"api\":\"x\",\"times\":%d}".formatted(kind, TRIES));
    JsonNode last = poll();
    assertEquals(1, last.path("skipped_pages").intValue(), last::toString);
    assertTrue(x.well());
    JsonNode skipped = stores.dmRows("SELECT * FROM dm.skipped_page").get(0);
    assertEquals("x-followers", skipped.path("poller").asText());
    assertEquals(List.of("1001 -", "1002 -", "1008 -", "1009 -"), stored(), "the first page");
    dueAgain();
    poll();
    assertEquals(SERVED, stored());
  }

  /** The answer says for how long nobody is to call; what was claimed is due as before. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"kind\":\"429\",\"api\":\"x\",\"retry_after\":60}",
        "{\"kind\":\"429\",\"api\":\"x\"}",
        "{\"kind\":\"usage-capped\",\"api\":\"x\"}"
      })
  void a_refusal_pauses_the_upstream_and_gives_the_page_back(String fault) throws Exception {
    x.fault(fault.replace("}", ",\"times\":" + TRIES + "}"));
    JsonNode last = poll();
    assertEquals(0, last.path("skipped_pages").intValue(), last::toString);
    assertEquals(
        0,
        stores.dmNumber(
            "SELECT count(*) FROM dm.channel_poll WHERE poller = 'x-followers' AND (token IS NOT NULL OR next_at > now())"));
    assertEquals(
        1,
        stores.dmNumber(
            "SELECT count(*) FROM dm.upstream WHERE upstream = 'x' AND paused_until > now()"));
    x.clearFaults();
    dueAgain();
    poll();
    assertEquals(SERVED, stored());
  }

  @Test
  void the_cap_of_the_period_is_a_pause_until_tomorrow() throws Exception {
    double capped = run.metric("ingest_x_usage_capped_total");
    x.fault("{\"kind\":\"usage-capped\",\"api\":\"x\"}");
    poll();
    assertEquals(capped + 1, run.metric("ingest_x_usage_capped_total"));
    assertEquals(
        1,
        stores.dmNumber(
            """
            SELECT count(*) FROM dm.upstream
            WHERE paused_until = date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '1 day'
            """));
    assertTrue(x.well(), "one call was enough to know");
  }

  @Test
  void followers_reach_the_archive_and_the_environment_with_their_account() throws Exception {
    poll();
    await()
        .until(
            () ->
                stores
                    .envRows(
                        "SELECT platform_user_id || ' ' || follower_count AS told FROM public.channel_snapshot WHERE platform = 'x' ORDER BY 1")
                    .stream()
                    .map(row -> row.path("told").asText())
                    .toList()
                    .equals(SERVED.subList(0, 2)));
    String count =
        "SELECT count() FROM vf.raw_events WHERE type = 'x.follower_count.observed' AND subject = 'x:1001'";
    await().until(() -> Long.parseLong(stores.clickHouse(count).strip()) > 0);
    assertTrue(
        stores
            .dmRows("SELECT current_slug FROM dm.streamer_channel WHERE platform_user_id = '1001'")
            .stream()
            .map(row -> row.path("current_slug").asText())
            .collect(Collectors.joining())
            .equals("user_1001"));
  }
}
