package ingest.signature;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import org.jspecify.annotations.Nullable;

/**
 * Signs and verifies as Standard Webhooks 1.0 has it, with symmetric keys ({@code v1}).
 *
 * <p>Signed is {@code id.timestamp.body} with the body's very bytes. While a secret is being
 * rotated both ends hold two: the first signs, all verify.
 */
public final class StandardWebhooks {
  public static final String ID = "webhook-id";
  public static final String TIMESTAMP = "webhook-timestamp";
  public static final String SIGNATURE = "webhook-signature";

  private static final Duration TOLERANCE = Duration.ofMinutes(5);
  private static final String VERSION = "v1,";

  /** Signatures of one header that are looked at; a rotation needs two. */
  private static final int MOST_SIGNATURES = 16;

  private static final Pattern RECEIVED_ID = Pattern.compile("[\\x21-\\x7e]{1,256}");
  private static final Pattern SENT_ID = Pattern.compile("[\\x21-\\x7e&&[^.]]{1,256}");
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,12}");

  private StandardWebhooks() {}

  /**
   * Signs a body for an attempt that is made now: a signature is stale after five minutes.
   *
   * @throws IllegalArgumentException when there is no secret, or the id has a dot (the
   *     specification forbids senders what would move the border between id and time), is longer
   *     than 256 characters or is not printable ASCII
   */
  public static Signed sign(List<Secret> secrets, String id, Instant now, byte[] body) {
    if (secrets.isEmpty()) {
      throw new IllegalArgumentException("there is no secret to sign with");
    }
    if (!SENT_ID.matcher(id).matches()) {
      throw new IllegalArgumentException("the id to sign is malformed");
    }
    String timestamp = Long.toString(now.getEpochSecond());
    return new Signed(id, timestamp, signature(secrets.get(0), id, timestamp, body));
  }

  /**
   * Says whether one of {@code secrets} signed the request within the last five minutes.
   *
   * <p>Takes ids with dots, as the libraries of other senders do: the bytes signed stay the same
   * when such an id and the time are cut elsewhere, but what is then left as body is no JSON.
   *
   * @param signatures signatures parted by spaces; those of other versions are skipped
   */
  public static Verdict verify(
      List<Secret> secrets,
      @Nullable String id,
      @Nullable String timestamp,
      @Nullable String signatures,
      byte[] body,
      Instant now) {
    if (id == null || timestamp == null || signatures == null) {
      return Verdict.MISSING_HEADER;
    }
    if (!RECEIVED_ID.matcher(id).matches()) {
      return Verdict.BAD_ID;
    }
    if (!SECONDS.matcher(timestamp).matches()) {
      return Verdict.BAD_TIMESTAMP;
    }
    long age = now.getEpochSecond() - Long.parseLong(timestamp);
    if (age > TOLERANCE.toSeconds()) {
      return Verdict.STALE_TIMESTAMP;
    }
    if (age < -TOLERANCE.toSeconds()) {
      return Verdict.FUTURE_TIMESTAMP;
    }
    List<byte[]> offered = offered(signatures);
    boolean match = false;
    for (Secret secret : secrets) {
      byte[] expected = ascii(signature(secret, id, timestamp, body));
      for (byte[] signature : offered) {
        match |= MessageDigest.isEqual(expected, signature);
      }
    }
    return match ? Verdict.VALID : Verdict.NO_MATCH;
  }

  private static List<byte[]> offered(String signatures) {
    String[] items = signatures.split(" ", MOST_SIGNATURES + 1);
    List<byte[]> offered = new ArrayList<>();
    for (int i = 0; i < Math.min(items.length, MOST_SIGNATURES); i++) {
      if (items[i].startsWith(VERSION)) {
        offered.add(ascii(items[i]));
      }
    }
    return offered;
  }

  private static String signature(Secret secret, String id, String timestamp, byte[] body) {
    Mac mac = secret.mac();
    mac.update(ascii(id + "." + timestamp + "."));
    return VERSION + Base64.getEncoder().encodeToString(mac.doFinal(body));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
