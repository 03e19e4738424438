package ingest.x;

import ingest.outbox.Derived;
import ingest.outbox.Effect;
import ingest.poll.ChannelPage;
import ingest.poll.DueChannel;
import ingest.x.FollowerCounts.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Which accounts of a page X does not tell of, in {@code dm.account_missing}; those that it tells
 * of are none any more. An answer that was asked for before the last one changes nothing.
 */
record AccountsMissing(ChannelPage page, Map<DueChannel, Reason> missing) implements Effect {
  private static final String MISSING =
      """
      INSERT INTO dm.account_missing AS m (channel_id, reason, since, asked_at)
      SELECT channel_id, reason, asked_at, asked_at
      FROM unnest(?::bigint[], ?::text[], ?::timestamptz[]) AS t (channel_id, reason, asked_at)
      ON CONFLICT (channel_id) DO UPDATE SET reason = excluded.reason, asked_at = excluded.asked_at
      WHERE m.asked_at <= excluded.asked_at
      """;

  private static final String THERE =
      "DELETE FROM dm.account_missing WHERE channel_id = ANY (?) AND asked_at <= ?";

  @Override
  public List<Derived> write(Connection tx, Set<UUID> fresh) throws SQLException {
    List<DueChannel> there = new ArrayList<>(page.channels());
    there.removeAll(missing.keySet());
    List<DueChannel> gone = List.copyOf(missing.keySet());
    if (!gone.isEmpty()) {
      try (PreparedStatement upsert = tx.prepareStatement(MISSING)) {
        upsert.setArray(
            1, tx.createArrayOf("bigint", gone.stream().map(DueChannel::channelId).toArray()));
        upsert.setArray(
            2, tx.createArrayOf("text", missing.values().stream().map(Reason::word).toArray()));
        upsert.setArray(
            3, tx.createArrayOf("timestamptz", gone.stream().map(AccountsMissing::at).toArray()));
        upsert.executeUpdate();
      }
    }
    if (!there.isEmpty()) {
      try (PreparedStatement delete = tx.prepareStatement(THERE)) {
        delete.setArray(
            1, tx.createArrayOf("bigint", there.stream().map(DueChannel::channelId).toArray()));
        delete.setObject(2, at(there.get(0)));
        delete.executeUpdate();
      }
    }
    return List.of();
  }

  private static OffsetDateTime at(DueChannel channel) {
    return channel.polledAt().atOffset(ZoneOffset.UTC);
  }
}
