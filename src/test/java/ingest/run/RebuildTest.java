package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a faulty projector left in an environment's table is mended by a rebuild while live events
 * come in and the process that is at it is killed.
 */
final class RebuildTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int KILLS = 3;

  @TempDir private static Path data = Path.of("");
  private static StoresProcess storage;
  private static Stores stores;
  private static Map<String, String> settings = Map.of();
  private static IngestProcess process;

  @BeforeAll
  static void start() throws Exception {
    storage = StoresProcess.start(data, Map.of());
    stores = storage.stores();
    settings = storage.role("ingest,env");
    settings.put(
        "STAGE_INTERNAL_EVENTS_URL",
        "http://127.0.0.1:" + settings.get("HTTP_PORT") + "/internal/events");
    IngestProcess.pollEvery(2, settings);
    process = IngestProcess.run(settings);
  }

  @AfterAll
  static void stop() throws Exception {
    process.kill();
    storage.close();
  }

  private static long snapshots() throws Exception {
    return stores
        .envRows("SELECT count(*) AS n FROM public.channel_snapshot")
        .get(0)
        .path("n")
        .asLong();
  }

  private static long rawEvents() throws Exception {
    return Long.parseLong(stores.clickHouse("SELECT count() FROM vf.raw_events").strip());
  }

  private static JsonNode post(String path, String body) throws Exception {
    HttpResponse<String> answer = process.manage("POST", path, body);
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  private static JsonNode get(String path) throws IOException, InterruptedException {
    HttpResponse<String> answer = process.manage("GET", path, "");
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  private static JsonNode operation(long id) throws IOException, InterruptedException {
    return get("/admin/operations/" + id);
  }

  private static JsonNode ended(long id) {
    JsonNode ended =
        await().atMost(PATIENCE).until(() -> operation(id), o -> !o.path("ended_at").isNull());
    assertEquals("done", ended.path("state").asText(), ended.toString());
    return ended.path("counts");
  }

  private static long begin(String more) throws Exception {
    return post(
            "/admin/rebuilds", "{\"target\":\"stage\",\"table\":\"channel_snapshot\"" + more + "}")
        .path("operation")
        .asLong();
  }

  /**
   * The rows that the fault wrote, and which no newer event writes over: it came from the future.
   */
  private static void spoil() throws Exception {
    stores.envExecute(
        "UPDATE public.channel_snapshot SET viewer_count = -1, viewers_rev = 9000000000000000000"
            + " WHERE platform_user_id IN (SELECT min(platform_user_id) FROM public.channel_snapshot"
            + " UNION ALL SELECT max(platform_user_id) FROM public.channel_snapshot)");
    stores.envExecute(
        "INSERT INTO public.channel_snapshot (platform, platform_user_id, title)"
            + " VALUES ('kick', 'nobody-1', 'invented'), ('kick', 'nobody-2', 'invented')");
  }

  @Test
  void a_spoilt_table_is_made_anew_under_live_traffic_and_kills() throws Exception {
    await().atMost(PATIENCE).until(() -> rawEvents() > 1500 && snapshots() > 100);
    spoil();
    long id = begin(",\"rate\":300,\"why\":\"a wrong column and a wrong append\"");
    for (int kill = 0; kill < KILLS; kill++) {
      long before = kill * 300L;
      await()
          .atMost(PATIENCE)
          .until(
              () -> operation(id),
              o -> o.path("done").asLong() > before || !o.path("ended_at").isNull());
      process.kill();
      stores.dmExecute(
          "UPDATE ingest.operation SET due_at = now() WHERE token IS NOT NULL"); // its lease is
      // over
      process = IngestProcess.run(settings);
    }
    JsonNode counts = ended(id);
    assertEquals(2, counts.path("only_live").asLong(), counts.toString());
    assertEquals(0, counts.path("only_shadow").asLong(), counts.toString());
    assertEquals(2, counts.path("different").asLong(), counts.toString());
    assertEquals(2, counts.path("columns").path("channel_snapshot.viewer_count").asLong());

    JsonNode difference = get("/admin/rebuilds/" + id + "/difference?rows=10");
    assertEquals(4, difference.path("rows").size());
    String swap = "/admin/rebuilds/" + id + "/swap";
    long refused = post(swap, "{\"lose\":1}").path("operation").asLong();
    JsonNode told =
        await().atMost(PATIENCE).until(() -> operation(refused), o -> !o.path("ended_at").isNull());
    assertEquals("failed", told.path("state").asText());
    assertTrue(
        told.path("error").asText().contains("2 rows are in the live table alone"),
        told.toString());
    JsonNode swapped = ended(post(swap, "{\"lose\":2}").path("operation").asLong());
    assertEquals(2, swapped.path("removed").asLong());
    assertEquals(2, swapped.path("changed").asLong());

    // live events went on; with the last of them delivered, history alone gives the same table
    process.pausePollers();
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                stores.dmNumber("SELECT count(*) FROM ingest.delivery_chunk WHERE status = 0")
                    == 0);
    long again = begin("");
    JsonNode same = ended(again);
    for (String word :
        new String[] {"only_live", "only_shadow", "different", "failed", "unknown"}) {
      assertEquals(0, same.path(word).asLong(), same.toString());
    }
    assertTrue(same.path("applied").asLong() > 1500, same.toString());
    assertEquals(
        "dropped", post("/admin/rebuilds/" + again + "/drop", "{}").path("state").asText());
    process.resumePollers();
  }
}
