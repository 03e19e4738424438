package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.EventId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run whose stores are damaged by hand: the command names each damage, the mend puts it right,
 * and one event is followed through all of it.
 */
class MendedTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;
  private static Stores stores;

  @BeforeAll
  static void start() throws Exception {
    run = IngestProcess.run(IngestProcess.settings(data));
    stores = Stores.of(run);
    run.act("/admin/pollers/kick-viewers/run");
    Balance.exact(run, stores);
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  private record Told(int code, List<String> lines) {
    JsonNode json() throws IOException {
      return JSON.readTree(lines.stream().filter(l -> l.startsWith("{")).findFirst().orElseThrow());
    }
  }

  private static Told command(String... arguments) throws Exception {
    Map<String, String> environment = new HashMap<>();
    environment.put("INGEST_URL", "http://127.0.0.1:" + run.environment().get("MANAGEMENT_PORT"));
    try (IngestProcess command = IngestProcess.start(environment, arguments)) {
      return new Told(command.awaitEnd(), command.lines());
    }
  }

  private static void mode(String mode) throws Exception {
    HttpResponse<String> answer =
        run.manage("POST", "/admin/targets/stage", "{\"mode\":\"" + mode + "\"}");
    assertEquals(200, answer.statusCode(), answer.body());
  }

  private static UUID event(int number) throws Exception {
    return UUID.fromString(
        stores
            .dmRows(
                "SELECT event_id FROM ingest.ingest_outbox ORDER BY event_id OFFSET "
                    + number
                    + " LIMIT 1")
            .get(0)
            .path("event_id")
            .asText());
  }

  private static List<String> found(JsonNode known) {
    List<String> found = new ArrayList<>();
    known
        .path("mismatches")
        .forEach(
            m ->
                found.add(
                    m.path("target").asText()
                        + " "
                        + m.path("kind").asText()
                        + " "
                        + m.path("events").asLong()));
    return found.stream().sorted().toList();
  }

  @Test
  void what_is_damaged_by_hand_is_named_and_mended() throws Exception {
    Told before = command("balance", "--json");
    assertEquals(0, before.code, before.lines.toString());
    assertEquals(List.of(), found(before.json()));

    UUID lost = event(0);
    UUID forgotten = event(1);
    stores.clickHouse("DELETE FROM vf.raw_events_log WHERE event_id = '" + lost + "'");
    stores.envExecute("DELETE FROM public.processed_events WHERE event_id = '" + forgotten + "'");
    mode("paused");
    HttpResponse<String> emitted =
        run.manage(
            "POST",
            "/admin/emit",
            """
            {"type":"kick.viewer_count.observed","source":"kick","subject":"kick:900000001","time":"%s",\
            "data":{"platform":"kick","platform_user_id":"900000001","viewer_count":325}}
            """
                .formatted(Instant.now().minusSeconds(90).truncatedTo(ChronoUnit.SECONDS)));
    assertEquals(200, emitted.statusCode(), emitted.body());
    stores.dmExecute(
        "UPDATE ingest.delivery_chunk SET status = 1 WHERE target = 'stage' AND status = 0");
    long marked =
        stores.dmNumber(
            "SELECT sum(n) FROM ingest.delivery_chunk WHERE target = 'stage' AND settled_at IS NULL");
    assertEquals(1, marked);
    mode("live");

    Told told = command("balance", "--from", "3h");
    assertEquals(1, told.code, told.lines.toString());
    String words = String.join("\n", told.lines);
    for (String word :
        List.of("lost in the archive", "lost in the consumer", "marked delivered and not there")) {
      assertTrue(words.contains(word), words);
    }
    assertEquals(
        List.of(
            "clickhouse lost-in-archive 1",
            "stage lost-in-consumer 1",
            "stage marked-delivered " + marked),
        found(JSON.readTree(run.manage("GET", "/admin/balance", "").body())));
    assertEquals(marked + 2, run.status().path("balance").path("mismatched").asLong());

    JsonNode way = where(lost);
    assertFalse(way.path("archive").path("there").asBoolean());
    assertEquals("delivered", way.path("targets").path("clickhouse").path("status").asText());

    Told mended = command("balance", "mend", "--why", "a test of it", "--json");
    assertEquals(0, mended.code, mended.lines.toString());
    assertEquals(marked + 2, mended.json().path("counts").path("sent again").asLong());
    Balance.exact(run, stores);
    Told after = command("balance");
    assertEquals(0, after.code, after.lines.toString());

    way = where(lost);
    assertTrue(way.path("archive").path("there").asBoolean());
    assertEquals("kick.viewer_count.observed", way.path("type").asText());
    JsonNode stage = way.path("environments").path("stage");
    assertTrue(stage.path("processed").asBoolean());
    assertEquals("channel_snapshot", stage.path("rows").path(0).path("table").asText());
    assertTrue(stage.path("rows").path(0).path("there").asBoolean());
    Told bySubject = command("where", way.path("subject").asText());
    assertEquals(0, bySubject.code, bySubject.lines.toString());
    assertTrue(
        bySubject.lines.stream().anyMatch(l -> l.contains("looked through")),
        bySubject.lines.toString());
    assertTrue(
        bySubject.lines.stream().anyMatch(l -> l.contains(EventId.text(lost))),
        bySubject.lines.toString());
    assertEquals(1, command("where", "kick:nobody").code);
  }

  @Test
  void a_call_is_followed_by_its_message_also_when_the_keys_of_its_hour_are_no_help()
      throws Exception {
    HttpResponse<String> sent =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(
                            "http://127.0.0.1:"
                                + run.environment().get("EMBEDDED_SIMULATOR_PORT")
                                + "/control/webhooks"))
                    .header("Content-Type", "application/json")
                    .POST(
                        HttpRequest.BodyPublishers.ofString(
                            "{\"sender\":\"kick\",\"type\":\"chat.message.sent\"}"))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertEquals(200, sent.statusCode(), sent.body());
    String message =
        await()
            .until(
                () ->
                    stores.dmRows(
                        "SELECT message_id FROM ingest.event_key WHERE message_id IS NOT NULL"),
                rows -> !rows.isEmpty())
            .get(0)
            .path("message_id")
            .asText();
    await()
        .untilAsserted(
            () ->
                assertEquals(
                    1,
                    stores
                        .clickHouseRows(
                            "SELECT 1 FROM vf.webhook_inbox WHERE message_id = '" + message + "'")
                        .size()));
    for (int time = 0; time < 2; time++) {
      JsonNode told = command("where", message, "--json").json();
      assertEquals("message id", told.path("taken_for").asText(), told.toString());
      JsonNode event = told.path("events").path(0);
      assertEquals("kick.chat.message.sent", event.path("type").asText());
      assertEquals(message, event.path("inbox").path("message_id").asText());
      stores.dmExecute("UPDATE ingest.event_key SET message_id = NULL");
    }
  }

  private static JsonNode where(UUID id) throws Exception {
    HttpResponse<String> answer = run.manage("GET", "/admin/where?what=" + EventId.text(id), "");
    assertEquals(200, answer.statusCode(), answer.body());
    assertTrue(JSON.readTree(answer.body()).path("errors").isEmpty(), answer.body());
    JsonNode events = JSON.readTree(answer.body()).path("events");
    assertEquals(1, events.size(), answer.body());
    return events.get(0);
  }
}
