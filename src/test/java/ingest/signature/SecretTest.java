package ingest.signature;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SecretTest {
  private static final String BASE64 = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  @ParameterizedTest
  @ValueSource(ints = {24, 32, 64})
  void a_secret_has_24_to_64_bytes(int bytes) {
    assertDoesNotThrow(() -> Secret.parse(ofBytes(bytes)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 23, 65, 4096})
  void a_secret_of_another_length_is_none(int bytes) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Secret.parse(ofBytes(bytes)));
    assertEquals("the secret has " + bytes + " bytes, not 24 to 64", e.getMessage());
  }

  @Test
  void a_secret_shows_itself_nowhere() {
    assertEquals("whsec_***", Secret.parse("whsec_" + BASE64).toString());
    for (String text :
        List.of(
            BASE64, "whsk_" + BASE64, "whsec_" + BASE64 + "!", "whsec_" + BASE64.substring(4))) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> Secret.parse(text), text);
      assertFalse(String.valueOf(e.getMessage()).contains(BASE64.substring(4, 8)), text);
      assertNull(e.getCause());
    }
  }

  private static String ofBytes(int bytes) {
    return "whsec_" + Base64.getEncoder().encodeToString(new byte[bytes]);
  }
}
