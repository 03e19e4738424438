package ingest.channel;

import ingest.envelope.EventId;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a platform calls a channel for ever: its own id of the account. */
public record ChannelKey(String platform, String userId) implements Comparable<ChannelKey> {
  private static final Pattern PLATFORM = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");
  private static final Pattern USER_ID = Pattern.compile("[\\x21-\\x7e]{1,128}");
  private static final Comparator<ChannelKey> ORDER =
      Comparator.comparing(ChannelKey::platform).thenComparing(ChannelKey::userId);

  /** Empty where one of the two is none. */
  public static Optional<ChannelKey> of(String platform, String userId) {
    return PLATFORM.matcher(platform).matches() && USER_ID.matcher(userId).matches()
        ? Optional.of(new ChannelKey(platform, userId))
        : Optional.empty();
  }

  /** As the subject of an event. */
  public String subject() {
    return platform + ":" + userId;
  }

  /**
   * The {@code external_id} of a channel that is new: a ULID that follows from the key, so that
   * whoever meets the channel first, on whichever instance, calls it the same. One that is in the
   * database already may have another.
   */
  public String externalId() {
    return EventId.text(EventId.of(Instant.EPOCH, "dm", "channel", subject(), "", 0));
  }

  @Override
  public int compareTo(ChannelKey other) {
    return ORDER.compare(this, other);
  }
}
