package ingest.faults;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs as Resend, Sumsub and Kick do, by what they document and without a line of the product,
 * with secrets of its own.
 */
final class CallSigner {
  private static final int SECRET_BYTES = 32;
  private static final int KEY_BITS = 2048;

  private final byte[] resend = random();
  private final String sumsub = HexFormat.of().formatHex(random());
  private final KeyPair kick = keys();

  private static byte[] random() {
    byte[] bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  private static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(KEY_BITS);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a receiver has to know. */
  Map<String, String> settings() {
    return Map.of(
        "RESEND_WEBHOOK_SECRET",
        "whsec_" + Base64.getEncoder().encodeToString(resend),
        "SUMSUB_WEBHOOK_SECRET",
        sumsub,
        "KICK_WEBHOOK_PUBLIC_KEY",
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(kick.getPublic().getEncoded())
            + "\n-----END PUBLIC KEY-----\n");
  }

  /** Signed now. */
  Map<String, String> resend(String id, byte[] body) {
    String timestamp = Long.toString(Instant.now().getEpochSecond());
    byte[] hmac = hmac("HmacSHA256", resend, id + "." + timestamp + ".", body);
    return Map.of(
        "svix-id",
        id,
        "svix-timestamp",
        timestamp,
        "svix-signature",
        "v1," + Base64.getEncoder().encodeToString(hmac));
  }

  Map<String, String> sumsub(byte[] body) {
    byte[] hmac = hmac("HmacSHA256", sumsub.getBytes(StandardCharsets.UTF_8), "", body);
    return Map.of(
        "x-payload-digest",
        HexFormat.of().formatHex(hmac),
        "x-payload-digest-alg",
        "HMAC_SHA256_HEX");
  }

  /** Signed now. */
  Map<String, String> kick(String id, String type, byte[] body) {
    String timestamp = timestamp();
    try {
      Signature rsa = Signature.getInstance("SHA256withRSA");
      rsa.initSign(kick.getPrivate());
      rsa.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
      rsa.update(body);
      return kick(id, timestamp, type, rsa.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What Kick sends beside a body, with whatever signature. */
  static Map<String, String> kick(String id, String timestamp, String type, byte[] signature) {
    return Map.of(
        "kick-event-message-id",
        id,
        "kick-event-message-timestamp",
        timestamp,
        "kick-event-type",
        type,
        "kick-event-version",
        "1",
        "kick-event-signature",
        Base64.getEncoder().encodeToString(signature));
  }

  static String timestamp() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static byte[] hmac(String algorithm, byte[] key, String before, byte[] body) {
    try {
      Mac mac = Mac.getInstance(algorithm);
      mac.init(new SecretKeySpec(key, algorithm));
      mac.update(before.getBytes(StandardCharsets.UTF_8));
      return mac.doFinal(body);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
