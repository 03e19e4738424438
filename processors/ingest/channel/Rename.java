package ingest.channel;

/**
 * A channel changed its name: from one that was known to another.
 *
 * @param id {@code dm.streamer_channel.id}
 */
public record Rename(
    long id, String externalId, ChannelKey channel, String from, String to, Sighting by) {}
