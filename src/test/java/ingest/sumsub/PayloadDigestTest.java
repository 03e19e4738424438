package ingest.sumsub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import ingest.signature.Hmac;
import ingest.signature.PlainSecret;
import ingest.signature.Scheme;
import ingest.signature.Verdict;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PayloadDigestTest {
  private static final String BODY = "{\"type\":\"applicantReviewed\",\"note\":\"naïve\"}";
  private static final List<Hmac> USUAL = List.of(Hmac.SHA256, Hmac.SHA512);

  @ParameterizedTest(name = "{1} where {0} are accepted: {2}")
  @CsvSource({
    "HMAC_SHA256_HEX, SHA256, VALID",
    "HMAC_SHA512_HEX, SHA512, VALID",
    "HMAC_SHA1_HEX, SHA1, REFUSED_ALGORITHM",
    "HMAC_MD5_HEX, SHA256, REFUSED_ALGORITHM",
    "hmac_sha256_hex, SHA256, REFUSED_ALGORITHM",
    "'', SHA256, REFUSED_ALGORITHM",
    "HMAC_SHA512_HEX, SHA256, NO_MATCH",
  })
  void only_what_is_configured_is_accepted_whatever_the_header_says(
      String header, Hmac digested, Verdict verdict) {
    Map<String, String> headers = signed("old", digested);
    headers.put(PayloadDigest.ALGORITHM, header);
    assertEquals(verdict, scheme(USUAL, "old").verify(headers, BODY.getBytes(UTF_8), Instant.MAX));
  }

  @Test
  void a_call_that_names_no_algorithm_is_held_against_the_first() {
    assertEquals(Verdict.VALID, verdict(signed("old", Hmac.SHA256), USUAL));
    assertEquals(Verdict.NO_MATCH, verdict(signed("old", Hmac.SHA512), USUAL));
    assertEquals(Verdict.NO_MATCH, verdict(signed("old", Hmac.SHA1), USUAL));
    assertEquals(Verdict.VALID, verdict(signed("old", Hmac.SHA1), List.of(Hmac.SHA1)));
  }

  @Test
  void a_secret_is_rotated_without_a_gap() {
    byte[] body = BODY.getBytes(UTF_8);
    Map<String, String> headers = signed("old", Hmac.SHA256);
    assertEquals(Verdict.VALID, scheme(USUAL, "new", "old").verify(headers, body, Instant.EPOCH));
    assertEquals(Verdict.NO_MATCH, scheme(USUAL, "new").verify(headers, body, Instant.EPOCH));
  }

  @Test
  void every_byte_of_the_body_counts() {
    Scheme scheme = scheme(USUAL, "old");
    for (String body : List.of("", BODY + "\n", BODY.replace("ï", "i"))) {
      assertEquals(
          Verdict.NO_MATCH,
          scheme.verify(signed("old", Hmac.SHA256), body.getBytes(UTF_8), Instant.EPOCH));
    }
  }

  @Test
  void a_digest_is_needed_and_in_lower_case() {
    assertEquals(Verdict.MISSING_HEADER, verdict(Map.of(), USUAL));
    for (String digest :
        List.of(
            "",
            digest("old", Hmac.SHA256).toUpperCase(Locale.ROOT),
            digest("old", Hmac.SHA256).substring(2),
            digest("old", Hmac.SHA256) + " ",
            "\ud800\0é")) {
      assertEquals(Verdict.NO_MATCH, verdict(Map.of(PayloadDigest.DIGEST, digest), USUAL), digest);
    }
  }

  @Test
  void it_is_made_as_it_is_configured() {
    Settings settings = Settings.load(Path.of(""), Map.of("SUMSUB_WEBHOOK_SECRET", "new, old"));
    byte[] body = BODY.getBytes(UTF_8);
    Map<String, String> legacy = signed("old", Hmac.SHA1);
    legacy.put(PayloadDigest.ALGORITHM, "HMAC_SHA1_HEX");
    Scheme usual = PayloadDigest.of(settings);
    assertEquals(Verdict.VALID, usual.verify(signed("old", Hmac.SHA256), body, Instant.EPOCH));
    assertEquals(Verdict.REFUSED_ALGORITHM, usual.verify(legacy, body, Instant.EPOCH));
    Scheme wider =
        PayloadDigest.of(
            settings.with("test", Map.of("sumsub.digest-algs", "HMAC_SHA256_HEX,HMAC_SHA1_HEX")));
    assertEquals(Verdict.VALID, wider.verify(legacy, body, Instant.EPOCH));
  }

  @ParameterizedTest
  @ValueSource(strings = {"HMAC_MD5_HEX", "SHA256", "HMAC_SHA256_HEX,none", ","})
  void an_algorithm_that_is_none_stops_the_start(String algorithms) {
    Settings settings =
        Settings.load(
            Path.of(""),
            Map.of("SUMSUB_WEBHOOK_SECRET", "hidden-one", "SUMSUB_DIGEST_ALGS", algorithms));
    String told =
        String.valueOf(
            assertThrows(SettingException.class, () -> PayloadDigest.of(settings)).getMessage());
    assertTrue(told.startsWith("SUMSUB_DIGEST_ALGS: "), told);
    assertFalse(told.contains("hidden-one"));
  }

  private static Verdict verdict(Map<String, String> headers, List<Hmac> algorithms) {
    return scheme(algorithms, "old").verify(headers, BODY.getBytes(UTF_8), Instant.EPOCH);
  }

  private static Scheme scheme(List<Hmac> algorithms, String... secrets) {
    return new PayloadDigest(PlainSecret.all(List.of(secrets)), algorithms);
  }

  private static Map<String, String> signed(String secret, Hmac algorithm) {
    return new HashMap<>(Map.of(PayloadDigest.DIGEST, digest(secret, algorithm)));
  }

  private static String digest(String secret, Hmac algorithm) {
    return HexFormat.of().formatHex(PlainSecret.of(secret).sign(algorithm, BODY.getBytes(UTF_8)));
  }
}
