package ingest.scraperapi;

import ingest.mapping.Arrival;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * The identity of a callback: {@code <job key>:<SHA-256 of the body>}. The key alone would take a
 * second, other callback of the same job for the first.
 */
final class JobMessage {
  private static final char DIGEST = ':';

  private JobMessage() {}

  static Arrival.Message of(Map<String, String> headers, byte[] body) {
    String job = CallbackToken.key(headers.getOrDefault(CallbackToken.TOKEN, ""));
    return new Arrival.Message(job + DIGEST + sha256(body), null, null);
  }

  /** The key that we gave the job, from the message's id. */
  static String job(String id) {
    return id.substring(0, Math.max(0, id.lastIndexOf(DIGEST)));
  }

  private static String sha256(byte[] body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
