package ingest.delivery;

import static ingest.delivery.Receiver.raw;
import static ingest.delivery.Receiver.silenceAfter;
import static ingest.delivery.Receiver.status;
import static ingest.outbox.AcmeEvents.APPLE_SEEN;
import static ingest.outbox.AcmeEvents.PEAR_SEEN;
import static ingest.outbox.AcmeEvents.apples;
import static ingest.outbox.AcmeEvents.event;
import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.standardwebhooks.Webhook;
import ingest.delivery.Receiver.Reply;
import ingest.delivery.Receiver.Request;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.store.TestStores;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A lane's turns against a receiver of every temper. */
class HttpSenderTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofMillis(1500);
  private static final String APPLIED = "{\"applied\":1,\"results\":{}}";

  private Receiver receiver;
  private Rig rig;

  @BeforeEach
  void open() throws Exception {
    receiver = new Receiver(request -> status(200));
    rig = rig(receiver.url(), 100);
  }

  @AfterEach
  void close() throws Exception {
    rig.close();
    receiver.close();
  }

  private static Rig rig(URI url, int batch) throws Exception {
    return new Rig(STORES, TIMEOUT, Rig.http("stage", url, batch));
  }

  private static List<String> chunks() {
    return STORES
        .sql()
        .rows(
            "SELECT status, claims, attempts, n_exc FROM ingest.delivery_chunk WHERE target ="
                + " 'stage' ORDER BY chunk");
  }

  private static List<String> items() {
    return STORES
        .sql()
        .rows("SELECT pos, status, attempts FROM ingest.delivery_item ORDER BY chunk, pos");
  }

  private void assertUntouchedAndBroken() {
    assertEquals(List.of("0|0|0|0"), chunks());
    assertEquals(List.of(), items());
    assertNotNull(rig.lanes.lane("stage").brokenReason());
  }

  @ParameterizedTest(name = "{0} with the body {1}")
  @CsvSource({
    "200, ''",
    "200, '{\"applied\":1,\"results\":{}}'",
    "201, ''",
    "202, ''",
    "204, ''",
    "299, ' '",
  })
  void an_event_is_delivered_by(int status, String body) throws Exception {
    receiver.answers(request -> status(status, body));
    rig.commit(apples(0, 1));
    rig.turn("stage");
    assertEquals(List.of("1|1|0|0"), chunks());
    assertEquals(List.of(), items());
    assertNull(rig.lanes.lane("stage").brokenReason());
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 409, 413, 422, 500})
  void a_single_event_pays_an_attempt_for(int status) throws Exception {
    receiver.answers(request -> status(status, "not this one"));
    rig.commit(apples(0, 1));
    rig.turn("stage");
    assertEquals(List.of("1|1|0|1"), chunks());
    assertEquals(List.of("0|pending|1"), items());
    assertEquals(
        List.of("answered " + status + "|not this one"),
        STORES.sql().rows("SELECT last_error, response FROM ingest.delivery_item"));
    assertNull(rig.lanes.lane("stage").brokenReason());
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        301, 302, 307, 308, 401, 402, 403, 404, 405, 407, 408, 410, 415, 418, 425, 429, 451, 501,
        502, 503, 504
      })
  void no_event_pays_for(int status) throws Exception {
    receiver.answers(request -> status(status, "whatever it says"));
    rig.commit(apples(0, 1));
    rig.turn("stage");
    assertUntouchedAndBroken();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("noAnswers")
  void no_event_pays_for_what_is_no_answer(String what, Reply reply) throws Exception {
    receiver.answers(request -> reply);
    rig.commit(apples(0, 3));
    rig.turn("stage");
    assertUntouchedAndBroken();
    assertEquals(1, receiver.requests().size());
  }

  static Stream<Arguments> noAnswers() {
    String head = "HTTP/1.1 200 OK\r\ncontent-length: ";
    return Stream.of(
        Arguments.of("a page", status(200, "<html>Please log in</html>")),
        Arguments.of("a word", status(200, "OK")),
        Arguments.of("half a JSON", status(200, "{\"applied\":3,\"results\":")),
        Arguments.of("a JSON of another kind", status(200, "{\"ok\":true}")),
        Arguments.of("a list", status(200, "[]")),
        Arguments.of("results that are a list", status(200, "{\"applied\":3,\"results\":[]}")),
        Arguments.of("no HTTP", raw("SSH-2.0-OpenSSH_9.2\r\n")),
        Arguments.of("the end of the connection", raw("")),
        Arguments.of("half a head", raw("HTTP/1.1 200 OK\r\ncontent-le")),
        Arguments.of("half a body and the end", raw(head + "40\r\n\r\n" + APPLIED)),
        Arguments.of("half a body and silence", silenceAfter(head + "40\r\n\r\n" + APPLIED)),
        Arguments.of("silence", silenceAfter("")),
        Arguments.of(
            "more than 1 MiB",
            status(200, "{\"results\":{},\"x\":\"" + "x".repeat(1 << 20) + "\"}")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:{free}/",
        "https://127.0.0.1:{receiver}/",
        "http://nowhere.invalid/"
      })
  void no_event_pays_for_a_target_that_is_not_there(String url) throws Exception {
    URI target =
        URI.create(
            url.replace("{free}", Integer.toString(TestStores.freePort()))
                .replace("{receiver}", Integer.toString(receiver.url().getPort())));
    try (Rig away = rig(target, 100)) {
      away.commit(apples(0, 1));
      away.turn("stage");
      assertEquals(List.of("0|0|0|0"), chunks());
      assertEquals(List.of(), items());
      assertNotNull(away.lanes.lane("stage").brokenReason());
    }
  }

  @Test
  void a_redirect_is_not_followed() throws Exception {
    try (Receiver elsewhere = new Receiver(request -> status(200))) {
      receiver.answers(request -> status(307).withHeader("location", elsewhere.url().toString()));
      rig.commit(apples(0, 1));
      rig.turn("stage");
      assertUntouchedAndBroken();
      assertEquals(List.of(), elsewhere.requests());
    }
  }

  @ParameterizedTest(name = "Retry-After: {0}")
  @CsvSource({
    "120, 119, 121",
    "1, 4, 6",
    "999999, 21600, 21600",
    "soon, 4, 6",
    "in 10 minutes, 590, 601"
  })
  void a_refused_event_waits_as_long_as_was_asked(String asked, long least, long most)
      throws Exception {
    String value =
        asked.equals("in 10 minutes")
            ? DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusMinutes(10))
            : asked;
    receiver.answers(request -> status(422).withHeader("Retry-After", value));
    rig.commit(apples(0, 1));
    rig.turn("stage");
    long pause =
        STORES
            .sql()
            .number(
                "SELECT round(extract(epoch FROM due_at - attempted_at)) FROM"
                    + " ingest.delivery_item");
    assertTrue(pause >= least && pause <= most, () -> pause + " s");
  }

  @Test
  void a_poison_event_is_found_among_a_hundred_and_pays_alone() throws Exception {
    String poison = EventId.text(apples(42, 1).get(0).id());
    receiver.answers(
        request -> request.text().contains(poison) ? status(422, "poison") : status(200));
    rig.commit(apples(0, 100));
    rig.turn("stage");
    assertEquals(List.of("1|1|0|1"), chunks());
    assertEquals(List.of("42|pending|1"), items());
    assertTrue(receiver.requests().size() <= 16, () -> receiver.requests().size() + " requests");
    assertEquals(99, delivered());
  }

  private static long delivered() {
    return STORES
        .sql()
        .number(
            "SELECT count(*) FROM ingest.ingest_outbox_delivery WHERE target = 'stage' AND status ="
                + " 'delivered'");
  }

  @Test
  void each_event_of_a_batch_gets_the_result_that_is_listed_for_it() throws Exception {
    List<String> ids = apples(0, 6).stream().map(e -> EventId.text(e.id())).toList();
    receiver.answers(
        request ->
            status(
                200,
                """
                {"applied":1,"results":{"%s":{"status":"duplicate"},"%s":{"status":"ignored"},
                 "%s":{"status":"unknown"},"%s":{"status":"failed","error":"SQLSTATE 23502"},"%s":{}}}
                """
                    .formatted(ids.get(1), ids.get(2), ids.get(3), ids.get(4), ids.get(5))));
    rig.commit(apples(0, 6));
    rig.turn("stage");
    assertEquals(List.of("3|pending|0", "4|pending|1", "5|pending|1"), items());
    assertEquals(
        List.of("unknown type acme.apple.seen", "SQLSTATE 23502", "failed"),
        STORES.sql().rows("SELECT last_error FROM ingest.delivery_item ORDER BY pos"));
    assertEquals(3, delivered());
  }

  @Test
  void a_type_that_the_target_does_not_know_yet_holds_up_no_other() throws Exception {
    receiver.answers(
        request ->
            status(
                200,
                answer(
                    events(request).stream()
                        .filter(e -> e.path("type").asText().equals(APPLE_SEEN))
                        .collect(Collectors.toMap(e -> e.path("id").asText(), e -> "unknown")))));
    rig.commit(apples(0, 10));
    rig.commit(List.of(event(PEAR_SEEN, 100)));
    try (Rig small = rig(receiver.url(), 10)) {
      small.turn("stage");
      assertNull(small.lanes.lane("stage").brokenReason());
    }
    assertEquals(List.of("1|1|0|10", "1|1|0|0"), chunks());
    assertEquals(
        10, STORES.sql().number("SELECT count(*) FROM ingest.delivery_item WHERE attempts = 0"));
  }

  private static String answer(Map<String, String> results) {
    return "{\"applied\":0,\"results\":{"
        + results.entrySet().stream()
            .map(r -> "\"%s\":{\"status\":\"%s\"}".formatted(r.getKey(), r.getValue()))
            .collect(Collectors.joining(","))
        + "}}";
  }

  private static List<JsonNode> events(Request request) {
    JsonNode body = assertDoesNotThrow(() -> JSON.readTree(request.text()));
    return body.isArray()
        ? StreamSupport.stream(body.spliterator(), false).toList()
        : List.of(body);
  }

  @Test
  void a_target_that_refuses_everything_is_broken_and_takes_it_all_when_it_is_mended()
      throws Exception {
    receiver.answers(request -> status(422, "everything is wrong"));
    rig.commit(apples(0, 100));
    rig.turn("stage");
    assertUntouchedAndBroken();
    assertTrue(receiver.requests().size() < 20, () -> receiver.requests().size() + " requests");

    int before = receiver.requests().size();
    await().until(() -> rig.turn("stage") != null);
    assertUntouchedAndBroken();
    assertEquals(before + 4, receiver.requests().size(), "single events probe it");

    receiver.answers(request -> status(200));
    await().until(() -> rig.turn("stage") != null);
    assertEquals(List.of("1|1|0|0"), chunks());
    assertEquals(List.of(), items());
    assertNull(rig.lanes.lane("stage").brokenReason());
  }

  @Test
  void poison_at_the_head_of_the_queue_holds_up_a_doubtful_target_only_until_it_takes_another()
      throws Exception {
    List<String> poison = apples(0, 6).stream().map(e -> EventId.text(e.id())).toList();
    receiver.answers(
        request ->
            poison.stream().anyMatch(request.text()::contains)
                ? status(500, "poison")
                : status(200));
    rig.commit(apples(0, 40));
    await()
        .until(
            () -> {
              rig.turn("stage");
              return delivered() == 34;
            });
    assertEquals(6, items().size());
    assertNull(rig.lanes.lane("stage").brokenReason());
  }

  @Test
  void a_target_that_refuses_events_by_name_works_and_each_pays_for_itself() throws Exception {
    List<String> ids = apples(0, 8).stream().map(e -> EventId.text(e.id())).toList();
    String results =
        ids.stream()
            .map(id -> "\"%s\":{\"status\":\"failed\",\"error\":\"no\"}".formatted(id))
            .collect(java.util.stream.Collectors.joining(",", "{\"results\":{", "}}"));
    receiver.answers(request -> status(200, results));
    rig.commit(apples(0, 8));
    rig.turn("stage");
    assertEquals(8, items().size());
    assertNull(rig.lanes.lane("stage").brokenReason());
  }

  @Test
  void a_target_that_breaks_in_the_middle_keeps_what_it_took() throws Exception {
    receiver.answers(request -> receiver.requests().size() <= 2 ? status(200) : status(503));
    rig.commit(apples(0, 20));
    rig.commit(apples(20, 20));
    try (Rig small = rig(receiver.url(), 10)) {
      small.turn("stage");
    }
    assertEquals(List.of("1|1|0|0", "0|0|0|0"), chunks());
    assertEquals(List.of(), items());
  }

  @Test
  void one_event_goes_as_itself_and_several_as_a_batch_signed_over_the_very_bytes()
      throws Exception {
    List<Envelope> three =
        List.of(event(APPLE_SEEN, 1, "naïve 🌙"), event(PEAR_SEEN, 2), event(PEAR_SEEN, 3));
    rig.commit(three);
    rig.turn("stage");
    rig.commit(apples(9, 1));
    rig.turn("stage");
    Request batch = receiver.requests().get(0);
    assertEquals("application/cloudevents-batch+json", batch.header("content-type"));
    assertTrue(batch.header("webhook-id").startsWith("bat_"), batch.header("webhook-id"));
    assertEquals(
        three.stream().map(Envelope::toJson).collect(Collectors.joining(",", "[", "]")),
        batch.text());
    Request single = receiver.requests().get(1);
    assertEquals("application/cloudevents+json", single.header("content-type"));
    assertEquals(EventId.text(apples(9, 1).get(0).id()), single.header("webhook-id"));
    assertEquals(apples(9, 1).get(0).toJson(), single.text());
    for (Request request : receiver.requests()) {
      assertDoesNotThrow(() -> new Webhook(Rig.SECRET).verify(request.text(), headers(request)));
    }
  }

  private static HttpHeaders headers(Request request) {
    return HttpHeaders.of(
        request.headers().entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, h -> List.of(h.getValue()))),
        (name, value) -> true);
  }

  @Test
  void a_batch_keeps_its_id_while_it_is_made_of_the_same_events() throws Exception {
    receiver.answers(request -> status(503));
    rig.commit(apples(0, 3));
    rig.turn("stage");
    receiver.answers(request -> status(200));
    try (Rig another = rig(receiver.url(), 100)) {
      another.turn("stage");
      another.commit(apples(3, 3));
      another.turn("stage");
    }
    List<String> ids = receiver.requests().stream().map(r -> r.header("webhook-id")).toList();
    assertEquals(3, ids.size());
    assertEquals(ids.get(0), ids.get(1));
    assertNotEquals(ids.get(1), ids.get(2));
  }

  @Test
  void a_request_is_at_most_768_KiB() throws Exception {
    List<Envelope> large =
        Stream.iterate(0, n -> n + 1)
            .limit(20)
            .map(n -> event(APPLE_SEEN, n, "x".repeat(100_000)))
            .toList();
    rig.commit(large.subList(0, 10));
    rig.commit(large.subList(10, 20));
    rig.turn("stage");
    rig.turn("stage");
    assertEquals(20, delivered());
    assertEquals(
        List.of(7, 7, 2, 4), receiver.requests().stream().map(r -> events(r).size()).toList());
    for (Request request : receiver.requests()) {
      assertTrue(request.bytes() <= 768 * 1024 + 2, () -> request.bytes() + " bytes");
    }
  }

  @Test
  void a_target_with_batch_1_gets_each_event_by_itself() throws Exception {
    try (Rig single = rig(receiver.url(), 1)) {
      single.commit(apples(0, 5));
      single.turn("stage");
    }
    assertEquals(
        apples(0, 5).stream().map(Envelope::toJson).toList(),
        receiver.requests().stream().map(Request::text).toList());
    assertEquals(5, delivered());
  }

  @Test
  void an_event_that_took_its_worker_down_is_sent_alone() throws Exception {
    rig.commit(apples(0, 3));
    Target target = rig.lanes.lane("stage").target();
    for (int lost = 1; lost <= 3; lost++) {
      rig.claims.chunks(target, 0, 8);
      STORES.clock(Rig.LEASE.plusSeconds(1).multipliedBy(lost));
    }
    requireNonNull(rig.claims.items(target, 100));
    STORES.clock(Rig.LEASE.plusSeconds(1).multipliedBy(5));
    for (Batch batch = rig.claims.items(target, 100);
        batch != null;
        batch = rig.claims.items(target, 100)) {
      rig.send(batch);
    }
    assertEquals(
        List.of(1, 1, 1), receiver.requests().stream().map(r -> events(r).size()).toList());
    assertEquals(3, delivered());
  }

  @Test
  void who_settles_late_is_counted() throws Exception {
    rig.commit(apples(0, 1));
    Batch batch = requireNonNull(rig.lanes.lane("stage").next(8));
    STORES.clock(Rig.LEASE.plusSeconds(1));
    assertNotNull(rig.claims.chunks(batch.target(), 0, 8));
    rig.send(batch);
    assertEquals(
        1, rig.meters.get("ingest.delivery.late").tag("target", "stage").counter().count());
    assertFalse(receiver.requests().isEmpty());
    assertEquals(List.of("0|2|0|0"), chunks());
  }

  @Test
  void a_batch_that_takes_longer_than_its_lease_is_kept_and_settled_whole() throws Exception {
    receiver.answers(
        request -> {
          rig.pass(Rig.LEASE.dividedBy(2).plusSeconds(1));
          assertDoesNotThrow(
              () -> assertNull(rig.claims.chunks(rig.lanes.lane("stage").target(), 0, 8)));
          return status(200);
        });
    rig.close();
    rig = rig(receiver.url(), 1);
    rig.commit(apples(0, 6));
    rig.turn("stage");
    assertEquals(6, receiver.requests().size());
    assertEquals(List.of("1|1|0|0"), chunks());
  }

  /** As a process comes to that was stopped (SIGSTOP) beyond its lease. */
  @Test
  void who_was_stopped_beyond_its_lease_sends_no_more_of_what_another_has() throws Exception {
    receiver.answers(
        request -> {
          if (receiver.requests().size() == 1) {
            rig.pass(Rig.LEASE.plusSeconds(1));
            assertDoesNotThrow(
                () -> assertNotNull(rig.claims.chunks(rig.lanes.lane("stage").target(), 0, 8)));
          }
          return status(200);
        });
    rig.close();
    rig = rig(receiver.url(), 10);
    rig.commit(apples(0, 50));
    rig.turn("stage");
    assertEquals(1, receiver.requests().size(), "the request that was on its way");
    assertEquals(List.of("0|2|0|0"), chunks(), "nothing is settled or given back");

    rig.pass(Rig.LEASE.plusSeconds(1));
    for (int turn = 0; turn < 7; turn++) { // the chunk was lost twice: it is taken apart
      rig.turn("stage");
      rig.pass(Duration.ofSeconds(2));
    }
    assertEquals(50, delivered());
  }

  @Test
  void what_was_lost_is_worked_off_without_waiting_for_a_sweep_each() throws Exception {
    rig.commit(apples(0, 20));
    Target target = rig.lanes.lane("stage").target();
    for (int lost = 1; lost <= 3; lost++) {
      rig.claims.chunks(target, 0, 8);
      rig.pass(Rig.LEASE.plusSeconds(1));
    }
    requireNonNull(rig.claims.items(target, 100));
    rig.pass(Rig.LEASE.plusSeconds(1));
    for (int turn = 0; turn < 20; turn++) {
      assertEquals(1, requireNonNull(rig.turn("stage")).events().size());
    }
    assertEquals(20, delivered());
    assertEquals(
        20, rig.meters.get("ingest.delivery.lost").tag("target", "stage").counter().count());
  }

  @Test
  void a_secret_that_is_rotated_at_one_side_for_ten_minutes_makes_nothing_dead() throws Exception {
    Webhook other = new Webhook("whsec_" + "bm90IHRoZSBzYW1lIHNlY3JldCBhdCBhbGw=");
    receiver.answers(request -> status(verifies(other, request) ? 200 : 401));
    rig.commit(apples(0, 150));
    for (int second = 0; second < 600; second += 20) {
      rig.turn("stage");
      rig.pass(Duration.ofSeconds(20));
    }
    assertEquals(List.of("0|0|0|0", "0|0|0|0"), chunks());
    assertEquals(List.of(), items());
    assertTrue(receiver.requests().size() <= 30, () -> receiver.requests().size() + " requests");

    Webhook both = new Webhook(Rig.SECRET);
    receiver.answers(
        request -> status(verifies(other, request) || verifies(both, request) ? 200 : 401));
    rig.pass(Duration.ofMinutes(1));
    rig.turn("stage");
    assertEquals(150, delivered());
  }

  private static boolean verifies(Webhook webhook, Request request) {
    try {
      webhook.verify(request.text(), headers(request));
      return true;
    } catch (com.standardwebhooks.exceptions.WebhookVerificationException e) {
      return false;
    }
  }
}
