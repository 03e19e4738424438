package ingest.scraperapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ingest.signature.PlainSecret;
import ingest.signature.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CallbackTokenTest {
  private static final CallbackToken OLD = new CallbackToken(PlainSecret.all(List.of("old")));
  private static final CallbackToken BOTH =
      new CallbackToken(PlainSecret.all(List.of("new", "old")));

  /** By {@code printf 01K8 | openssl dgst -sha256 -hmac old -binary | basenc --base64url}. */
  private static final String MADE_BY_OPENSSL = "01K8.vS-SqUjrxuDZA_TpIqYaitIk7Gfk-nuaC0gLvMMCWpc";

  @Test
  void a_token_is_the_key_and_its_hmac() {
    assertEquals(MADE_BY_OPENSSL, OLD.make("01K8"));
    assertEquals(Verdict.VALID, verdict(OLD, MADE_BY_OPENSSL));
    assertEquals("01K8", CallbackToken.key(MADE_BY_OPENSSL));
  }

  @Test
  void a_job_that_was_ordered_before_a_rotation_may_still_call_back() {
    assertEquals(Verdict.VALID, verdict(BOTH, OLD.make("01K8")));
    assertEquals(Verdict.VALID, verdict(BOTH, BOTH.make("01K8")));
    assertEquals(Verdict.NO_MATCH, verdict(OLD, BOTH.make("01K8")), "the first makes tokens");
  }

  @Test
  void the_token_of_one_job_is_none_of_another() {
    String hmac = OLD.make("01K8").substring("01K8".length());
    assertEquals(Verdict.NO_MATCH, verdict(OLD, "01K9" + hmac));
    assertEquals(Verdict.NO_MATCH, verdict(OLD, "01K" + hmac));
  }

  @Test
  void a_token_has_one_spelling() {
    String good = OLD.make("01K8");
    String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = letters.indexOf(good.charAt(good.length() - 1));
    String spare = good.substring(0, good.length() - 1) + letters.charAt(last + 1);
    assertEquals(Verdict.NO_MATCH, verdict(OLD, spare), "decodes to the same bytes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "01K8", "01K8.", "01K8.short", "01K8..x", "a/b.c", "\0\ud800é"})
  void what_is_no_token_is_told_so(String token) {
    assertEquals(Verdict.BAD_SIGNATURE, verdict(OLD, token));
  }

  @Test
  void a_token_is_bounded() {
    assertEquals(Verdict.VALID, verdict(OLD, OLD.make("k".repeat(128))));
    assertEquals(Verdict.BAD_SIGNATURE, verdict(OLD, "k" + OLD.make("k".repeat(128))));
    assertEquals(Verdict.MISSING_HEADER, OLD.verify(Map.of(), new byte[0], Instant.EPOCH));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a.b", "a/b", "ä", " "})
  void a_key_fits_into_a_path(String key) {
    assertThrows(IllegalArgumentException.class, () -> OLD.make(key));
    assertThrows(IllegalArgumentException.class, () -> OLD.make("k".repeat(129)));
  }

  private static Verdict verdict(CallbackToken scheme, String token) {
    return scheme.verify(Map.of("token", token), new byte[0], Instant.EPOCH);
  }
}
