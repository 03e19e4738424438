package ingest.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventType;
import ingest.envelope.InvalidEnvelope;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a mapper says of an event; {@link #envelope} adds the rest by the rules of this product.
 *
 * @param time when it happened, as the upstream says; null where it does not, which is the time of
 *     the poll
 * @param key the sender's own key of this fact, with which the same fact is the same event whenever
 *     it is seen; null where it has none, which is the poll's slot
 * @param keyTime a time that never changes with the key; null for {@code time}
 * @param ordinal tells the events of one type, subject and key apart; 0 where there is one
 * @param rev the upstream's own revision; null for the microseconds of the time
 * @param channelid {@code dm.streamer_channel.external_id}, where the subject is a channel
 */
public record Draft(
    EventType type,
    String subject,
    @Nullable Instant time,
    @Nullable String key,
    @Nullable Instant keyTime,
    int ordinal,
    @Nullable Long rev,
    @Nullable String channelid,
    JsonNode data) {

  /** How far an upstream's clock may be ahead: one event of 2030 would freeze its subject. */
  private static final Duration AHEAD = Duration.ofMinutes(2);

  /** Years have four digits in RFC 3339, and a ULID's 48 bits end soon after them. */
  private static final Instant END = Instant.parse("+10000-01-01T00:00:00Z");

  /** An event that is identified by its poll: one for each subject and slot. */
  public static Draft polled(EventType type, String subject, JsonNode data) {
    return new Draft(type, subject, null, null, null, 0, null, null, data);
  }

  /** An event that the upstream identifies; {@code time} has to be the same whenever key is. */
  public static Draft keyed(
      EventType type, String subject, String key, Instant time, JsonNode data) {
    return new Draft(type, subject, time, key, null, 0, null, null, data);
  }

  /**
   * The same event, where it happened at another time than the one that never changes with its key;
   * null for the time of its arrival.
   */
  public Draft at(@Nullable Instant happened) {
    return new Draft(
        type,
        subject,
        happened,
        key,
        keyTime == null ? time : keyTime,
        ordinal,
        rev,
        channelid,
        data);
  }

  /**
   * The envelope, the same whenever the same is seen again.
   *
   * <p>The id's time is bound to its key: the slot where the slot is the key, else the sender's
   * time, before it is held to the clock.
   *
   * @throws InvalidEnvelope when an attribute is absent or malformed; names it, never its value
   */
  public Envelope envelope(Arrival arrival) {
    if (subject.endsWith(":")) {
      throw new InvalidEnvelope("subject ends in a colon: what should follow is absent");
    }
    if (key != null && key.isEmpty()) {
      throw new InvalidEnvelope("key is empty");
    }
    Instant keyed = keyTime == null ? time : keyTime;
    if (key != null && keyed == null) {
      throw new InvalidEnvelope(
          "time is absent: a key of the sender needs a time of the sender, or each poll would make another event of it");
    }
    Instant slot = arrival.slot();
    if (key == null && slot == null) {
      throw new InvalidEnvelope(
          "key is absent, and there is no poll whose slot could stand for it");
    }
    if (before1970(time) || before1970(keyTime)) {
      throw new InvalidEnvelope("time is before 1970");
    }
    if (afterAll(time) || afterAll(keyTime)) {
      throw new InvalidEnvelope("time is after 9999");
    }
    Instant bound = key == null ? slot : keyed;
    String identity = key == null ? Long.toString(millis(slot)) : key;
    Instant happened = held(time == null ? arrival.time() : time, arrival.time().plus(AHEAD));
    return new Envelope(
        EventId.of(
            Objects.requireNonNull(bound), type.source(), type.type(), subject, identity, ordinal),
        type.source(),
        type.type(),
        type.dataschema(),
        subject,
        happened.truncatedTo(ChronoUnit.MILLIS),
        rev == null ? Envelope.micros(happened) : rev,
        channelid,
        null,
        arrival.traceparent(),
        data);
  }

  private static boolean before1970(@Nullable Instant time) {
    return time != null && time.isBefore(Instant.EPOCH);
  }

  private static boolean afterAll(@Nullable Instant time) {
    return time != null && !time.isBefore(END);
  }

  private static long millis(@Nullable Instant slot) {
    return Objects.requireNonNull(slot).toEpochMilli();
  }

  private static Instant held(Instant time, Instant latest) {
    return time.isAfter(latest) ? latest : time;
  }
}
