package ingest.claim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ingest.delivery.Target;
import ingest.signature.Secret;
import ingest.signature.Signed;
import ingest.signature.StandardWebhooks;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A valid request, and each way to break one thing of it. */
final class VerifyClaimTest {
  private static final Instant NOW = Instant.parse("2026-11-01T10:00:00Z");
  private static final byte[] BODY = "{\"streamer_id\": 17}".getBytes(StandardCharsets.UTF_8);
  private static final Secret STAGE = secret(1);
  private static final Secret NEXT = secret(2);
  private static final Secret PRODUCTION = secret(3);

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final VerifyClaim verify =
      new VerifyClaim(
          List.of(target("stage", STAGE, NEXT), target("production", PRODUCTION)),
          new ClaimMetrics(meters, List.of("stage", "production")),
          Clock.fixed(NOW, ZoneOffset.UTC));

  @Test
  void a_valid_request_goes_on_with_its_bytes() {
    Exchange request = request("stage", STAGE);
    verify.process(request);
    assertArrayEquals(BODY, request.getMessage().getBody(byte[].class));
  }

  @Test
  void while_a_secret_is_rotated_both_verify() {
    assertDoesNotThrow(() -> verify.process(request("stage", NEXT)));
  }

  @ParameterizedTest(name = "with {0}: {1}")
  @CsvSource({
    "the secret of another environment, no signature matches",
    "another environment, no signature matches",
    "an environment that is not known, no signature matches",
    "no environment, no signature matches",
    "two environments, no signature matches",
    "another body, no signature matches",
    "an empty body, no signature matches",
    "a time of before, the signed time is too long ago",
    "'no signature', 'what the signature is told by is missing'",
    "'neither an environment nor a signature', 'what the signature is told by is missing'"
  })
  void a_request_is_refused(String broken, String told) {
    Exchange request = request("stage", STAGE);
    switch (broken) {
      case "the secret of another environment" -> request = request("stage", PRODUCTION);
      case "another environment" -> header(request, VerifyClaim.ENVIRONMENT, "production");
      case "an environment that is not known" -> header(request, VerifyClaim.ENVIRONMENT, "test");
      case "no environment" -> request.getMessage().removeHeader(VerifyClaim.ENVIRONMENT);
      case "two environments" ->
          header(request, VerifyClaim.ENVIRONMENT, List.of("stage", "production"));
      case "another body" -> request.getMessage().setBody(new byte[] {'{', '}'});
      case "an empty body" -> request.getMessage().setBody(null);
      case "a time of before" ->
          request = request("stage", STAGE, NOW.minus(Duration.ofMinutes(6)), BODY);
      case "no signature" -> request.getMessage().removeHeader(StandardWebhooks.SIGNATURE);
      default -> request.getMessage().removeHeaders("*");
    }
    ClaimRefusal refusal = refused(request);
    assertEquals(401, refusal.status());
    assertEquals(told, refusal.getMessage());
    assertEquals(1, meters.counter("ingest.claims.refused", "reason", "signature").count());
  }

  @Test
  void more_bytes_than_a_claim_has_are_not_even_verified() {
    byte[] most = new byte[16 * 1024];
    assertDoesNotThrow(() -> verify.process(request("stage", STAGE, NOW, most)));
    ClaimRefusal refusal =
        refused(request("stage", STAGE, NOW, Arrays.copyOf(most, most.length + 1)));
    assertEquals(413, refusal.status());
    assertEquals(1, meters.counter("ingest.claims.refused", "reason", "too_large").count());
  }

  @Test
  void every_environment_and_every_reason_is_counted_from_the_start() {
    assertEquals(
        List.of("production", "stage"),
        meters.find("ingest.claims.accepted").counters().stream()
            .map(c -> String.valueOf(c.getId().getTag("env")))
            .sorted()
            .toList());
    assertEquals(
        List.of("malformed", "signature", "too_large"),
        meters.find("ingest.claims.refused").counters().stream()
            .map(c -> String.valueOf(c.getId().getTag("reason")))
            .sorted()
            .toList());
  }

  private ClaimRefusal refused(Exchange request) {
    return assertThrows(ClaimRefusal.class, () -> verify.process(request));
  }

  private static Exchange request(String environment, Secret secret) {
    return request(environment, secret, NOW, BODY);
  }

  private static Exchange request(String environment, Secret secret, Instant at, byte[] body) {
    Exchange exchange = new DefaultExchange(new DefaultCamelContext());
    Signed signed = StandardWebhooks.sign(List.of(secret), "claim-1", at, body);
    signed.headers().forEach((name, value) -> header(exchange, name, value));
    header(exchange, VerifyClaim.ENVIRONMENT, environment);
    exchange.getMessage().setBody(body);
    return exchange;
  }

  private static void header(Exchange exchange, String name, Object value) {
    exchange.getMessage().setHeader(name, value);
  }

  private static Target target(String name, Secret... secrets) {
    return new Target(name, Target.HTTP, List.of("*"), 100, null, List.of(secrets));
  }

  private static Secret secret(int seed) {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) seed);
    return Stream.of(key)
        .map(k -> "whsec_" + Base64.getEncoder().encodeToString(k))
        .map(Secret::parse)
        .findFirst()
        .orElseThrow();
  }
}
