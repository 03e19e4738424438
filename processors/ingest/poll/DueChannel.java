package ingest.poll;

import ingest.mapping.PolledChannel;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A channel that was claimed for one poll.
 *
 * @param channelId {@code dm.streamer_channel.id}
 * @param externalId {@code dm.streamer_channel.external_id}
 * @param slug its name now; null where another channel has taken it
 * @param slot when the poll was due; the same however often the slot is polled
 * @param polledAt the {@code dm} database's clock before the request
 */
public record DueChannel(
    long channelId,
    String externalId,
    String platform,
    String platformUserId,
    @Nullable String slug,
    Instant slot,
    Instant polledAt) {

  /** The poll that it is due for. */
  public PolledChannel polled() {
    return polled(polledAt);
  }

  /** The same, where another clock of {@code dm} orders what is said. */
  public PolledChannel polled(Instant at) {
    return new PolledChannel(platform, platformUserId, externalId, slot, at);
  }
}
