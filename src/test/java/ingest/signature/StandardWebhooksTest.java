package ingest.signature;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StandardWebhooksTest {
  private static final String OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String NEW = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
  private static final Instant NOW = Instant.parse("2026-09-24T03:15:02.999Z");

  private static Request validRequest() {
    String body = "{\"text\":\"naïve 🌙\"}";
    Signed signed = StandardWebhooks.sign(secrets(OLD), "msg_1", NOW, body.getBytes(UTF_8));
    return new Request(signed.id(), signed.timestamp(), signed.signature(), body, NOW);
  }

  /** A received request; starts valid and has one thing broken. */
  private record Request(
      @Nullable String id,
      @Nullable String timestamp,
      @Nullable String signature,
      String body,
      Instant now) {

    Verdict verdict(String... secrets) {
      return StandardWebhooks.verify(
          secrets(secrets), id, timestamp, signature, body.getBytes(UTF_8), now);
    }

    Request withId(@Nullable String id) {
      return new Request(id, timestamp, signature, body, now);
    }

    Request withTimestamp(@Nullable String timestamp) {
      return new Request(id, timestamp, signature, body, now);
    }

    Request withSignature(@Nullable String signature) {
      return new Request(id, timestamp, signature, body, now);
    }

    Request withBody(String body) {
      return new Request(id, timestamp, signature, body, now);
    }

    Request receivedAfter(Duration time) {
      return new Request(id, timestamp, signature, body, now.plus(time));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("vectors")
  void a_vector_is_as_valid_as_it_says(String name, JsonNode vector) {
    Verdict verdict =
        new Request(
                vector.path("message_id").textValue(),
                vector.path("timestamp").textValue(),
                vector.path("signature").textValue(),
                vector.path("body").textValue(),
                Instant.ofEpochSecond(vector.path("timestamp").asLong()))
            .verdict(vector.path("secret").textValue());
    assertEquals(
        vector.path("expect").textValue().equals("valid") ? Verdict.VALID : Verdict.NO_MATCH,
        verdict,
        name);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"sw-published-1", "sw-published-2", "resend-computed-1"})
  void we_sign_what_the_vector_signed(String name) throws IOException {
    JsonNode vector =
        vectors().stream()
            .filter(v -> v[0].equals(name))
            .findFirst()
            .map(v -> (JsonNode) v[1])
            .orElseThrow();
    Signed signed =
        StandardWebhooks.sign(
            secrets(vector.path("secret").textValue()),
            vector.path("message_id").textValue(),
            Instant.ofEpochSecond(vector.path("timestamp").asLong()),
            vector.path("body").textValue().getBytes(UTF_8));
    assertEquals(vector.path("signature").textValue(), signed.signature());
    assertEquals(
        Map.of(
            "webhook-id", vector.path("message_id").textValue(),
            "webhook-timestamp", vector.path("timestamp").textValue(),
            "webhook-signature", vector.path("signature").textValue()),
        signed.headers());
  }

  static List<Object[]> vectors() throws IOException {
    List<Object[]> vectors = new ArrayList<>();
    Path file = Path.of("src/test/resources/signature/standard-webhooks.json");
    for (JsonNode vector : new ObjectMapper().readTree(Files.readString(file))) {
      vectors.add(new Object[] {vector.path("id").textValue(), vector});
    }
    return vectors;
  }

  @Test
  void the_published_library_accepts_what_we_sign() {
    Random random = new Random(7);
    for (int i = 0; i < 50; i++) {
      String body =
          random
              .ints(i * 20L, 32, 0xD000)
              .mapToObj(Character::toString)
              .collect(Collectors.joining());
      Signed signed =
          StandardWebhooks.sign(secrets(OLD), "msg_" + i, Instant.now(), body.getBytes(UTF_8));
      Map<String, List<String>> headers =
          signed.headers().entrySet().stream()
              .collect(Collectors.toMap(Map.Entry::getKey, e -> List.of(e.getValue())));
      assertDoesNotThrow(
          () -> new Webhook(OLD).verify(body, HttpHeaders.of(headers, (name, value) -> true)));
      assertThrows(
          WebhookVerificationException.class,
          () -> new Webhook(NEW).verify(body, HttpHeaders.of(headers, (name, value) -> true)));
    }
  }

  @Test
  void we_accept_what_the_published_library_signs() throws Exception {
    String body = "{\"text\":\"naïve 🌙\"}";
    String signature = new Webhook(OLD).sign("msg.with.dots", NOW.getEpochSecond(), body);
    Request request =
        validRequest().withId("msg.with.dots").withBody(body).withSignature(signature);
    assertEquals(Verdict.VALID, request.verdict(OLD));
    assertEquals(Verdict.NO_MATCH, request.verdict(NEW));
  }

  @Test
  void a_request_with_nothing_broken_is_valid() {
    assertEquals(Verdict.VALID, validRequest().verdict(OLD));
  }

  @Test
  void each_header_is_needed() {
    assertEquals(Verdict.MISSING_HEADER, validRequest().withId(null).verdict(OLD));
    assertEquals(Verdict.MISSING_HEADER, validRequest().withTimestamp(null).verdict(OLD));
    assertEquals(Verdict.MISSING_HEADER, validRequest().withSignature(null).verdict(OLD));
  }

  @Test
  void an_id_is_bounded_and_printable() {
    assertEquals(Verdict.NO_MATCH, validRequest().withId("m".repeat(256)).verdict(OLD));
    assertEquals(Verdict.BAD_ID, validRequest().withId("m".repeat(257)).verdict(OLD));
    assertEquals(Verdict.BAD_ID, validRequest().withId("").verdict(OLD));
    assertEquals(Verdict.BAD_ID, validRequest().withId("msg 1").verdict(OLD));
    assertEquals(Verdict.BAD_ID, validRequest().withId("msg_é").verdict(OLD));
  }

  @ParameterizedTest(name = "''{0}''")
  @ValueSource(
      strings = {
        "",
        "now",
        "2026-09-24T03:15:02Z",
        "-1",
        "+1790219702",
        "1790219702.5",
        " 1790219702",
        "99999999999999999999"
      })
  void a_timestamp_is_in_seconds(String timestamp) {
    assertEquals(Verdict.BAD_TIMESTAMP, validRequest().withTimestamp(timestamp).verdict(OLD));
  }

  @ParameterizedTest(name = "received {0} s after it was signed: {1}")
  @CsvSource({
    "300, VALID",
    "301, STALE_TIMESTAMP",
    "86400, STALE_TIMESTAMP",
    "-300, VALID",
    "-301, FUTURE_TIMESTAMP",
    "-86400, FUTURE_TIMESTAMP"
  })
  void time_is_tolerated_for_five_minutes_both_ways(long seconds, Verdict verdict) {
    assertEquals(verdict, validRequest().receivedAfter(Duration.ofSeconds(seconds)).verdict(OLD));
  }

  @Test
  void everything_that_is_signed_counts() {
    assertEquals(Verdict.NO_MATCH, validRequest().withId("msg_2").verdict(OLD));
    assertEquals(
        Verdict.NO_MATCH,
        validRequest().withTimestamp(Long.toString(NOW.getEpochSecond() - 1)).verdict(OLD));
    assertEquals(Verdict.NO_MATCH, validRequest().withBody("{\"text\":\"naive\"}").verdict(OLD));
    assertEquals(Verdict.NO_MATCH, validRequest().withBody("").verdict(OLD));
    assertEquals(Verdict.NO_MATCH, validRequest().verdict(NEW));
    assertEquals(Verdict.NO_MATCH, validRequest().verdict());
  }

  @Test
  void one_match_among_several_signatures_suffices() {
    String good = String.valueOf(validRequest().signature());
    String bad = "v1," + "A".repeat(43) + "=";
    String other = good.replace("v1,", "v1a,");
    for (String signatures :
        List.of(good + " " + bad, bad + " " + good, "v2,x  " + other + " " + good, good + " ,")) {
      assertEquals(
          Verdict.VALID, validRequest().withSignature(signatures).verdict(OLD), signatures);
    }
    for (String signatures :
        List.of(
            "",
            " ",
            ",",
            "v1",
            "v1,",
            bad,
            other,
            good.substring(3),
            good + "x",
            "v1, " + good.substring(3))) {
      assertEquals(
          Verdict.NO_MATCH, validRequest().withSignature(signatures).verdict(OLD), signatures);
    }
  }

  @Test
  void no_more_than_sixteen_signatures_are_looked_at() {
    String good = String.valueOf(validRequest().signature());
    assertEquals(
        Verdict.VALID, validRequest().withSignature("v1,x ".repeat(15) + good).verdict(OLD));
    assertEquals(
        Verdict.NO_MATCH, validRequest().withSignature("v1,x ".repeat(16) + good).verdict(OLD));
  }

  @Test
  void a_secret_is_rotated_without_a_gap() {
    assertEquals(Verdict.VALID, signedWith(OLD).verdict(OLD));
    assertEquals(Verdict.VALID, signedWith(OLD).verdict(NEW, OLD));
    assertEquals(Verdict.VALID, signedWith(NEW, OLD).verdict(OLD, NEW));
    assertEquals(Verdict.VALID, signedWith(NEW, OLD).verdict(NEW));
    assertEquals(Verdict.NO_MATCH, signedWith(NEW, OLD).verdict(OLD), "the first signs");
  }

  private static Request signedWith(String... secrets) {
    Request request = validRequest();
    Signed signed =
        StandardWebhooks.sign(secrets(secrets), "msg_1", NOW, request.body().getBytes(UTF_8));
    return request.withSignature(signed.signature());
  }

  @ParameterizedTest(name = "''{0}'' is not signed")
  @ValueSource(strings = {"", "msg.1", "msg 1", "msg\n1", "msg_é"})
  void an_id_that_could_move_its_border_is_not_signed(String id) {
    assertThrows(
        IllegalArgumentException.class,
        () -> StandardWebhooks.sign(secrets(OLD), id, NOW, new byte[0]));
  }

  @Test
  void nothing_is_signed_without_a_secret() {
    assertThrows(
        IllegalArgumentException.class,
        () -> StandardWebhooks.sign(List.of(), "msg_1", NOW, new byte[0]));
  }

  @ParameterizedTest
  @EnumSource(Verdict.class)
  void only_one_verdict_is_valid_and_each_says_why(Verdict verdict) {
    assertEquals(verdict == Verdict.VALID, verdict.valid());
    assertTrue(verdict.message().length() > 10);
    assertFalse(verdict.message().contains("%"));
  }

  private static List<Secret> secrets(String... secrets) {
    return List.of(secrets).stream().map(Secret::parse).toList();
  }
}
