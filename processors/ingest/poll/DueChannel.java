package ingest.poll;

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
    Instant polledAt) {}
