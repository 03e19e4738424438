package ingest.poll;

import ingest.outbox.Derived;
import ingest.outbox.Effect;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * That a page's channels were asked for, in the commit of what was heard: each is due again a
 * period after its slot, which keeps the rhythm. Also for a channel that was left out of the
 * answer. Fenced by the claim's token.
 */
public record ChannelsPolled(ChannelPage page) implements Effect {
  private static final String POLLED =
      """
      UPDATE dm.channel_poll c
      SET polled_at = p.polled_at, next_at = p.slot + make_interval(secs => ?), failures = 0,
          leased_until = NULL, token = NULL
      FROM unnest(?::bigint[], ?::timestamptz[], ?::timestamptz[]) AS p(channel_id, slot, polled_at)
      WHERE c.poller = ? AND c.channel_id = p.channel_id AND c.token = ?
      """;

  @Override
  public List<Derived> write(Connection tx, Set<UUID> fresh) throws SQLException {
    List<DueChannel> channels = page.channels();
    try (PreparedStatement update = tx.prepareStatement(POLLED)) {
      update.setDouble(1, page.period().toMillis() / 1000.0);
      update.setArray(
          2, tx.createArrayOf("bigint", channels.stream().map(DueChannel::channelId).toArray()));
      update.setArray(
          3,
          tx.createArrayOf(
              "timestamptz",
              channels.stream().map(c -> c.slot().atOffset(ZoneOffset.UTC).toString()).toArray()));
      update.setArray(
          4,
          tx.createArrayOf(
              "timestamptz",
              channels.stream()
                  .map(c -> c.polledAt().atOffset(ZoneOffset.UTC).toString())
                  .toArray()));
      update.setString(5, page.poller());
      update.setObject(6, page.token());
      update.executeUpdate();
    }
    return List.of();
  }
}
