package ingest.signature;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A shared secret that is used as it is written: its key is its UTF-8.
 *
 * <p>It shows itself nowhere: not in {@link #toString()}, not in the message of an exception.
 */
public final class PlainSecret {
  private final SecretKeySpec key;

  private PlainSecret(byte[] key) {
    this.key = new SecretKeySpec(key, "Hmac");
  }

  /**
   * Takes the form in which secrets are handed out.
   *
   * @throws IllegalArgumentException when it is blank
   */
  public static PlainSecret of(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("the secret is empty");
    }
    return new PlainSecret(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Several at once, for a rotation.
   *
   * @throws IllegalArgumentException when there is none, or one is blank
   */
  public static List<PlainSecret> all(List<String> texts) {
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("there is no secret");
    }
    return texts.stream().map(PlainSecret::of).toList();
  }

  /** What the text comes to under this secret. */
  public byte[] sign(Hmac algorithm, byte[] text) {
    try {
      Mac mac = Mac.getInstance(algorithm.jdkName());
      mac.init(key);
      return mac.doFinal(text);
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException(algorithm + " is not to be had");
    }
  }

  @Override
  public String toString() {
    return "***";
  }
}
