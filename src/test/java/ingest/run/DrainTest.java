package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is told to end while its environment does not answer, beside stores that stay. */
class DrainTest {
  @TempDir private static Path data = Path.of("");
  private static IngestProcess storage;
  private static ServerSocket silent;
  private static Stores stores;
  private static Map<String, String> role = Map.of();

  @BeforeAll
  static void start() throws Exception {
    storage = IngestProcess.run(IngestProcess.settings(data), "--only-stores");
    silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress()); // never accepts
    Map<String, String> written =
        Files.readAllLines(data.resolve("stores.env")).stream()
            .map(line -> line.split("=", 2))
            .collect(Collectors.toMap(s -> s[0], s -> s[1].substring(1, s[1].length() - 1)));
    stores = Stores.of(written);
    role = new LinkedHashMap<>(written);
    role.putAll(
        Map.of(
            "INGEST_ROLE", "ingest",
            "STAGE_INTERNAL_EVENTS_URL",
                "http://127.0.0.1:%d/internal/events".formatted(silent.getLocalPort()),
            "POLL_KICK_VIEWERS_ENABLED", "false",
            "HTTP_PORT", Integer.toString(IngestProcess.freePort()),
            "MANAGEMENT_PORT", Integer.toString(IngestProcess.freePort()),
            "DRAIN_TIMEOUT", "20s",
            "DRAIN_NOTICE", "4s"));
  }

  @AfterAll
  static void stop() throws Exception {
    silent.close();
    storage.close();
  }

  private static HttpResponse<String> emit(IngestProcess process, String key) throws Exception {
    return process.manage(
        "POST",
        "/admin/emit",
        """
        {"source":"kick","type":"kick.viewer_count.observed","subject":"kick:1","time":"2026-09-24T03:00:00Z","key":"%s","data":{"platform":"kick","platform_user_id":"1","viewer_count":1}}
        """
            .formatted(key));
  }

  private static int ready(IngestProcess process) throws Exception {
    return process.manage("GET", "/observe/health/ready", "").statusCode();
  }

  private static boolean onItsWay() throws Exception {
    return stores.dmNumber(
            "SELECT count(*) FROM ingest.delivery_chunk WHERE target = 'stage' AND status = 0 AND token IS NOT NULL")
        > 0;
  }

  @Test
  void it_is_told_then_refuses_then_ends_and_what_it_gives_back_has_paid_nothing()
      throws Exception {
    IngestProcess process = IngestProcess.run(role);
    long from = stores.dmNumber("SELECT last_value FROM ingest.chunk_seq");
    assertEquals(200, ready(process));
    assertEquals(200, emit(process, "before").statusCode());
    await().until(DrainTest::onItsWay);

    process.signal("TERM");
    await().pollInterval(Duration.ofMillis(50)).until(() -> ready(process) == 503);
    HttpResponse<String> served = emit(process, "while it is only told");
    assertEquals(200, served.statusCode(), served::body);
    assertEquals(200, process.manage("GET", "/observe/health/live", "").statusCode());

    await().atMost(Duration.ofSeconds(10)).until(() -> emit(process, "late").statusCode() == 503);
    HttpResponse<String> refused = emit(process, "late");
    assertEquals(503, refused.statusCode(), refused::body);
    assertEquals("2", refused.headers().firstValue("retry-after").orElse(""));

    process.drained();
    String chunks =
        "SELECT DISTINCT status, claims, attempts, token, due_at <= now() AS due FROM ingest.delivery_chunk WHERE chunk > %d AND target = '%s'";
    assertEquals(
        List.of("{\"status\":0,\"claims\":0,\"attempts\":0,\"token\":null,\"due\":true}"),
        rows(chunks.formatted(from, "stage")));
    assertEquals(0, stores.dmNumber("SELECT count(*) FROM ingest.delivery_item"));
    assertEquals(
        List.of("{\"status\":1}"),
        rows(
            "SELECT DISTINCT status FROM ingest.delivery_chunk WHERE chunk > %d AND target = 'clickhouse'"
                .formatted(from)),
        "what another target answered is settled");
  }

  private static List<String> rows(String query) throws Exception {
    return stores.dmRows(query).stream().map(JsonNode::toString).toList();
  }

  @Test
  void a_second_signal_ends_it_at_once() throws Exception {
    IngestProcess process = IngestProcess.run(role);
    emit(process, "second signal");
    await().until(DrainTest::onItsWay);
    process.signal("TERM");
    await().until(() -> process.lines().contains("draining"));
    process.signal("TERM");
    assertEquals(130, process.exitCode());
    assertFalse(process.lines().contains("stopped"));
    assertTrue(refused(process));
  }

  private static boolean refused(IngestProcess process) throws Exception {
    try {
      ready(process);
      return false;
    } catch (ConnectException e) {
      return true;
    }
  }
}
