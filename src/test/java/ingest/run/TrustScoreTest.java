package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trust scores from the sessions of a running product to the environment and the archive. */
class TrustScoreTest {
  private static final String RUN = "/admin/pollers/trust-score/run";

  /** The case of docs/trust-score.md: twelve weekly streams, 240 follows, 5,000 followers. */
  private static final String ESTABLISHED =
      """
      WITH c AS (
          UPDATE dm.streamer_channel SET first_seen_at = now() - interval '100 days', follower_count = 5000
          WHERE platform_user_id = '900000001' RETURNING id
      ), s AS (
          INSERT INTO dm.stream_session (channel_id, started_at, is_open, last_live_at, reported_end,
                                         peak_viewers, viewer_samples, viewer_sum)
          SELECT id, b, false, b, b + interval '5 hours', 150, 300, 30000
          FROM c, generate_series(0, 11) w,
               LATERAL (SELECT date_trunc('second', now()) - interval '1 day' - w * interval '7 days' AS b) began
          RETURNING channel_id, started_at
      )
      INSERT INTO dm.kick_follow_event (event_id, channel_id, occurred_at)
      SELECT gen_random_uuid(), channel_id, started_at + n * interval '1 minute' FROM s, generate_series(1, 20) n
      """;

  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;
  private static Stores stores;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = IngestProcess.settings(data);
    settings.put("POLL_KICK_VIEWERS_ENABLED", "false");
    settings.put("POLL_TRUST_SCORE_BATCH", "64");
    run = IngestProcess.run(settings);
    stores = Stores.of(run);
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  @Test
  void a_score_is_computed_once_a_day_projected_and_kept() throws Exception {
    stores.dmExecute("DELETE FROM dm.kick_follow_event");
    stores.dmExecute("DELETE FROM dm.stream_session");
    stores.dmExecute(ESTABLISHED);
    long channels =
        stores.dmNumber("SELECT count(*) FROM dm.streamer_channel WHERE platform = 'kick'");
    JsonNode last = run.act(RUN).path("last_run");
    assertEquals(channels, last.path("new").longValue(), last::toString);
    assertEquals(0, last.path("skipped_pages").intValue(), last::toString);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                stores.envRows("SELECT channel_id FROM public.streamer_trust_scores").size()
                    == channels);
    JsonNode row =
        stores
            .envRows(
                "SELECT * FROM public.streamer_trust_scores WHERE platform_user_id = '900000001'")
            .get(0);
    assertEquals(69.92, row.path("band_low").doubleValue(), row::toString);
    assertEquals(90.92, row.path("band_high").doubleValue(), row::toString);
    assertEquals(80.42, row.path("score").doubleValue(), row::toString);
    assertTrue(row.path("components").toString().contains("engagement"), row::toString);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                stores
                    .clickHouse(
                        "SELECT platform, score, band_low, band_high, formula, JSONExtractInt(components, 'curve', 'weight')"
                            + " FROM vf.streamer_trust_score_history WHERE platform_user_id = '900000001'")
                    .equals("kick\t80.42\t69.92\t90.92\t1\t20\n"));
    JsonNode again = run.act(RUN).path("last_run");
    assertEquals(0, again.path("channels").intValue(), "none is due before tomorrow: " + again);
    assertEquals(List.of(), stores.dmRows("SELECT * FROM dm.skipped_page"));
  }
}
