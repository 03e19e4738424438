package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.signature.Secret;
import ingest.signature.Signed;
import ingest.signature.StandardWebhooks;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Claims of two environments, from the signed request to the link, in processes of their own. */
final class ClaimedChannelsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String PRODUCTION =
      "whsec_"
          + Base64.getEncoder()
              .encodeToString("production production !!".getBytes(StandardCharsets.US_ASCII));

  @TempDir private static Path data = Path.of("");
  private static StoresProcess storage;
  private static IngestProcess ingest;
  private static IngestProcess stageEnv;
  private static IngestProcess productionEnv;
  private static Stores stage;
  private static Stores production;

  /** Of the cluster's owner, who makes databases and closes them. */
  private static String cluster;

  @BeforeAll
  static void start() throws Exception {
    storage = StoresProcess.start(data, Map.of());
    stage = storage.stores();
    cluster =
        "jdbc:postgresql://127.0.0.1:%s/postgres?user=postgres"
            .formatted(storage.process().environment().get("EMBEDDED_POSTGRES_PORT"));
    production =
        new Stores(stage.dm(), cluster.replace("/postgres?", "/production?"), stage.clickHouse());
    cluster("CREATE DATABASE production");
    IngestProcess migrate =
        IngestProcess.start(Map.of("DATABASE_URL", production.env()), "migrate");
    assertEquals(0, migrate.exitCode(), () -> String.join("\n", migrate.lines()));
    for (Stores environment : List.of(stage, production)) {
      environment.envExecute("INSERT INTO public.streamers (id) SELECT generate_series(1, 99)");
    }

    Map<String, String> ofStage = storage.role("env");
    Map<String, String> ofProduction = storage.role("env");
    ofProduction.put("DATABASE_URL", production.env());
    ofProduction.put("INGEST_DELIVERY_SECRET", PRODUCTION);
    Map<String, String> ofIngest = storage.role("ingest");
    ofIngest.put("INGEST_TARGET_ENVS", "stage,production");
    ofIngest.put("STAGE_INTERNAL_EVENTS_URL", events(ofStage));
    ofIngest.put("PRODUCTION_INTERNAL_EVENTS_URL", events(ofProduction));
    ofIngest.put("PRODUCTION_DELIVERY_SECRET", PRODUCTION);
    ofIngest.put("POLL_KICK_VIEWERS_ENABLED", "false");
    stageEnv = IngestProcess.start(ofStage, "run");
    productionEnv = IngestProcess.start(ofProduction, "run");
    ingest = IngestProcess.start(ofIngest, "run");
    for (IngestProcess process : List.of(stageEnv, productionEnv, ingest)) {
      process.awaitReady();
    }
  }

  @AfterAll
  static void stop() throws Exception {
    for (IngestProcess process : List.of(ingest, stageEnv, productionEnv, storage.process())) {
      process.signal("TERM");
      assertEquals(0, process.exitCode(), () -> String.join("\n", process.lines()));
      String told = String.join("\n", process.lines());
      assertFalse(told.contains("whsec_") || told.contains("v1,"), told);
    }
  }

  @Test
  void the_first_verified_claim_is_a_link_and_the_second_a_refusal_in_that_environment_alone()
      throws Exception {
    JsonNode first = accepted("stage", claim(17, "4711", true));
    String channel = first.path("channel_id").asText();
    await()
        .atMost(SOON)
        .until(
            () ->
                stage
                        .envRows(
                            "SELECT * FROM public.streamer_channel_link WHERE channel_id = "
                                + channel)
                        .size()
                    == 1);
    JsonNode link =
        stage
            .envRows(
                "SELECT streamer_id, verified FROM public.streamer_channel_link WHERE channel_id = "
                    + channel)
            .get(0);
    assertEquals("{\"streamer_id\":17,\"verified\":true}", link.toString());

    JsonNode second = accepted("stage", claim(18, "4711", true));
    assertEquals(channel, second.path("channel_id").asText());
    assertEquals(first.path("external_id"), second.path("external_id"));
    await()
        .atMost(SOON)
        .until(
            () ->
                stage
                        .envRows("SELECT * FROM public.channel_claim WHERE channel_id = " + channel)
                        .size()
                    == 1);
    JsonNode refusal =
        stage
            .envRows(
                "SELECT streamer_id, held_by FROM public.channel_claim WHERE channel_id = "
                    + channel)
            .get(0);
    assertEquals("{\"streamer_id\":18,\"held_by\":17}", refusal.toString());

    assertEquals(
        List.of(),
        stage.dmRows(
            "SELECT * FROM ingest.ingest_outbox_delivery WHERE target = 'production' AND subject = 'kick:4711'"));
    assertEquals(
        List.of(),
        production.envRows(
            "SELECT * FROM public.streamer_channel_link WHERE channel_id = " + channel));

    accepted("production", claim(5, "4711", true));
    await()
        .atMost(SOON)
        .until(
            () ->
                production
                        .envRows(
                            "SELECT * FROM public.streamer_channel_link WHERE streamer_id = 5 AND channel_id = "
                                + channel)
                        .size()
                    == 1);
    assertEquals(
        1,
        stage
            .envRows("SELECT * FROM public.streamer_channel_link WHERE channel_id = " + channel)
            .size());
  }

  @Test
  void the_same_claim_again_is_answered_the_same_and_is_one_event() throws Exception {
    ObjectNode claim = claim(21, "4712", true);
    JsonNode first = accepted("stage", claim);
    assertTrue(first.path("delivery").booleanValue(), first.toString());
    assertEquals(first, accepted("stage", claim));
    assertEquals(
        1, stage.dmNumber("SELECT count(*) FROM ingest.ingest_outbox WHERE subject = 'kick:4712'"));
    assertTrue(ingest.metric("ingest_claims_accepted_total{env=\"stage\"}") >= 2);
  }

  @Test
  void an_environment_that_is_off_is_told_that_there_is_no_delivery() throws Exception {
    assertEquals(200, mode("off"));
    JsonNode answer = accepted("production", claim(22, "4713", true));
    assertEquals(200, mode("live"));
    assertFalse(answer.path("delivery").booleanValue(), answer.toString());
  }

  @ParameterizedTest(name = "{0} is answered {1}: {2}")
  @CsvSource({
    "an environment that is not known, 401, no signature matches",
    "the secret of another environment, 401, no signature matches",
    "no claim, 400, streamer_id is missing",
    "17 KiB, 413, at most 16384 bytes",
    "more than 1 MiB, 413, at most 1048576 bytes",
    "a form, 415, ''",
    "GET, 405, ''"
  })
  void a_request_that_is_no_claim_of_an_environment(String what, int status, String told)
      throws Exception {
    long before = stage.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
    String body =
        switch (what) {
          case "no claim" -> "{}";
          case "17 KiB" -> " ".repeat(17 * 1024);
          case "more than 1 MiB" -> " ".repeat((1 << 20) + 1);
          default -> claim(17, "4719", true).toString();
        };
    HttpRequest.Builder request =
        request(
            what.equals("an environment that is not known") ? "nowhere" : "stage",
            what.equals("the secret of another environment") ? PRODUCTION : secret("stage"),
            body);
    if (what.equals("a form")) {
      request.setHeader("content-type", "application/x-www-form-urlencoded");
    } else if (what.equals("GET")) {
      request.GET();
    }
    HttpResponse<String> answer = send(request);
    assertEquals(status, answer.statusCode(), answer.body());
    assertTrue(answer.body().contains(told), answer.body());
    assertEquals(before, stage.dmNumber("SELECT count(*) FROM ingest.ingest_outbox"));
  }

  @Test
  void an_unknown_environment_is_answered_as_a_bad_signature_is_to_the_last_header()
      throws Exception {
    String body = claim(17, "4719", true).toString();
    HttpResponse<String> unknown = send(request("nowhere", PRODUCTION, body));
    HttpResponse<String> known = send(request("stage", PRODUCTION, body));
    assertEquals(known.statusCode(), unknown.statusCode());
    assertEquals(known.body(), unknown.body());
    assertEquals(headers(known), headers(unknown));
  }

  @Test
  void while_dm_is_away_it_is_503_and_the_same_claim_is_taken_afterwards() throws Exception {
    ObjectNode claim = claim(23, "4714", true);
    cluster("ALTER DATABASE dm ALLOW_CONNECTIONS false");
    try {
      cluster(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'dm' AND pid <> pg_backend_pid()");
      HttpResponse<String> answer = post("stage", claim);
      assertEquals(503, answer.statusCode(), answer.body());
      assertEquals("2", answer.headers().firstValue("retry-after").orElse(""));
    } finally {
      cluster("ALTER DATABASE dm ALLOW_CONNECTIONS true");
    }
    await().atMost(SOON).until(() -> post("stage", claim).statusCode() == 200);
    assertEquals(
        1, stage.dmNumber("SELECT count(*) FROM ingest.ingest_outbox WHERE subject = 'kick:4714'"));
  }

  private static ObjectNode claim(int streamer, String user, boolean verified) {
    return JSON.createObjectNode()
        .put("streamer_id", streamer)
        .put("platform", "kick")
        .put("platform_user_id", user)
        .put("slug", "streamer-" + user)
        .put("verified", verified)
        .put("claimed_at", Instant.now().toString());
  }

  private static JsonNode accepted(String environment, ObjectNode claim) throws Exception {
    HttpResponse<String> answer = post(environment, claim);
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  private static HttpResponse<String> post(String environment, ObjectNode claim) throws Exception {
    return send(request(environment, secret(environment), claim.toString()));
  }

  private static HttpRequest.Builder request(String environment, String secret, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    Signed signed =
        StandardWebhooks.sign(List.of(Secret.parse(secret)), "claim", Instant.now(), bytes);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:%s/internal/claims"
                        .formatted(ingest.environment().get("HTTP_PORT"))))
            .timeout(SOON)
            .header("content-type", "application/json")
            .header("x-ingest-env", environment)
            .POST(HttpRequest.BodyPublishers.ofByteArray(bytes));
    signed.headers().forEach(request::header);
    return request;
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static Map<String, List<String>> headers(HttpResponse<String> answer) {
    return new TreeMap<>(answer.headers().map());
  }

  private static int mode(String mode) throws Exception {
    return ingest
        .manage("POST", "/admin/targets/production", "{\"mode\":\"" + mode + "\"}")
        .statusCode();
  }

  private static String secret(String environment) {
    return Objects.requireNonNull(
        ingest
            .environment()
            .get(
                environment.equals("stage")
                    ? "STAGE_DELIVERY_SECRET"
                    : "PRODUCTION_DELIVERY_SECRET"));
  }

  private static String events(Map<String, String> settings) {
    return "http://127.0.0.1:" + settings.get("HTTP_PORT") + "/internal/events";
  }

  private static void cluster(String statement) throws Exception {
    try (Connection connection = DriverManager.getConnection(cluster);
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    }
  }
}
