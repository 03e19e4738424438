package ingest.envelope;

import com.github.f4b6a3.ulid.Ulid;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.UUID;

/**
 * The identity of an event: a ULID that is the same whenever the same fact is accepted again.
 *
 * <p>Two events are the same when source, type, subject, the sender's own key and the ordinal
 * within the message are the same. Its 80 bits of "randomness" are the first 80 bits of SHA-256
 * over those five, each with its length in front, so that no two lists of fields read alike. Its 48
 * bits of time must be bound to the key (a body's time, a poll's slot): a time that moves between
 * two deliveries of one message would make two events of it.
 */
public final class EventId {
  /** As PostgreSQL orders {@code uuid}: by bytes, unsigned. */
  public static final Comparator<UUID> ORDER =
      Comparator.comparing(UUID::getMostSignificantBits, Long::compareUnsigned)
          .thenComparing(UUID::getLeastSignificantBits, Long::compareUnsigned);

  private EventId() {}

  public static UUID of(
      Instant time, String source, String type, String subject, String key, int ordinal) {
    MessageDigest sha256 = sha256();
    for (String field : new String[] {source, type, subject, key, Integer.toString(ordinal)}) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      sha256.update(ByteBuffer.allocate(4).putInt(bytes.length).array());
      sha256.update(bytes);
    }
    return new Ulid(time.toEpochMilli(), Arrays.copyOf(sha256.digest(), 10)).toUuid();
  }

  /** The lowest id of a time. */
  public static UUID first(Instant time) {
    return new UUID(time.toEpochMilli() << 16, 0);
  }

  /** The time that it tells, which is that of its fact and not of its commit. */
  public static Instant time(UUID id) {
    return Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
  }

  /** As it stands on the wire: 26 characters, upper case. */
  public static String text(UUID id) {
    return Ulid.from(id).toString();
  }

  /**
   * Reads the wire form.
   *
   * @throws InvalidEnvelope when it is not a ULID
   */
  public static UUID parse(String text) {
    if (!Ulid.isValid(text)) {
      throw new InvalidEnvelope("id is not a ULID");
    }
    return Ulid.from(text).toUuid();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
