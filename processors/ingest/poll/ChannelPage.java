package ingest.poll;

import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * Channels that are asked for in one call, under one claim of {@code dm.channel_poll}.
 *
 * @param token of the claim
 * @param period of the poller
 */
public record ChannelPage(String poller, UUID token, Duration period, List<DueChannel> channels) {}
