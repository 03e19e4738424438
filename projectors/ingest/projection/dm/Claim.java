package ingest.projection.dm;

import ingest.envelope.Revision;
import java.time.Instant;
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
    Revision revision) {

  /** The key of {@code public.streamer_channel_link}. */
  record Link(int streamerId, long channelId) {}

  Link link() {
    return new Link(streamerId, channelId);
  }

  UUID event() {
    return revision.event();
  }
}
