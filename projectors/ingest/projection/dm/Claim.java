package ingest.projection.dm;

import ingest.envelope.Revision;
import ingest.projection.Placed;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/**
 * A streamer says that a channel is theirs.
 *
 * @param verified whether that is proved; false from who holds the channel gives it up
 * @param revision orders what this streamer says of this channel
 */
record Claim(
    int streamerId,
    long channelId,
    String platform,
    String platformUserId,
    boolean verified,
    Instant claimedAt,
    Revision revision)
    implements Placed {

  /** The key of {@code public.streamer_channel_link}. */
  record Link(int streamerId, long channelId) {}

  @Override
  public Place place() {
    return new Place(
        "streamer_channel_link", Map.of("streamer_id", streamerId, "channel_id", channelId));
  }

  Link link() {
    return new Link(streamerId, channelId);
  }

  UUID event() {
    return revision.event();
  }
}
