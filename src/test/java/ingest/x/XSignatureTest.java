package ingest.x;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.signature.Hmac;
import ingest.signature.PlainSecret;
import ingest.signature.Verdict;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class XSignatureTest {
  private static final String BODY = "{\"for_user_id\":\"1\",\"text\":\"naïve\"}";
  private static final List<PlainSecret> OLD = PlainSecret.all(List.of("old"));
  private static final List<PlainSecret> BOTH = PlainSecret.all(List.of("new", "old"));

  @Test
  void one_of_the_secrets_signed_the_body() {
    assertEquals(Verdict.VALID, verdict(OLD, signature("old", BODY), BODY));
    assertEquals(Verdict.VALID, verdict(BOTH, signature("old", BODY), BODY));
    assertEquals(Verdict.VALID, verdict(BOTH, signature("new", BODY), BODY));
    assertEquals(Verdict.NO_MATCH, verdict(OLD, signature("new", BODY), BODY));
    assertEquals(Verdict.NO_MATCH, verdict(OLD, signature("old", BODY), BODY + "\n"));
  }

  @Test
  void a_signature_is_needed_in_its_form() {
    assertEquals(
        Verdict.MISSING_HEADER, new XSignature(OLD).verify(Map.of(), new byte[0], Instant.EPOCH));
    String good = signature("old", BODY);
    for (String signature :
        List.of(
            "",
            "sha256=",
            good.substring(7),
            "sha1=" + good.substring(7),
            good + " ",
            good.replace("=", ""))) {
      assertEquals(Verdict.NO_MATCH, verdict(OLD, signature, BODY), signature);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"123", "true", "null", "-1", "1.5", "0", "9b4507b3-9040-4669-9ca3-6b94edb50553"})
  void what_the_challenge_signs_for_anybody_is_no_call(String token) {
    String signed = new XChallenge(OLD).response(token).orElseThrow();
    assertEquals(signature("old", token), signed, "the challenge signs as calls are signed");
    assertEquals(Verdict.NO_MATCH, verdict(OLD, signed, token));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{}",
        "[]",
        "\"a\"",
        "{\"for_user_id\":\"1\"}",
        " 1",
        "1\n",
        "a b",
        "é",
        "\0",
        "%7B%7D"
      })
  void the_challenge_signs_no_document(String token) {
    assertTrue(new XChallenge(OLD).response(token).isEmpty());
  }

  @Test
  void a_token_is_bounded() {
    assertTrue(new XChallenge(OLD).response("a".repeat(256)).isPresent());
    assertTrue(new XChallenge(OLD).response("a".repeat(257)).isEmpty());
    assertTrue(new XChallenge(OLD).response(null).isEmpty());
  }

  @Test
  void the_challenge_is_answered_with_the_first_secret_and_nothing_of_the_request()
      throws Exception {
    Message answer = answered("abc123");
    assertEquals(200, answer.getHeader(Exchange.HTTP_RESPONSE_CODE));
    assertEquals(
        signature("new", "abc123"),
        new ObjectMapper()
            .readTree(answer.getBody(String.class))
            .path("response_token")
            .textValue());
    assertEquals(2, answer.getHeaders().size());
  }

  @Test
  void what_is_no_token_is_refused_without_repeating_it() throws Exception {
    for (Object token : List.of("<script>", "", List.of("abc", "def"))) {
      Message answer = answered(token);
      assertEquals(400, answer.getHeader(Exchange.HTTP_RESPONSE_CODE));
      assertFalse(answer.getBody(String.class).contains("script"));
      assertEquals(2, answer.getHeaders().size());
    }
  }

  private static Message answered(Object token) throws Exception {
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      Exchange exchange = new DefaultExchange(camel);
      exchange.getMessage().setHeader("crc_token", token);
      exchange.getMessage().setHeader("x-other", "of the request");
      new XChallenge(BOTH).process(exchange);
      return exchange.getMessage();
    }
  }

  private static Verdict verdict(List<PlainSecret> secrets, String signature, String body) {
    Map<String, String> headers = new HashMap<>();
    headers.put("x-twitter-webhooks-signature", signature);
    return new XSignature(secrets).verify(headers, body.getBytes(UTF_8), Instant.EPOCH);
  }

  private static String signature(String secret, String text) {
    return "sha256="
        + Base64.getEncoder()
            .encodeToString(PlainSecret.of(secret).sign(Hmac.SHA256, text.getBytes(UTF_8)));
  }
}
