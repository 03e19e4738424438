package ingest.cli.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.Settings;
import ingest.signature.Secret;
import ingest.signature.StandardWebhooks;
import ingest.signature.Verdict;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A request is genuine; one thing of it is broken; the inspection has to name that thing. */
class InspectionTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final String KEY = "0123456789abcdef0123456789ABCDEF";
  private static final String WHSEC =
      "whsec_" + Base64.getEncoder().encodeToString(KEY.getBytes(StandardCharsets.UTF_8));
  private static final String PLAIN = "c2VjcmV0LW9mLXRlc3Rz";
  private static final String BODY = "{\"b\":1.50,\"a\":{\"name\":\"Zoë\"},\"list\":[1,2]}";

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] hmac(String algorithm, byte[] key, byte[] text) {
    try {
      Mac mac = Mac.getInstance(algorithm);
      mac.init(new SecretKeySpec(key, algorithm));
      return mac.doFinal(text);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static Finding inspect(
      Dialect dialect, String secret, Map<String, String> headers, String body) {
    Settings settings = Settings.load(Path.of(""), Map.of());
    return new Inspection(dialect, secret, settings).inspect(headers, bytes(body), NOW);
  }

  private static Map<String, String> delivery(String body, Instant at) {
    return new HashMap<>(
        StandardWebhooks.sign(List.of(Secret.parse(WHSEC)), "msg_1", at, bytes(body)).headers());
  }

  private static Map<String, String> signedBy(byte[] key, String signed) {
    return Map.of(
        "webhook-id",
        "msg_1",
        "webhook-timestamp",
        Long.toString(NOW.getEpochSecond()),
        "webhook-signature",
        "v1," + Base64.getEncoder().encodeToString(hmac("HmacSHA256", key, bytes(signed))));
  }

  private static void told(String words, Finding found) {
    assertEquals(Verdict.NO_MATCH, found.verdict());
    assertTrue(found.more().toString().contains(words), found.more().toString());
  }

  @Test
  void a_genuine_delivery_is_genuine() {
    Finding found = inspect(Dialect.DELIVERY, WHSEC, delivery(BODY, NOW), BODY);
    assertTrue(found.valid(), found.toString());
    assertEquals(NOW, found.signedAt());
    assertTrue(
        inspect(
                Dialect.DELIVERY,
                "whsec_" + "A".repeat(40) + "," + WHSEC,
                delivery(BODY, NOW),
                BODY)
            .valid());
  }

  @ParameterizedTest
  @CsvSource({"webhook-id", "webhook-timestamp", "webhook-signature"})
  void a_header_that_is_missing_is_named(String name) {
    Map<String, String> headers = delivery(BODY, NOW);
    headers.remove(name);
    Finding found = inspect(Dialect.DELIVERY, WHSEC, headers, BODY);
    assertEquals(Verdict.MISSING_HEADER, found.verdict());
    assertEquals(List.of(name), found.missing());
  }

  @ParameterizedTest
  @CsvSource({
    "PT17M3S, it was signed 17 min 3 s ago",
    "-PT6M, it was signed 6 min ahead of this clock",
    "PT30H, it was signed 1 d 6 h ago"
  })
  void a_time_is_stale_by_so_much_and_the_rest_is_looked_at(String age, String words) {
    Map<String, String> headers = delivery(BODY, NOW.minus(Duration.parse(age)));
    Finding found = inspect(Dialect.DELIVERY, WHSEC, headers, BODY);
    assertTrue(
        List.of(Verdict.STALE_TIMESTAMP, Verdict.FUTURE_TIMESTAMP).contains(found.verdict()));
    assertEquals(
        List.of(words + ", and 5 min are allowed", "apart from its time it is genuine"),
        found.more());
    Finding other = inspect(Dialect.DELIVERY, WHSEC, headers, BODY + "\n");
    assertTrue(other.more().toString().contains("without the line end after it"), other.toString());
  }

  /** What was received, and what is said of what was signed. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"b\":1.50,\"a\":{\"name\":\"Zoë\"},\"list\":[1,2]}~ | without the line end after it",
        "{ \"b\": 1.50, \"a\": {\"name\": \"Zoë\"}, \"list\": [1, 2]} | written without spaces",
      })
  void a_body_that_was_changed_on_its_way_is_seen(String received, String words) {
    told(words, inspect(Dialect.DELIVERY, WHSEC, delivery(BODY, NOW), received.replace('~', '\n')));
  }

  /** What was signed, where the body as received is the compact one. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"b\": 1.50, \"a\": {\"name\": \"Zoë\"}, \"list\": [1, 2]} | with a space after each comma and colon",
        "{\"b\": 1.50, \"a\": {\"name\": \"Zo\\u00EB\"}, \"list\": [1, 2]} | and colon, and in ASCII",
        "{~  \"b\": 1.50,~  \"a\": {~    \"name\": \"Zoë\"~  },~  \"list\": [~    1,~    2~  ]~} | indented by two",
        "{\"a\":{\"name\":\"Zoë\"},\"b\":1.50,\"list\":[1,2]} | with its keys sorted",
        "{\"b\":1.50,\"a\":{\"name\":\"Zoë\"},\"list\":[1,2]}~ | with a line feed after it",
      })
  void json_that_was_written_anew_is_seen(String signed, String words) {
    told(words, inspect(Dialect.DELIVERY, WHSEC, delivery(signed.replace('~', '\n'), NOW), BODY));
  }

  @Test
  void a_secret_that_was_misread_is_seen() {
    String content = "msg_1." + NOW.getEpochSecond() + "." + BODY;
    told(
        "the letters of the whole secret, whsec_ included",
        inspect(Dialect.DELIVERY, WHSEC, signedBy(bytes(WHSEC), content), BODY));
    told(
        "the letters of the secret, where the key is what its base64 stands for",
        inspect(Dialect.DELIVERY, WHSEC, signedBy(bytes(WHSEC.substring(6)), content), BODY));
    told(
        "signed is the body alone",
        inspect(Dialect.DELIVERY, WHSEC, signedBy(bytes(KEY), BODY), BODY));
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> inspect(Dialect.DELIVERY, KEY, delivery(BODY, NOW), BODY));
    assertEquals("the secret does not start with whsec_", refused.getMessage());
  }

  @Test
  void what_nothing_explains_is_said_to() {
    told(
        "another body or another secret was signed",
        inspect(Dialect.DELIVERY, WHSEC, delivery("{}", NOW), BODY));
  }

  @Test
  void resend_is_verified_by_the_names_of_svix() {
    Map<String, String> headers = new HashMap<>();
    delivery(BODY, NOW)
        .forEach((name, value) -> headers.put(name.replace("webhook", "svix"), value));
    assertTrue(inspect(Dialect.RESEND, WHSEC, headers, BODY).valid());
    headers.remove("svix-timestamp");
    assertEquals(
        List.of("svix-timestamp"), inspect(Dialect.RESEND, WHSEC, headers, BODY).missing());
  }

  private static String hex(String algorithm, String key, String body) {
    return HexFormat.of().formatHex(hmac(algorithm, bytes(key), bytes(body)));
  }

  @Test
  void sumsub_is_verified_by_what_its_header_names() {
    assertTrue(
        inspect(
                Dialect.SUMSUB,
                PLAIN,
                Map.of(
                    "x-payload-digest",
                    hex("HmacSHA512", PLAIN, BODY),
                    "x-payload-digest-alg",
                    "HMAC_SHA512_HEX"),
                BODY)
            .valid());
    told(
        "it is by HMAC_SHA512_HEX, where the header names none of Sumsub's",
        inspect(
            Dialect.SUMSUB,
            PLAIN,
            Map.of("x-payload-digest", hex("HmacSHA512", PLAIN, BODY)),
            BODY));
    told(
        "upper case",
        inspect(
            Dialect.SUMSUB,
            PLAIN,
            Map.of(
                "x-payload-digest",
                hex("HmacSHA256", PLAIN, BODY).toUpperCase(java.util.Locale.ROOT)),
            BODY));
    told(
        "with a line feed after it, as echo writes it",
        inspect(
            Dialect.SUMSUB,
            PLAIN,
            Map.of("x-payload-digest", hex("HmacSHA256", PLAIN + "\n", BODY)),
            BODY));
  }

  @Test
  void x_is_verified_and_a_secret_read_as_base64_is_seen() {
    String header = "x-twitter-webhooks-signature";
    byte[] genuine = hmac("HmacSHA256", bytes(PLAIN), bytes(BODY));
    byte[] decoded = hmac("HmacSHA256", Base64.getDecoder().decode(PLAIN), bytes(BODY));
    Base64.Encoder base64 = Base64.getEncoder();
    assertTrue(
        inspect(Dialect.X, PLAIN, Map.of(header, "sha256=" + base64.encodeToString(genuine)), BODY)
            .valid());
    told(
        "the secret read as base64",
        inspect(
            Dialect.X, PLAIN, Map.of(header, "sha256=" + base64.encodeToString(decoded)), BODY));
  }

  @Test
  void kick_is_verified_with_its_public_key_and_other_bytes_are_seen() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    KeyPair keys = generator.generateKeyPair();
    String pem =
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
            + "\n-----END PUBLIC KEY-----\n";
    ByteArrayOutputStream signed = new ByteArrayOutputStream();
    signed.writeBytes(bytes("01J8K3V8Q0ABCDEFGHJKMNPQRS.2026-03-01T11:59:58Z."));
    signed.writeBytes(bytes(BODY));
    Signature rsa = Signature.getInstance("SHA256withRSA");
    rsa.initSign(keys.getPrivate());
    rsa.update(signed.toByteArray());
    Map<String, String> headers =
        Map.of(
            "kick-event-message-id",
            "01J8K3V8Q0ABCDEFGHJKMNPQRS",
            "kick-event-message-timestamp",
            "2026-03-01T11:59:58Z",
            "kick-event-signature",
            Base64.getEncoder().encodeToString(rsa.sign()));
    assertTrue(inspect(Dialect.KICK, pem, headers, BODY).valid());
    told(
        "written without spaces",
        inspect(Dialect.KICK, pem, headers, BODY.replace(":", ": ").replace(",", ", ")));
    told("another body", inspect(Dialect.KICK, pem, headers, "{}"));
  }
}
