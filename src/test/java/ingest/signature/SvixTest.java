package ingest.signature;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.svix.Webhook;
import com.svix.exceptions.WebhookVerificationException;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signed by Svix's own library. */
final class SvixTest {
  private static final String OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String NEW = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
  private static final Instant NOW = Instant.parse("2026-09-24T03:15:02.999Z");
  private static final String BODY = "{\"type\":\"email.sent\",\"subject\":\"naïve 🌙\"}";

  @Test
  void what_svix_signs_is_genuine() throws Exception {
    assertEquals(Verdict.VALID, verdict(signed("svix", OLD), BODY, OLD));
    assertEquals(Verdict.VALID, verdict(signed("svix", OLD), BODY, NEW, OLD), "a rotation");
    assertEquals(Verdict.NO_MATCH, verdict(signed("svix", OLD), BODY, NEW));
    assertEquals(Verdict.NO_MATCH, verdict(signed("svix", OLD), BODY));
    assertEquals(Verdict.NO_MATCH, verdict(signed("svix", OLD), BODY + " ", OLD));
  }

  @Test
  void the_standards_own_names_will_do() throws Exception {
    assertEquals(Verdict.VALID, verdict(signed("webhook", OLD), BODY, OLD));
  }

  @Test
  void what_we_sign_is_genuine_to_svix() throws Exception {
    Instant now = Instant.now();
    Signed signed =
        StandardWebhooks.sign(List.of(Secret.parse(OLD)), "msg_1", now, BODY.getBytes(UTF_8));
    for (String family : List.of("svix", "webhook")) {
      HttpHeaders headers =
          HttpHeaders.of(
              signed.headers().entrySet().stream()
                  .collect(
                      Collectors.toMap(
                          e -> e.getKey().replace("webhook", family), e -> List.of(e.getValue()))),
              (name, value) -> true);
      assertDoesNotThrow(() -> new Webhook(OLD).verify(BODY, headers.map()));
      assertThrows(
          WebhookVerificationException.class, () -> new Webhook(NEW).verify(BODY, headers.map()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"svix-id", "svix-timestamp", "svix-signature"})
  void each_header_is_needed(String name) throws Exception {
    Map<String, String> headers = signed("svix", OLD);
    headers.remove(name);
    assertEquals(Verdict.MISSING_HEADER, verdict(headers, BODY, OLD));
  }

  @ParameterizedTest
  @ValueSource(strings = {"svix-id", "svix-timestamp", "svix-signature"})
  void nobody_can_put_a_header_of_svix_beside_a_call_that_was_signed_by_the_standard(String name)
      throws Exception {
    Map<String, String> headers = signed("webhook", OLD);
    headers.put(name, "msg_of_somebody_else");
    assertEquals(Verdict.MISSING_HEADER, verdict(headers, BODY, OLD));
  }

  @Test
  void a_header_of_the_standard_beside_those_of_svix_says_nothing() throws Exception {
    Map<String, String> headers = signed("svix", OLD);
    headers.putAll(signed("webhook", NEW));
    assertEquals(Verdict.VALID, verdict(headers, BODY, OLD));
    assertEquals(Verdict.NO_MATCH, verdict(headers, BODY, NEW));
  }

  @Test
  void a_call_is_fresh_for_five_minutes() throws Exception {
    Svix scheme = new Svix(List.of(Secret.parse(OLD)));
    byte[] body = BODY.getBytes(UTF_8);
    assertEquals(
        Verdict.STALE_TIMESTAMP,
        scheme.verify(signed("svix", OLD), body, NOW.plus(Duration.ofSeconds(301))));
    assertEquals(
        Verdict.FUTURE_TIMESTAMP,
        scheme.verify(signed("svix", OLD), body, NOW.minus(Duration.ofSeconds(301))));
  }

  private static Map<String, String> signed(String family, String secret) throws Exception {
    Map<String, String> headers = new HashMap<>();
    headers.put(family + "-id", "msg_1");
    headers.put(family + "-timestamp", Long.toString(NOW.getEpochSecond()));
    headers.put(
        family + "-signature", new Webhook(secret).sign("msg_1", NOW.getEpochSecond(), BODY));
    return headers;
  }

  private static Verdict verdict(Map<String, String> headers, String body, String... secrets) {
    return new Svix(List.of(secrets).stream().map(Secret::parse).toList())
        .verify(headers, body.getBytes(UTF_8), NOW);
  }
}
