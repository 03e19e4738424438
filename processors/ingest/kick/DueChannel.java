package ingest.kick;

import java.time.Instant;

/**
 * A channel that was claimed for one poll.
 *
 * @param channelId {@code dm.streamer_channel.id}
 * @param externalId {@code dm.streamer_channel.external_id}
 * @param platformUserId Kick's broadcaster user id
 * @param slot when the poll was due; the same however often the slot is polled
 * @param polledAt the {@code dm} database's clock before the request
 */
public record DueChannel(
    long channelId, String externalId, String platformUserId, Instant slot, Instant polledAt) {}
