package ingest.kick;

import ingest.settings.Settings;
import ingest.signature.Scheme;
import ingest.signature.Verdict;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Kick's RSA signature over {@code id.timestamp.body}. The type, its version and the subscription
 * are not signed.
 *
 * <p>Whoever likes can have signatures looked at, so what is cheap to refuse never reaches RSA, and
 * RSA takes at most all cores but one. A call that finds no room in a second is not decided; as
 * many wait as the public port has workers.
 */
public final class KickSignature implements Scheme {
  public static final String ID = "kick-event-message-id";
  public static final String TIMESTAMP = "kick-event-message-timestamp";
  public static final String SIGNATURE = "kick-event-signature";

  /** Without a dot, which would move the border between id and time. */
  private static final Pattern IDS = Pattern.compile("[\\x21-\\x7e&&[^.]]{1,128}");

  private static final Pattern TIMES =
      Pattern.compile(
          "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})");

  /** Base64 of 256 bytes, the signature of the shortest key, and of 1024. */
  private static final int LEAST_CHARACTERS = 344;

  private static final int MOST_CHARACTERS = 1368;

  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final KickPublicKeys keys;
  private final Duration tolerance;
  private final Semaphore room;

  /** As it is configured. */
  public static KickSignature of(Settings settings, Clock clock) {
    return new KickSignature(
        KickPublicKeys.of(settings, clock), settings.duration("kick.webhook-tolerance"));
  }

  /** {@code tolerance}: how far the signed time may be from ours, both ways. */
  public KickSignature(KickPublicKeys keys, Duration tolerance) {
    this(keys, tolerance, Math.max(1, Runtime.getRuntime().availableProcessors() - 1));
  }

  KickSignature(KickPublicKeys keys, Duration tolerance, int atOnce) {
    this.keys = keys;
    this.tolerance = tolerance;
    this.room = new Semaphore(atOnce); // not fair: in turn, each would wait for the next to wake
  }

  /** Counts how it went when Kick was asked for its key. */
  public void count(MeterRegistry registry) {
    keys.count(registry);
  }

  @Override
  public Verdict verify(Map<String, String> headers, byte[] body, Instant now) {
    String id = headers.get(ID);
    String timestamp = headers.get(TIMESTAMP);
    String signature = headers.get(SIGNATURE);
    if (id == null || timestamp == null || signature == null) {
      return Verdict.MISSING_HEADER;
    }
    if (!IDS.matcher(id).matches()) {
      return Verdict.BAD_ID;
    }
    Instant time = time(timestamp);
    if (time == null) {
      return Verdict.BAD_TIMESTAMP;
    }
    Duration age = Duration.between(time, now);
    if (age.compareTo(tolerance) > 0) {
      return Verdict.STALE_TIMESTAMP;
    }
    if (age.negated().compareTo(tolerance) > 0) {
      return Verdict.FUTURE_TIMESTAMP;
    }
    byte[] offered = decoded(signature);
    if (offered == null) {
      return Verdict.BAD_SIGNATURE;
    }
    byte[] signedBefore = (id + "." + timestamp + ".").getBytes(StandardCharsets.US_ASCII);
    List<RSAPublicKey> tried = keys.current();
    Verdict verdict = verify(tried, offered, signedBefore, body);
    if (verdict == Verdict.NO_MATCH && keys.renewed(tried)) {
      tried = keys.current();
      verdict = verify(tried, offered, signedBefore, body);
    }
    return verdict == Verdict.NO_MATCH && tried.isEmpty() ? Verdict.NO_KEY : verdict;
  }

  private Verdict verify(
      List<RSAPublicKey> tried, byte[] offered, byte[] signedBefore, byte[] body) {
    List<RSAPublicKey> fitting =
        tried.stream().filter(k -> (k.getModulus().bitLength() + 7) / 8 == offered.length).toList();
    if (fitting.isEmpty()) {
      return Verdict.NO_MATCH;
    }
    if (!hasRoom()) {
      return Verdict.BUSY;
    }
    try {
      for (RSAPublicKey key : fitting) {
        if (holds(key, offered, signedBefore, body)) {
          return Verdict.VALID;
        }
      }
      return Verdict.NO_MATCH;
    } finally {
      room.release();
    }
  }

  private boolean hasRoom() {
    try {
      return room.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static boolean holds(RSAPublicKey key, byte[] offered, byte[] signedBefore, byte[] body) {
    try {
      Signature rsa = Signature.getInstance("SHA256withRSA");
      rsa.initVerify(key);
      rsa.update(signedBefore);
      rsa.update(body);
      return rsa.verify(offered);
    } catch (SignatureException e) {
      return false; // what is no signature at all under this key
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA256withRSA is not to be had", e);
    }
  }

  private static @Nullable Instant time(String timestamp) {
    if (!TIMES.matcher(timestamp).matches()) {
      return null;
    }
    try {
      return OffsetDateTime.parse(timestamp).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static byte @Nullable [] decoded(String signature) {
    if (signature.length() < LEAST_CHARACTERS || signature.length() > MOST_CHARACTERS) {
      return null;
    }
    try {
      return Base64.getDecoder().decode(signature);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
