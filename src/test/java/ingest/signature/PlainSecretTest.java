package ingest.signature;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PlainSecretTest {
  /** Of RFC 4231 and RFC 2202, second case each. */
  @ParameterizedTest
  @CsvSource({
    "SHA1, effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
    "SHA256, 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    "SHA512, 164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
  })
  void a_secret_signs_with_the_utf_8_of_its_text(Hmac algorithm, String expected) {
    byte[] signed =
        PlainSecret.of("Jefe").sign(algorithm, "what do ya want for nothing?".getBytes(UTF_8));
    assertEquals(expected, HexFormat.of().formatHex(signed));
  }

  @Test
  void a_secret_shows_itself_nowhere() {
    assertEquals("***", PlainSecret.of("Jefe").toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t\n"})
  void what_is_blank_is_no_secret(String text) {
    assertThrows(IllegalArgumentException.class, () -> PlainSecret.of(text));
    assertThrows(IllegalArgumentException.class, () -> PlainSecret.all(List.of("Jefe", text)));
  }

  @Test
  void no_secret_at_all_verifies_nothing_and_is_refused() {
    assertThrows(IllegalArgumentException.class, () -> PlainSecret.all(List.of()));
  }
}
