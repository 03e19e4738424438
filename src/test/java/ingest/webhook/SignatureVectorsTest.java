package ingest.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.signature.Hmac;
import ingest.signature.PlainSecret;
import ingest.signature.Scheme;
import ingest.signature.Secret;
import ingest.signature.Svix;
import ingest.sumsub.PayloadDigest;
import ingest.x.XChallenge;
import ingest.x.XSignature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Signatures that others published or computed, each held against the scheme that it names. */
final class SignatureVectorsTest {
  private static final Path FILE = Path.of("src/test/resources/signatures/vectors.json");

  /** Nobody who calls us signs so. */
  private static final Set<String> OF_NO_SENDER = Set.of("twitch-eventsub");

  /** Held against the scheme, which knows no such signature: it is not accepted as another. */
  private static final Set<String> NOT_SPOKEN = Set.of("standard-webhooks-v1a-ed25519");

  static List<Object[]> vectors() throws IOException {
    List<Object[]> vectors = new ArrayList<>();
    for (JsonNode vector : new ObjectMapper().readTree(Files.readString(FILE)).path("vectors")) {
      if (!OF_NO_SENDER.contains(vector.path("scheme").textValue())) {
        vectors.add(new Object[] {vector.path("id").textValue(), vector});
      }
    }
    return vectors;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("vectors")
  void a_vector_is_as_valid_as_it_says(String id, JsonNode vector) throws Exception {
    String scheme = vector.path("scheme").textValue();
    boolean valid =
        vector.path("expect").textValue().equals("valid") && !NOT_SPOKEN.contains(scheme);
    assertEquals(valid, isValid(scheme, vector), id);
  }

  @Test
  void every_scheme_of_ours_has_its_vectors() throws IOException {
    Set<String> schemes = new TreeSet<>();
    vectors().forEach(v -> schemes.add(((JsonNode) v[1]).path("scheme").textValue()));
    assertEquals(
        Set.of(
            "standard-webhooks-v1-hmac-sha256",
            "standard-webhooks-v1a-ed25519",
            "sumsub-payload-digest",
            "x-webhook-signature",
            "x-crc"),
        schemes);
  }

  private static boolean isValid(String scheme, JsonNode vector) throws Exception {
    byte[] body = vector.path("body").asText().getBytes(UTF_8);
    String timestamp = vector.path("timestamp").asText();
    return switch (scheme) {
      case "standard-webhooks-v1-hmac-sha256", "standard-webhooks-v1a-ed25519" ->
          isGenuine(
              new Svix(List.of(Secret.parse(vector.path("secret").asText(SECRET)))),
              Map.of(
                  "svix-id", vector.path("message_id").textValue(),
                  "svix-timestamp", timestamp,
                  "svix-signature", vector.path("signature").textValue()),
              body,
              Instant.ofEpochSecond(Long.parseLong(timestamp)));
      case "sumsub-payload-digest" ->
          isGenuine(
              new PayloadDigest(
                  List.of(PlainSecret.of(vector.path("secret").textValue())),
                  List.of(Hmac.values())),
              Map.of(
                  "x-payload-digest", vector.path("digest").textValue(),
                  "x-payload-digest-alg", vector.path("algorithm").textValue()),
              body,
              Instant.EPOCH);
      case "x-webhook-signature" ->
          isGenuine(
              new XSignature(List.of(PlainSecret.of(vector.path("consumer_secret").textValue()))),
              Map.of(vector.path("header").textValue(), vector.path("signature").textValue()),
              body,
              Instant.EPOCH);
      case "x-crc" -> vector.path("response").equals(challenged(vector));
      default -> fail("no scheme of ours is " + scheme + ": say which, or why not");
    };
  }

  /** Of no vector: where a scheme signs with a key pair, any secret of ours is the wrong one. */
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private static JsonNode challenged(JsonNode vector) throws Exception {
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      Exchange exchange = new DefaultExchange(camel);
      exchange.getMessage().setHeader("crc_token", vector.path("crc_token").textValue());
      new XChallenge(List.of(PlainSecret.of(vector.path("consumer_secret").textValue())))
          .process(exchange);
      return new ObjectMapper().readTree(exchange.getMessage().getBody(String.class));
    }
  }

  /** And no longer, once a byte of what is signed is another. */
  private static boolean isGenuine(
      Scheme scheme, Map<String, String> headers, byte[] body, Instant now) {
    boolean genuine = scheme.verify(headers, body, now).valid();
    byte[] other = body.clone();
    for (int i = 0; i < body.length; i++) {
      other[i] ^= 1;
      assertFalse(scheme.verify(headers, other, now).valid(), "byte " + i + " does not count");
      other[i] ^= 1;
    }
    assertTrue(body.length > 0);
    return genuine;
  }
}
