package ingest.embedded.simulator.webhook;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/** What the senders sign with; it shows none of it. */
public final class SenderKeys {
  private static final int RSA_BITS = 2048;
  private static final int SECRET_BYTES = 32;

  final KeyPair kick;
  final String sumsub;
  final String resend;
  final String x;
  final String scraperapi;

  /**
   * The keys as the receiver is configured with them.
   *
   * @param resend {@code whsec_…}
   */
  public SenderKeys(KeyPair kick, String sumsub, String resend, String x, String scraperapi) {
    this.kick = kick;
    this.sumsub = sumsub;
    this.resend = resend;
    this.x = x;
    this.scraperapi = scraperapi;
  }

  /** Keys of nobody. */
  public static SenderKeys random() {
    return new SenderKeys(
        rsa(), randomSecret(), "whsec_" + randomSecret(), randomSecret(), randomSecret());
  }

  /** A key pair as Kick has. */
  public static KeyPair rsa() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(RSA_BITS);
      return generator.generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** 32 random bytes in base64. */
  public static String randomSecret() {
    byte[] bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Kick's public key, as it publishes it. */
  public String kickPublicKey() {
    return "-----BEGIN PUBLIC KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(kick.getPublic().getEncoded())
        + "\n-----END PUBLIC KEY-----\n";
  }
}
