package ingest.signature;

import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A shared secret of Standard Webhooks: {@code whsec_} and the base64 of 24 to 64 bytes.
 *
 * <p>It shows itself nowhere: not in {@link #toString()}, not in the message of an exception.
 */
public final class Secret {
  private static final String PREFIX = "whsec_";
  private static final String ALGORITHM = "HmacSHA256";
  private static final int LEAST_BYTES = 24;
  private static final int MOST_BYTES = 64;

  private final SecretKeySpec key;

  private Secret(byte[] key) {
    this.key = new SecretKeySpec(key, ALGORITHM);
  }

  /**
   * Reads the form in which secrets are handed out.
   *
   * @throws IllegalArgumentException when it is none; says what is wrong and not what it was
   */
  public static Secret parse(String text) {
    if (!text.startsWith(PREFIX)) {
      throw new IllegalArgumentException("the secret does not start with " + PREFIX);
    }
    byte[] key;
    try {
      key = Base64.getDecoder().decode(text.substring(PREFIX.length()));
    } catch (IllegalArgumentException e) {
      // the decoder's message quotes a character of the secret
      throw new IllegalArgumentException("the secret is not base64 after " + PREFIX);
    }
    if (key.length < LEAST_BYTES || key.length > MOST_BYTES) {
      throw new IllegalArgumentException(
          "the secret has %d bytes, not %d to %d".formatted(key.length, LEAST_BYTES, MOST_BYTES));
    }
    return new Secret(key);
  }

  /** A new HMAC-SHA256 under this secret; for one thread. */
  Mac mac() {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac;
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException(ALGORITHM + " is not to be had");
    }
  }

  @Override
  public String toString() {
    return PREFIX + "***";
  }
}
