package ingest.embedded.simulator.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import ingest.embedded.simulator.InvalidRequest;
import ingest.embedded.simulator.World;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebhooksTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SenderKeys KEYS = SenderKeys.random();

  /** A call as it arrived, and whether the sender's keys sign it so. */
  private record Arrived(String path, Map<String, List<String>> headers, String body) {
    String header(String name) {
      return headers
          .getOrDefault(
              name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1), List.of(""))
          .get(0);
    }

    String sender() {
      return path.split("/", -1)[2].replaceFirst("\\?.*", "");
    }

    boolean genuine() {
      SendingParty party = SendingParty.of(sender());
      String type = header("kick-event-type");
      String id =
          switch (party) {
            case KICK -> header("kick-event-message-id");
            case RESEND -> header("svix-id");
            case SCRAPERAPI -> path.substring(path.lastIndexOf('/') + 1).replaceFirst("\\..*", "");
            case SUMSUB, X -> "";
          };
      SignedCall right = new Signer(KEYS).sign(new Notification(party, type, body), id, sent());
      return right.path().equals(path)
          && right.headers().entrySet().stream()
              .filter(h -> h.getKey().matches("(?i).*(signature|digest)"))
              .allMatch(h -> header(h.getKey().toLowerCase(Locale.ROOT)).equals(h.getValue()));
    }

    Instant sent() {
      String kick = header("kick-event-message-timestamp");
      String svix = header("svix-timestamp");
      return !kick.isEmpty()
          ? Instant.parse(kick)
          : svix.isEmpty() ? Instant.EPOCH : Instant.ofEpochSecond(Long.parseLong(svix));
    }
  }

  private final List<Arrived> arrived = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile Function<Arrived, Integer> answer = call -> 204;
  private HttpServer server;
  private Webhooks webhooks;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::receive);
    server.start();
    webhooks = webhooks(0);
  }

  @AfterEach
  void stop() {
    webhooks.close();
    server.stop(0);
    threads.shutdownNow();
  }

  private Webhooks webhooks(int perSecond) {
    URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    return new Webhooks(new World(7), Clock.systemUTC(), new Receiver(address, KEYS, perSecond));
  }

  private void receive(HttpExchange exchange) throws IOException {
    Arrived call =
        new Arrived(
            exchange.getRequestURI().toString(),
            Map.copyOf(exchange.getRequestHeaders()),
            new String(exchange.getRequestBody().readAllBytes(), UTF_8));
    arrived.add(call);
    int status = answer.apply(call);
    byte[] body = new byte[0];
    if (exchange.getRequestMethod().equals("GET") && status == 200) {
      String token = call.path().replaceFirst(".*crc_token=([^&]*).*", "$1");
      body =
          JSON.createObjectNode()
              .put("response_token", new Signer(KEYS).challenged(token))
              .toString()
              .getBytes(UTF_8);
    }
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private JsonNode order(String json) throws JsonProcessingException, InterruptedException {
    return JSON.readTree(webhooks.send(json)).get("answers");
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void an_order_that_names_a_sender_alone_is_one_genuine_call_of_each_type(SendingParty party)
      throws Exception {
    List<String> types = Templates.read().of(party);
    JsonNode answers = order("{\"sender\":\"%s\"}".formatted(party.word()));
    assertEquals(JSON.createObjectNode().put("204", types.size()), answers);
    assertEquals(types.size(), arrived.size());
    for (Arrived call : arrived) {
      assertTrue(call.genuine(), call::toString);
      assertEquals("application/json", call.header("content-type"));
      assertTrue(JSON.readTree(call.body()).isObject());
      assertEquals(
          List.of("" + call.body().getBytes(UTF_8).length), call.headers().get("Content-length"));
    }
    JsonNode listed = JSON.readTree(webhooks.list("1000"));
    assertEquals(types.size(), listed.at("/answers/%s/204".formatted(party.word())).intValue());
    assertEquals(types.size(), listed.get("calls").size());
    assertEquals(
        arrived.stream().map(Arrived::body).collect(Collectors.toSet()),
        stream(listed.get("calls")).stream()
            .map(c -> c.get("body").textValue())
            .collect(Collectors.toSet()));
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void a_forged_call_is_like_a_genuine_one_but_for_its_signature(SendingParty party)
      throws Exception {
    answer = call -> call.genuine() ? 204 : 401;
    assertEquals(
        JSON.createObjectNode().put("401", 3),
        order("{\"sender\":\"%s\",\"kind\":\"forged\",\"count\":3}".formatted(party.word())));
    assertEquals(3, arrived.size());
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"kick", "resend"})
  void a_stale_call_was_signed_a_day_ago(String sender) throws Exception {
    order("{\"sender\":\"%s\",\"kind\":\"stale\",\"count\":1}".formatted(sender));
    Arrived call = arrived.get(0);
    assertTrue(call.genuine());
    assertTrue(call.sent().isBefore(Instant.now().minus(Duration.ofHours(23))));
  }

  @Test
  void a_duplicate_is_the_same_call_twice() throws Exception {
    order("{\"sender\":\"kick\",\"type\":\"kicks.gifted\",\"kind\":\"duplicate\",\"count\":1}");
    assertEquals(2, arrived.size());
    assertEquals(arrived.get(0), arrived.get(1));
  }

  @Test
  void a_channel_that_is_subscribed_twice_tells_it_under_two_ids() throws Exception {
    order("{\"sender\":\"kick\",\"kind\":\"subscribed-twice\",\"count\":1}");
    assertEquals(2, arrived.size());
    assertEquals(arrived.get(0).body(), arrived.get(1).body());
    assertTrue(arrived.stream().allMatch(Arrived::genuine));
    for (String name : List.of("kick-event-message-id", "kick-event-subscription-id")) {
      assertNotEquals(arrived.get(0).header(name), arrived.get(1).header(name));
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"kick", "sumsub", "resend", "x"})
  void reordered_calls_tell_the_latest_first(String sender) throws Exception {
    order("{\"sender\":\"%s\",\"kind\":\"reordered\"}".formatted(sender));
    List<String> told = arrived.stream().map(Arrived::body).toList();
    switch (sender) {
      case "kick" -> {
        assertTrue(told.get(0).contains("\"is_live\":false"), told.get(0));
        assertTrue(told.get(1).contains("\"is_live\":true"), told.get(1));
      }
      case "sumsub" ->
          assertEquals(
              List.of("applicantReviewed", "applicantPending", "applicantCreated"),
              told.stream().map(b -> read(b).get("type").textValue()).toList());
      case "resend" ->
          assertEquals(
              List.of("email.opened", "email.delivered", "email.sent"),
              told.stream().map(b -> read(b).get("type").textValue()).toList());
      default ->
          assertEquals(
              List.of("unfollow", "follow"),
              told.stream().map(b -> read(b).at("/follow_events/0/type").textValue()).toList());
    }
    String time = sender.equals("sumsub") ? "createdAtMs" : "created_at";
    if (Set.of("sumsub", "resend").contains(sender)) {
      List<String> times = told.stream().map(b -> read(b).get(time).textValue()).toList();
      assertEquals(times.stream().sorted(Comparator.reverseOrder()).toList(), times);
      String thing = sender.equals("sumsub") ? "/applicantId" : "/data/email_id";
      assertEquals(1, told.stream().map(b -> read(b).at(thing)).distinct().count());
    }
  }

  @Test
  void an_oversized_call_is_genuine_and_as_large_as_ordered() throws Exception {
    order("{\"sender\":\"sumsub\",\"kind\":\"oversized\",\"count\":1,\"bytes\":100000}");
    assertTrue(arrived.get(0).genuine());
    assertTrue(arrived.get(0).body().length() > 100_000);
    assertFalse(webhooks.list(null).contains("\"body\""), "a large body is not kept");
  }

  @Test
  void an_unparseable_call_is_genuine_and_no_json() throws Exception {
    order("{\"sender\":\"x\",\"kind\":\"unparseable\",\"count\":1}");
    assertTrue(arrived.get(0).genuine());
    assertThrows(JsonProcessingException.class, () -> JSON.readTree(arrived.get(0).body()));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"kick", "sumsub", "resend", "x"})
  void an_unknown_type_is_genuine_and_has_no_template(String sender) throws Exception {
    order("{\"sender\":\"%s\",\"kind\":\"unknown-type\"}".formatted(sender));
    assertTrue(arrived.get(0).genuine());
    String type = read(webhooks.list(null)).at("/calls/0/type").textValue();
    assertFalse(Templates.read().of(SendingParty.of(sender)).contains(type), type);
    assertTrue((arrived.get(0).body() + arrived.get(0).headers()).contains(type));
  }

  @Test
  void a_chunked_call_announces_no_length() throws Exception {
    order("{\"sender\":\"resend\",\"kind\":\"chunked\",\"count\":1}");
    assertTrue(arrived.get(0).genuine());
    assertEquals(List.of("chunked"), arrived.get(0).headers().get("Transfer-encoding"));
    assertFalse(arrived.get(0).headers().containsKey("Content-length"));
  }

  @Test
  void the_challenge_is_held_against_the_right_answer() throws Exception {
    answer = call -> 200;
    String challenge = "{\"sender\":\"x\",\"type\":\"crc\"}";
    assertEquals(JSON.createObjectNode().put("200", 1), order(challenge));
    answer = call -> 404;
    assertEquals(JSON.createObjectNode().put("404", 1), order(challenge));
    SenderKeys others = SenderKeys.random();
    try (Webhooks stranger =
        new Webhooks(
            new World(7),
            Clock.systemUTC(),
            new Receiver(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()), others, 0))) {
      answer = call -> 200;
      assertEquals(
          "{\"answers\":{\"200 with the wrong response_token\":1}}", stranger.send(challenge));
    }
  }

  @Test
  void where_nobody_listens_there_is_no_answer() throws Exception {
    server.stop(0);
    assertEquals(
        JSON.createObjectNode().put("no answer", 2), order("{\"sender\":\"kick\",\"count\":2}"));
  }

  @ParameterizedTest(name = "order {0}")
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "{\"sender\":\"acme\"}",
        "{\"sender\":\"kick\",\"type\":\"acme\"}",
        "{\"sender\":\"kick\",\"kind\":\"acme\"}",
        "{\"sender\":\"kick\",\"count\":0}",
        "{\"sender\":\"kick\",\"count\":1001}",
        "{\"sender\":\"kick\",\"count\":\"1\"}",
        "{\"sender\":\"kick\",\"conut\":1}",
        "{\"sender\":\"kick\",\"bytes\":0}",
        "{\"sender\":\"sumsub\",\"kind\":\"stale\"}",
        "{\"sender\":\"x\",\"kind\":\"stale\"}",
        "{\"sender\":\"resend\",\"kind\":\"subscribed-twice\"}",
        "{\"sender\":\"scraperapi\",\"kind\":\"reordered\"}",
        "{\"sender\":\"scraperapi\",\"kind\":\"unknown-type\"}",
        "{\"sender\":\"kick\",\"type\":\"kicks.gifted\",\"kind\":\"reordered\"}"
      })
  void what_is_no_order_is_refused(String json) {
    assertThrows(InvalidRequest.class, () -> webhooks.send(json));
    assertEquals(List.of(), arrived);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"-1", "1001", "x"})
  void what_is_no_number_of_calls_is_refused(String last) {
    assertThrows(InvalidRequest.class, () -> webhooks.list(last));
  }

  @Test
  void by_itself_every_sender_tells_something_and_X_asks_first() throws Exception {
    answer = call -> call.path().startsWith("/wh/x?") ? 200 : 204;
    try (Webhooks steady = webhooks(100)) {
      steady.start();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  arrived.stream().map(Arrived::sender).collect(Collectors.toSet()).size()
                      == SendingParty.values().length);
    }
    assertTrue(arrived.get(0).path().startsWith("/wh/x?crc_token="), arrived.get(0).path());
    assertTrue(arrived.stream().filter(c -> !c.path().contains("?")).allMatch(Arrived::genuine));
  }

  @Test
  void a_failed_call_is_sent_again_by_those_who_do_that_under_its_id_and_signed_anew()
      throws Exception {
    answer = call -> 503;
    try (Webhooks steady = webhooks(100)) {
      steady.start();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  arrived.stream()
                      .filter(c -> c.sender().equals("resend"))
                      .collect(Collectors.groupingBy(c -> c.header("svix-id")))
                      .values()
                      .stream()
                      .anyMatch(
                          tries ->
                              tries.size() == 3
                                  && tries.stream().map(Arrived::sent).distinct().count() == 3
                                  && tries.stream().map(Arrived::body).distinct().count() == 1));
    }
    assertTrue(
        arrived.stream()
            .filter(c -> c.sender().equals("kick"))
            .collect(Collectors.groupingBy(c -> c.header("kick-event-message-id")))
            .values()
            .stream()
            .allMatch(tries -> tries.size() == 1),
        "Kick sends again");
  }

  @Test
  void a_receiver_that_does_not_answer_holds_a_few_calls_and_the_rest_is_not_sent()
      throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    answer =
        call -> {
          try {
            return call.path().contains("?") || end.await(1, TimeUnit.MINUTES) ? 200 : 503;
          } catch (InterruptedException e) {
            return 503;
          }
        };
    try (Webhooks steady = webhooks(100)) {
      steady.start();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> read(steady.list("0")).get("skipped").intValue() > 100);
      assertTrue(arrived.size() <= 20, arrived.size() + " at once");
    } finally {
      end.countDown();
    }
  }

  private static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<JsonNode> stream(JsonNode array) {
    List<JsonNode> all = new ArrayList<>();
    array.forEach(all::add);
    return all;
  }
}
