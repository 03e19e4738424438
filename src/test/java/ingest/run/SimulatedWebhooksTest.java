package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The simulated senders call a whole product, over HTTP, with what they really sign. */
class SimulatedWebhooksTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration ARRIVAL = Duration.ofSeconds(60);

  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;
  private static Stores stores;
  private static Upstream upstream;

  @BeforeAll
  static void start() throws Exception {
    run = IngestProcess.run(IngestProcess.settings(data));
    run.pausePollers();
    stores = Stores.of(run);
    upstream = Upstream.of(run);
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  private static JsonNode order(String sender, String kind, int count) throws Exception {
    return upstream.webhooks(
        "{\"sender\":\"%s\",\"kind\":\"%s\",\"count\":%d}".formatted(sender, kind, count));
  }

  private static ObjectNode answers(String status, int times) {
    return JSON.createObjectNode().put(status, times);
  }

  private static long events() throws SQLException, IOException {
    return stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
  }

  /** Payloads of the inbox's calls whose events are in the archive, or of its rejected calls. */
  private static Set<String> inbox(String sender, boolean verified) throws Exception {
    return stores
        .clickHouseRows(
            "SELECT payload FROM vf.webhook_inbox WHERE source = '%s' AND verified = %s"
                    .formatted(sender, verified)
                + (verified ? " AND event_id IN (SELECT event_id FROM vf.raw_events)" : ""))
        .stream()
        .map(row -> row.path("payload").textValue())
        .collect(Collectors.toSet());
  }

  private static List<String> bodies(int last) throws Exception {
    return upstream.sentWebhooks(last).stream().map(c -> c.path("body").textValue()).toList();
  }

  /** Of a type that is off, such as X's direct messages, nothing is kept. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"kick", "sumsub", "resend", "x", "scraperapi"})
  void every_genuine_call_is_accepted_and_kept_with_its_event(String sender) throws Exception {
    JsonNode answers = upstream.webhooks("{\"sender\":\"%s\"}".formatted(sender));
    int sent = answers.path("200").intValue();
    assertEquals(answers("200", sent), answers, () -> String.valueOf(refused(sender)));
    assertTrue(sent > 0);
    Set<String> kept =
        bodies(sent).stream()
            .filter(body -> !body.contains("direct_message_events"))
            .collect(Collectors.toSet());
    await()
        .atMost(ARRIVAL)
        .untilAsserted(
            () -> {
              Set<String> missing = new TreeSet<>(kept);
              missing.removeAll(inbox(sender, true));
              assertEquals(Set.of(), missing);
            });
  }

  private static List<String> refused(String sender) {
    try {
      return upstream.sentWebhooks(1000).stream()
          .filter(c -> c.path("sender").textValue().equals(sender))
          .filter(c -> !c.path("answer").textValue().equals("200"))
          .map(JsonNode::toString)
          .toList();
    } catch (IOException | InterruptedException e) {
      return List.of(e.toString());
    }
  }

  @ParameterizedTest(name = "{0} {1} is answered {2}")
  @CsvSource({
    "kick, forged, 401",
    "kick, stale, 401",
    "sumsub, forged, 401",
    "resend, forged, 401",
    "resend, stale, 401",
    "x, forged, 401",
    "scraperapi, forged, 401"
  })
  void what_is_not_genuine_is_kept_among_the_rejected_alone(
      String sender, String kind, String status) throws Exception {
    long events = events();
    assertEquals(answers(status, 3), order(sender, kind, 3));
    List<String> bodies =
        bodies(3).stream().filter(body -> !body.contains("direct_message_events")).toList();
    await().atMost(ARRIVAL).until(() -> inbox(sender, false).containsAll(bodies));
    assertEquals(events, events());
    assertTrue(inbox(sender, true).stream().noneMatch(bodies::contains));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"kick", "sumsub", "resend", "x", "scraperapi"})
  void what_is_too_large_is_refused_and_not_kept(String sender) throws Exception {
    long events = events();
    assertEquals(answers("413", 1), order(sender, "oversized", 1));
    assertEquals(events, events());
  }

  @ParameterizedTest(name = "{0} {1} is answered {2}, and is {3} more events for {4} calls")
  @CsvSource({
    "kick, duplicate, 200, 1, 2",
    "kick, subscribed-twice, 200, 1, 2",
    "kick, unknown-type, 200, 1, 1",
    "kick, unparseable, 400, 1, 1",
    "kick, chunked, 200, 1, 1",
    "sumsub, duplicate, 200, 1, 2",
    "sumsub, unknown-type, 200, 1, 1",
    "sumsub, unparseable, 400, 1, 1",
    "sumsub, chunked, 200, 1, 1",
    "resend, duplicate, 200, 1, 2",
    "resend, unknown-type, 200, 1, 1",
    "resend, unparseable, 400, 1, 1",
    "x, duplicate, 200, 1, 2",
    "x, unknown-type, 200, 1, 1",
    "x, unparseable, 400, 1, 1",
    "scraperapi, duplicate, 200, 1, 2",
    "scraperapi, unparseable, 400, 1, 1"
  })
  void what_is_genuine_and_odd_is_one_event(
      String sender, String kind, String status, int more, int calls) throws Exception {
    long events = events();
    assertEquals(answers(status, calls), order(sender, kind, 1));
    assertEquals(events + more, events());
  }

  @Test
  void what_came_in_the_wrong_order_is_as_it_was() throws Exception {
    assertEquals(answers("200", 3), order("sumsub", "reordered", 1));
    String applicant = body(0).path("applicantId").textValue();
    assertEquals(answers("200", 3), order("resend", "reordered", 1));
    String email = body(0).at("/data/email_id").textValue();
    assertEquals(answers("200", 2), order("kick", "reordered", 1));
    JsonNode stream = body(1);
    await()
        .atMost(ARRIVAL)
        .untilAsserted(
            () -> {
              assertEquals(
                  List.of("approved"),
                  env(
                      "SELECT status AS it FROM public.kyc_status WHERE applicant_id = '%s'"
                          .formatted(applicant)));
              assertEquals(
                  List.of("opened"),
                  env(
                      "SELECT status AS it FROM public.email_delivery WHERE email_id = '%s'"
                          .formatted(email)));
            });
    assertEquals(
        List.of(Instant.parse(stream.path("ended_at").textValue())),
        stores
            .dmRows(
                """
                SELECT s.ended_at AS it FROM dm.stream_session s
                JOIN dm.streamer_channel c ON c.id = s.channel_id
                WHERE c.platform_user_id = '%s' AND s.started_at = '%s'"""
                    .formatted(
                        stream.at("/broadcaster/user_id").asText(),
                        stream.path("started_at").textValue()))
            .stream()
            .map(row -> Instant.parse(row.path("it").textValue().replace("+00:00", "Z")))
            .toList());
  }

  private static JsonNode body(int call) throws Exception {
    return JSON.readTree(bodies(call + 1).get(0));
  }

  private static List<String> env(String query) throws SQLException, IOException {
    return stores.envRows(query).stream().map(row -> row.path("it").textValue()).toList();
  }

  @Test
  void follows_are_in_dm_and_chat_in_clickhouse() throws Exception {
    long follows = stores.dmNumber("SELECT count(*) FROM dm.kick_follow_event");
    String order = "{\"sender\":\"kick\",\"type\":\"%s\",\"count\":4}";
    assertEquals(answers("200", 4), upstream.webhooks(order.formatted("channel.followed")));
    assertEquals(follows + 4, stores.dmNumber("SELECT count(*) FROM dm.kick_follow_event"));
    assertEquals(answers("200", 4), upstream.webhooks(order.formatted("chat.message.sent-plain")));
    Set<String> messages =
        bodies(4).stream()
            .map(read(body -> body.path("message_id").textValue()))
            .collect(Collectors.toSet());
    await()
        .atMost(ARRIVAL)
        .until(
            () ->
                stores.clickHouseRows("SELECT message_id FROM vf.kick_chat_message").stream()
                    .map(row -> row.path("message_id").textValue())
                    .collect(Collectors.toSet())
                    .containsAll(messages));
  }

  private static Function<String, String> read(Function<JsonNode, String> of) {
    return text -> {
      try {
        return of.apply(JSON.readTree(text));
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    };
  }

  @Test
  void the_challenge_of_x_is_answered_with_its_signature() throws Exception {
    assertEquals(answers("200", 1), upstream.webhooks("{\"sender\":\"x\",\"type\":\"crc\"}"));
    assertTrue(run.metric("ingest_webhooks_challenges_total{source=\"x\"}") >= 1);
  }
}
