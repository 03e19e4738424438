package ingest.embedded.simulator;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.embedded.simulator.webhook.Receiver;
import ingest.embedded.simulator.webhook.SenderKeys;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.core5.util.Timeout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatorTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long FIRST = 900_000_001L;
  private static final String FORM =
      "grant_type=client_credentials&client_id=%s&client_secret=%s"
          .formatted(Simulator.CLIENT_ID, Simulator.CLIENT_SECRET);

  /** No webhooks are sent by themselves. */
  private static final Receiver NOBODY =
      new Receiver(URI.create("http://127.0.0.1:9"), SenderKeys.random(), 0);

  private final MovableClock clock = new MovableClock();

  /** As the product's client speaks; in HTTP/2 calls would share a connection that a fault ends. */
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final Simulator simulator = new Simulator(0, NOBODY, clock, 7);

  @BeforeEach
  void start() {
    simulator.start();
  }

  @AfterEach
  void close() {
    simulator.close();
  }

  @Test
  void a_token_has_the_documented_shape_and_opens_the_api() throws Exception {
    HttpResponse<String> answer = requestToken(FORM);
    assertEquals(200, answer.statusCode());
    JsonNode token = JSON.readTree(answer.body());
    assertEquals(shape(payload("oauth/token-client-credentials")), shape(token));
    assertEquals(5_184_000, token.get("expires_in").intValue());
    assertEquals("no-store", answer.headers().firstValue("cache-control").orElse(""));
    assertEquals(200, channels(token.get("access_token").textValue(), ids(1)).statusCode());
  }

  @ParameterizedTest(name = "form {0}")
  @ValueSource(
      strings = {
        "grant_type=client_credentials&client_id=simulated-client&client_secret=wrong",
        "grant_type=client_credentials&client_id=wrong&client_secret=simulated-secret",
        "grant_type=client_credentials",
        "grant_type=refresh_token&client_id=simulated-client&client_secret=simulated-secret",
        ""
      })
  void no_token_without_the_credentials_and_the_grant(String form) throws Exception {
    assertAnswer(400, "oauth/token-error-400", requestToken(form));
  }

  @Test
  void unknown_missing_and_expired_tokens_are_unauthorized() throws Exception {
    String token = token();
    assertAnswer(401, "api/error-401", channels("unknown", ids(1)));
    assertAnswer(
        401, "api/error-401", send(request("/public/v1/channels?" + ids(1)).GET().build()));
    clock.forward(Duration.ofDays(60).minusSeconds(1));
    assertEquals(200, channels(token, ids(1)).statusCode());
    clock.forward(Duration.ofSeconds(1));
    assertAnswer(401, "api/error-401", channels(token, ids(1)));
  }

  @Test
  void live_and_offline_channels_have_the_documented_fields() throws Exception {
    JsonNode documented = payload("api/channels-live-and-offline");
    JsonNode offlineExample = documented.at("/data/1");
    Set<String> liveShapes = new HashSet<>();
    int live = 0;
    for (JsonNode item : all(token())) {
      if (item.at("/stream/is_live").booleanValue()) {
        live++;
        Map<String, String> shape = shape(item);
        liveShapes.add(
            shape.containsKey("/stream/custom_tags")
                + ","
                + shape.containsKey("/stream/viewer_count"));
        shape.putIfAbsent("/stream/custom_tags", "ARRAY");
        shape.putIfAbsent("/stream/viewer_count", "NUMBER");
        assertEquals(shape(documented.at("/data/0")), shape);
        Instant started = Instant.parse(item.at("/stream/start_time").textValue());
        assertTrue(started.isBefore(clock.instant()), started.toString());
        assertTrue(item.at("/category/id").intValue() > 0);
      } else {
        assertEquals(shape(offlineExample), shape(item));
        assertEquals(offlineExample.get("stream"), item.get("stream"));
        assertEquals(offlineExample.get("category"), item.get("category"));
        assertEquals("", item.get("stream_title").textValue());
      }
    }
    assertTrue(live > 125 && live < 210, live + " live");
    assertEquals(Set.of("true,true", "true,false", "false,true", "false,false"), liveShapes);
  }

  @Test
  void fifty_ids_are_a_call_and_none_or_51_are_refused() throws Exception {
    String token = token();
    assertEquals(50, data(channels(token, ids(50))).size());
    assertAnswer(400, "api/error-400", channels(token, ids(51)));
    assertAnswer(400, "api/error-400", channels(token, ""));
    assertAnswer(400, "api/error-400", channels(token, "broadcaster_user_id=maple"));
  }

  @Test
  void unknown_ids_are_absent_and_the_order_is_not_the_calls() throws Exception {
    String token = token();
    assertAnswer(200, "api/channels-empty", channels(token, "broadcaster_user_id=17"));
    List<Long> asked = LongStream.range(FIRST, FIRST + 50).boxed().toList();
    List<Long> got = new ArrayList<>();
    data(channels(token, ids(49) + "&broadcaster_user_id=17"))
        .forEach(item -> got.add(item.get("broadcaster_user_id").longValue()));
    assertNotEquals(asked.subList(0, 49), got);
    assertEquals(Set.copyOf(asked.subList(0, 49)), Set.copyOf(got));
    for (int i = 0; i < 10; i++) {
      clock.forward(Duration.ofSeconds(1));
      assertNotEquals(
          FIRST, data(channels(token, ids(2))).at("/0/broadcaster_user_id").longValue());
    }
  }

  @Test
  void slugs_are_asked_for_alone_and_one_unknown_fails_the_batch() throws Exception {
    String token = token();
    String known = "slug=" + simulator.channels().get(16).slug();
    JsonNode found = data(channels(token, known));
    assertEquals(FIRST + 16, found.at("/0/broadcaster_user_id").longValue());
    assertAnswer(400, "api/error-400", channels(token, known + "&slug=unknown"));
    assertAnswer(400, "api/error-400", channels(token, known + "&" + ids(1)));
    assertAnswer(400, "api/error-400", channels(token, "slug=" + "a".repeat(26)));
  }

  @Test
  void answers_echo_nothing_of_the_call() throws Exception {
    HttpResponse<String> answer =
        send(
            request("/public/v1/channels?probe=1&" + ids(1))
                .header("Authorization", "Bearer " + token())
                .header("X-Probe", "1")
                .build());
    assertEquals(200, answer.statusCode());
    assertEquals(Set.of("content-type", "content-length"), answer.headers().map().keySet());
  }

  @Test
  void what_was_served_is_remembered_as_the_client_received_it() throws Exception {
    String token = token();
    List<String> received = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      data(channels(token, ids(50))).forEach(item -> received.add(item.toString()));
      clock.forward(World.COUNT);
    }
    List<JsonNode> served = served("");
    assertEquals(150, served.size());
    for (int i = 0; i < served.size(); i++) {
      JsonNode line = served.get(i);
      assertEquals(i + 1, line.get("seq").longValue());
      assertEquals(received.get(i), line.get("item").toString());
      assertEquals(line.at("/item/broadcaster_user_id"), line.get("broadcaster_user_id"));
    }
    assertEquals("2026-11-20T10:00:00.123456Z", served.get(0).get("at").textValue());
    assertEquals(served.subList(140, 150), served("?since=140"));
    assertEquals(400, get("/control/served?since=yesterday").statusCode());
  }

  @Test
  void the_chart_ranks_twenty_streamers_and_is_remembered_as_it_was_received() throws Exception {
    List<String> received = new ArrayList<>();
    Set<String> orders = new HashSet<>();
    int hidden = 0;
    for (int made = 0; made < 10; made++) {
      for (int call = 0; call < 2; call++) {
        JsonNode streamers = JSON.readTree(get("/charts/v1/top").body()).path("streamers");
        assertEquals(20, streamers.size());
        StringBuilder order = new StringBuilder();
        for (JsonNode streamer : streamers) {
          received.add(streamer.toString());
          order.append(streamer.path("user_id")).append(' ');
          hidden += streamer.has("hours_watched") ? 0 : 1;
        }
        assertEquals(1, streamers.path(0).path("rank").intValue());
        orders.add(order.toString());
      }
      clock.forward(Chart.EVERY);
    }
    assertTrue(orders.size() > 1, "they overtake each other");
    assertTrue(hidden > 0 && hidden < received.size() / 2, "some hide their hours");
    assertEquals(200, received.stream().distinct().count(), "it stands still in between");
    List<String> served = new ArrayList<>();
    for (String line : get("/control/served-charts").body().lines().toList()) {
      served.add(JSON.readTree(line).path("item").toString());
    }
    assertEquals(received, served);
    assertEquals(List.of(), served(""));
  }

  @ParameterizedTest
  @CsvSource({"401, 401", "403, 403", "429, 429", "500, 500", "not-json, 200", "wrong-types, 200"})
  void a_fault_of_the_chart_is_met_by_the_chart_alone(String kind, int status) throws Exception {
    fault("{\"kind\":\"%s\",\"api\":\"charts\"}".formatted(kind));
    assertEquals(200, channels(token(), ids(1)).statusCode());
    HttpResponse<String> faulty = get("/charts/v1/top");
    assertEquals(status, faulty.statusCode());
    assertFalse(faulty.body().contains("streamers"), faulty::body);
    assertEquals(1, calls().at("/faults/" + kind).intValue());
    assertTrue(get("/charts/v1/top").body().contains("streamers"));
    assertEquals("", get("/control/served-charts?since=20").body());
  }

  @ParameterizedTest
  @ValueSource(strings = {"reset", "truncated", "huge", "hang"})
  void a_chart_that_breaks_down_is_no_answer(String kind) throws Exception {
    fault("{\"kind\":\"%s\",\"api\":\"charts\"}".formatted(kind));
    HttpRequest chart = request("/charts/v1/top").timeout(Duration.ofMillis(500)).build();
    assertThrows(IOException.class, () -> whole(chart));
    assertEquals(1, calls().at("/faults/" + kind).intValue());
    assertTrue(get("/charts/v1/top").body().contains("streamers"));
  }

  @ParameterizedTest
  @CsvSource({"401, application/json", "403, text/html"})
  void a_refusal_without_cause_leaves_the_token_good(int status, String type) throws Exception {
    String token = token();
    fault("{\"kind\":\"%d\"}".formatted(status));
    HttpResponse<String> refused = channels(token, ids(1));
    assertEquals(status, refused.statusCode());
    assertTrue(refused.headers().firstValue("content-type").orElse("").startsWith(type));
    assertEquals(200, channels(token, ids(1)).statusCode());
  }

  @Test
  void a_reset_ends_the_connection_without_an_answer() throws Exception {
    String token = token();
    fault("{\"kind\":\"reset\"}");
    IOException broken =
        assertThrows(IOException.class, () -> whole(channelsRequest(token, ids(1)).build()));
    assertTrue(String.valueOf(broken.getMessage()).contains("reset"), broken::toString);
    assertEquals(200, channels(token, ids(1)).statusCode());
  }

  @Test
  void a_huge_answer_goes_on_as_long_as_it_is_read() throws Exception {
    String token = token();
    fault("{\"kind\":\"huge\"}");
    IOException tooMuch =
        assertThrows(IOException.class, () -> whole(channelsRequest(token, ids(1)).build()));
    assertEquals("more than 100 MB", tooMuch.getMessage());
    assertEquals(200, channels(token, ids(1)).statusCode());
  }

  @Test
  void the_most_calls_of_a_minute_are_those_of_any_sixty_seconds() throws Exception {
    String token = token();
    for (int second : new int[] {0, 30, 1, 29, 20, 600}) {
      clock.forward(Duration.ofSeconds(second));
      channels(token, ids(1));
    }
    get("/charts/v1/top");
    // at 0, 30, 31, 60, 80 and 680 s: the window of 30 to 80 has four, as that at 0 is out at 60
    assertEquals(
        JSON.readTree("{\"calls\":6,\"last_minute\":1,\"most_in_a_minute\":4}"),
        calls().at("/upstreams/kick"));
    assertEquals(1, calls().at("/upstreams/charts/most_in_a_minute").intValue());
  }

  /**
   * Reads up to 100 MB of an answer, so that one without an end does not fill the memory; through
   * the product's client, because Java's repeats by itself what was reset.
   */
  private static void whole(HttpRequest request) throws IOException {
    HttpGet get = new HttpGet(request.uri());
    request.headers().map().forEach((name, values) -> get.setHeader(name, values.get(0)));
    get.setConfig(
        RequestConfig.custom()
            .setResponseTimeout(
                Timeout.of(
                    request.timeout().orElse(Duration.ofSeconds(30)).toMillis(), MILLISECONDS))
            .build());
    try (CloseableHttpClient client = HttpClients.custom().disableAutomaticRetries().build()) {
      client.execute(
          get,
          answer -> {
            InputStream body = answer.getEntity().getContent();
            long read = 0;
            for (long some = body.skip(1 << 16); some > 0; some = body.skip(1 << 16)) {
              read += some;
              if (read > 100_000_000) {
                get.abort();
                throw new IOException("more than 100 MB");
              }
            }
            return read;
          });
    }
  }

  @Test
  void an_expired_token_fault_revokes_the_token_for_good() throws Exception {
    String token = token();
    fault("{\"kind\":\"expired-token\",\"times\":1}");
    assertAnswer(401, "api/error-401", channels(token, ids(1)));
    assertAnswer(401, "api/error-401", channels(token, ids(1)));
    assertEquals(200, channels(token(), ids(1)).statusCode());
    assertEquals(1, calls().at("/faults/expired-token").intValue());
  }

  @Test
  void a_429_has_retry_after_only_when_the_fault_has() throws Exception {
    String token = token();
    fault("{\"kind\":\"429\",\"times\":1,\"retry_after\":7}");
    fault("{\"kind\":\"429\",\"times\":1}");
    HttpResponse<String> first = channels(token, ids(1));
    HttpResponse<String> second = channels(token, ids(1));
    assertEquals(429, first.statusCode());
    assertEquals("7", first.headers().firstValue("retry-after").orElse(""));
    assertEquals(429, second.statusCode());
    assertTrue(second.headers().firstValue("retry-after").isEmpty());
    assertEquals(200, channels(token, ids(1)).statusCode());
  }

  @Test
  void a_fault_ends_after_its_times_or_when_it_is_removed() throws Exception {
    String token = token();
    fault("{\"kind\":\"500\",\"times\":2}");
    fault("{\"kind\":\"not-json\",\"times\":-1}");
    assertEquals(500, channels(token, ids(1)).statusCode());
    assertEquals(
        JSON.readTree("[{\"kind\":\"500\",\"times\":1},{\"kind\":\"not-json\",\"times\":-1}]"),
        JSON.readTree(get("/control/faults").body()));
    assertEquals(500, channels(token, ids(1)).statusCode());
    for (int i = 0; i < 3; i++) {
      HttpResponse<String> page = channels(token, ids(1));
      assertEquals(200, page.statusCode());
      assertThrows(JsonProcessingException.class, () -> JSON.readTree(page.body()));
    }
    assertEquals(204, send(request("/control/faults").DELETE().build()).statusCode());
    assertEquals("[]", get("/control/faults").body());
    assertEquals(1, data(channels(token, ids(1))).size());
  }

  @Test
  void a_fault_with_ids_meets_only_calls_that_ask_for_one_of_them() throws Exception {
    String token = token();
    fault("{\"kind\":\"500\",\"times\":1,\"ids\":[" + (FIRST + 9) + "]}");
    assertEquals(200, channels(token, ids(9)).statusCode());
    assertEquals(500, channels(token, ids(10)).statusCode());
    assertEquals(200, channels(token, ids(10)).statusCode());
  }

  @Test
  void a_failing_batch_fails_for_ever_by_slug_too() throws Exception {
    String token = token();
    fault("{\"kind\":\"batch\",\"times\":1,\"ids\":[" + (FIRST + 3) + "]}");
    for (int i = 0; i < 5; i++) {
      assertEquals(500, channels(token, ids(50)).statusCode());
    }
    assertEquals(500, channels(token, "slug=" + simulator.channels().get(3).slug()).statusCode());
    assertEquals(200, channels(token, ids(3)).statusCode());
  }

  @Test
  void a_call_with_a_bad_token_spends_no_fault() throws Exception {
    fault("{\"kind\":\"500\",\"times\":1}");
    assertEquals(401, channels("unknown", ids(1)).statusCode());
    assertEquals(500, channels(token(), ids(1)).statusCode());
  }

  @Test
  void a_client_cannot_choose_its_fault() throws Exception {
    HttpResponse<String> answer =
        send(
            request("/public/v1/channels?" + ids(1))
                .header("Authorization", "Bearer " + token())
                .header(FaultGate.FAULT, "500")
                .build());
    assertEquals(200, answer.statusCode());
  }

  @Test
  void a_truncated_answer_announces_more_than_it_sends() throws Exception {
    String token = token();
    fault("{\"kind\":\"truncated\",\"times\":1}");
    IOException broken = assertThrows(IOException.class, () -> channels(token, ids(50)));
    assertTrue(String.valueOf(broken.getMessage()).contains("bytes received: "), broken::toString);
    assertEquals(50, data(channels(token, ids(50))).size());
  }

  @Test
  void wrong_types_are_json_in_which_every_channel_is_broken() throws Exception {
    String token = token();
    fault("{\"kind\":\"wrong-types\",\"times\":1}");
    HttpResponse<String> answer = channels(token, ids(4));
    assertEquals(200, answer.statusCode());
    JsonNode data = data(answer);
    assertEquals("many", data.at("/0/stream/viewer_count").textValue());
    assertTrue(data.at("/1/stream").isArray());
    assertTrue(data.at("/2/broadcaster_user_id").isObject());
    assertTrue(data.at("/3/channel").isObject());
    assertEquals(4, data.size());
  }

  @Test
  void a_token_fault_fails_tokens_and_no_channels() throws Exception {
    String token = token();
    fault("{\"kind\":\"token-500\",\"times\":1}");
    assertEquals(200, channels(token, ids(1)).statusCode());
    assertEquals(500, requestToken(FORM).statusCode());
    assertEquals(200, requestToken(FORM).statusCode());
  }

  @Test
  void many_hanging_calls_do_not_keep_others_from_an_answer() throws Exception {
    String token = token();
    fault("{\"kind\":\"hang\",\"times\":-1,\"ids\":[" + FIRST + "]}");
    List<CompletableFuture<HttpResponse<String>>> hanging =
        Stream.generate(
                () ->
                    http.sendAsync(
                        channelsRequest(token, ids(1)).build(),
                        HttpResponse.BodyHandlers.ofString()))
            .limit(60)
            .toList();
    await().until(() -> calls().at("/faults/hang").intValue() == 60);
    HttpResponse<String> other =
        send(
            channelsRequest(token, "broadcaster_user_id=" + (FIRST + 1))
                .timeout(Duration.ofSeconds(10))
                .build());
    assertEquals(200, other.statusCode());
    assertThrows(
        HttpTimeoutException.class,
        () -> send(channelsRequest(token, ids(1)).timeout(Duration.ofMillis(200)).build()));
    hanging.forEach(call -> assertFalse(call.isDone()));
    hanging.forEach(call -> call.cancel(true));
  }

  @Test
  void only_answers_without_a_fault_are_remembered() throws Exception {
    String token = token();
    for (FaultKind kind : FaultKind.values()) {
      fault("{\"kind\":\"" + kind.kind() + "\",\"times\":1,\"ids\":[" + FIRST + "]}");
      try {
        whole(channelsRequest(token, ids(5)).timeout(Duration.ofMillis(500)).build());
      } catch (IOException e) {
        assertTrue(
            EnumSet.of(FaultKind.HANG, FaultKind.RESET, FaultKind.TRUNCATED, FaultKind.HUGE)
                .contains(kind),
            kind + ": " + e);
      }
      token = kind == FaultKind.EXPIRED_TOKEN ? token() : token;
      send(request("/control/faults").DELETE().build());
      List<JsonNode> served = served("");
      assertEquals(kind == FaultKind.TOKEN_SERVER_ERROR ? 5 : 0, served.size(), kind.kind());
    }
  }

  @Test
  void calls_are_counted_whatever_becomes_of_them() throws Exception {
    String token = token();
    requestToken("");
    channels(token, ids(1));
    channels("unknown", ids(1));
    channels(token, ids(51));
    fault("{\"kind\":\"500\",\"times\":3}");
    channels(token, ids(1));
    JsonNode calls = calls();
    assertEquals(2, calls.get("token").intValue());
    assertEquals(4, calls.get("channels").intValue());
    assertEquals(1, calls.at("/faults/500").intValue());
    assertEquals(FaultKind.values().length, calls.get("faults").size());
  }

  @ParameterizedTest(name = "body {0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"kind\":\"unknown\",\"times\":1}",
        "{\"times\":1}",
        "{\"kind\":\"500\",\"times\":0}",
        "{\"kind\":\"500\",\"times\":-2}",
        "{\"kind\":\"500\",\"times\":\"1\"}",
        "{\"kind\":\"429\",\"retry_after\":-1}",
        "{\"kind\":\"500\",\"tims\":1}",
        "{\"kind\":\"batch\"}",
        "{\"kind\":\"500\",\"api\":\"unknown\"}",
        "{\"kind\":\"expired-token\",\"api\":\"charts\"}",
        "{\"kind\":",
        "null",
        "[]",
        "''"
      })
  void what_is_no_fault_is_refused_with_the_kinds(String body) throws Exception {
    HttpResponse<String> answer = post("/control/faults", "application/json", body);
    assertEquals(400, answer.statusCode());
    String error = JSON.readTree(answer.body()).get("error").textValue();
    for (FaultKind kind : FaultKind.values()) {
      assertTrue(error.contains(kind.kind()), error);
    }
    assertEquals("[]", get("/control/faults").body());
  }

  @Test
  void two_simulators_live_in_one_jvm_and_share_nothing() throws Exception {
    String token = token();
    try (Simulator other = new Simulator(0, NOBODY, clock, 7)) {
      other.start();
      assertNotEquals(simulator.port(), other.port());
      fault("{\"kind\":\"500\",\"times\":1}");
      URI sameCall =
          URI.create("http://127.0.0.1:" + other.port() + "/public/v1/channels?" + ids(1));
      HttpRequest call =
          HttpRequest.newBuilder(sameCall).header("Authorization", "Bearer " + token).build();
      assertEquals(401, send(call).statusCode());
      assertEquals(500, channels(token, ids(1)).statusCode());
    }
    assertEquals(200, channels(token, ids(1)).statusCode());
  }

  @Test
  void a_taken_port_is_told_at_the_start() {
    try (Simulator other = new Simulator(simulator.port(), NOBODY, World.CYCLE)) {
      assertThrows(IllegalStateException.class, other::start);
    }
  }

  @Test
  void a_closed_simulator_leaves_its_port_and_can_be_followed_by_another() throws Exception {
    int port = simulator.port();
    simulator.close();
    new ServerSocket(port).close();
    try (Simulator next = new Simulator(port, NOBODY, World.CYCLE)) {
      next.start();
      assertEquals(port, next.port());
      assertEquals(simulator.channels(), next.channels());
      assertEquals(200, get("/control/calls", port).statusCode());
    }
  }

  /** System properties stand in for the environment, which Camel reads by the same switches. */
  @Test
  void what_configures_the_product_does_not_reach_it() throws Exception {
    Map<String, String> product =
        Map.of(
            "camel.main.profile", "dev",
            "camel.main.name", "ingest",
            "camel.main.routesIncludePattern", "file:routes/**/*.camel.yaml",
            "camel.server.path", "/product",
            "camel.management.enabled", "true");
    product.forEach(System::setProperty);
    try (Simulator other = new Simulator(0, NOBODY, clock, 7)) {
      other.start();
      HttpResponse<String> answer = get("/control/calls", other.port());
      assertEquals(200, answer.statusCode());
    } finally {
      product.keySet().forEach(System::clearProperty);
    }
  }

  private String token() throws IOException, InterruptedException {
    return JSON.readTree(requestToken(FORM).body()).get("access_token").textValue();
  }

  private HttpResponse<String> requestToken(String form) throws IOException, InterruptedException {
    return post("/oauth/token", "application/x-www-form-urlencoded", form);
  }

  private HttpResponse<String> post(String path, String type, String body)
      throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private void fault(String json) throws IOException, InterruptedException {
    assertEquals(200, post("/control/faults", "application/json", json).statusCode());
  }

  private HttpResponse<String> channels(String token, String query)
      throws IOException, InterruptedException {
    return send(channelsRequest(token, query).build());
  }

  private HttpRequest.Builder channelsRequest(String token, String query) {
    return request("/public/v1/channels?" + query).header("Authorization", "Bearer " + token);
  }

  private List<JsonNode> all(String token) throws IOException, InterruptedException {
    List<JsonNode> items = new ArrayList<>();
    for (int page = 0; page < 10; page++) {
      data(channels(token, ids(FIRST + page * 50L, 50))).forEach(items::add);
    }
    return items;
  }

  private List<JsonNode> served(String query) throws IOException, InterruptedException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : get("/control/served" + query).body().lines().toList()) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  private JsonNode calls() throws IOException, InterruptedException {
    return JSON.readTree(get("/control/calls").body());
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return get(path, simulator.port());
  }

  private HttpResponse<String> get(String path, int port) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + simulator.port() + path));
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static String ids(int count) {
    return ids(FIRST, count);
  }

  private static String ids(long first, int count) {
    return LongStream.range(first, first + count)
        .mapToObj(id -> "broadcaster_user_id=" + id)
        .collect(joining("&"));
  }

  private static JsonNode data(HttpResponse<String> answer) throws IOException {
    JsonNode body = JSON.readTree(answer.body());
    assertEquals("OK", body.get("message").textValue());
    return body.get("data");
  }

  private static void assertAnswer(int status, String payload, HttpResponse<String> answer)
      throws IOException {
    assertEquals(status, answer.statusCode());
    assertEquals(payload(payload), JSON.readTree(answer.body()));
  }

  private static JsonNode payload(String name) throws IOException {
    try (var in = SimulatorTest.class.getResourceAsStream("/payloads/kick/" + name + ".json")) {
      return JSON.readTree(in);
    }
  }

  /** Every field with the type of its value; the elements of arrays are left out. */
  private static Map<String, String> shape(JsonNode object) {
    return new TreeMap<>(
        object.properties().stream()
            .flatMap(
                field ->
                    field.getValue().isObject()
                        ? shape(field.getValue()).entrySet().stream()
                            .map(e -> Map.entry("/" + field.getKey() + e.getKey(), e.getValue()))
                        : Stream.of(
                            Map.entry("/" + field.getKey(), field.getValue().getNodeType().name())))
            .collect(toMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  private static final class MovableClock extends Clock {
    private volatile Instant now = Instant.parse("2026-11-20T10:00:00.123456Z");

    void forward(Duration by) {
      now = now.plus(by);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
