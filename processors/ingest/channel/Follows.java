package ingest.channel;

import ingest.store.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Writes {@code dm.kick_follow_event}: one row for each event that tells of a follow, keyed by the
 * event. What makes two messages one follow is decided where they become events.
 */
final class Follows {
  private static final String PLATFORM = "kick";

  private static final String ADD =
      """
      INSERT INTO dm.kick_follow_event (event_id, channel_id, occurred_at)
      SELECT f.id, f.channel, f.at FROM unnest(?::uuid[], ?::bigint[], ?::timestamptz[]) AS f(id, channel, at)
      ORDER BY f.id
      ON CONFLICT (event_id) DO NOTHING
      """;

  /**
   * Adds what was seen of Kick's channels; no statement where nothing was.
   *
   * @param ids {@code dm.streamer_channel.id} of each channel that was seen
   */
  void write(Connection tx, Collection<Sighting> seen, Map<ChannelKey, Long> ids)
      throws SQLException {
    List<Sighting> follows =
        seen.stream()
            .filter(s -> s.followedAt() != null && s.channel().platform().equals(PLATFORM))
            .toList();
    if (follows.isEmpty()) {
      return;
    }
    try (PreparedStatement insert = tx.prepareStatement(ADD)) {
      insert.setArray(1, Columns.of(tx, "uuid", follows, s -> s.revision().event()));
      insert.setArray(2, Columns.of(tx, "bigint", follows, s -> ids.get(s.channel())));
      insert.setArray(3, ChannelColumns.times(tx, follows, Sighting::followedAt));
      insert.executeUpdate();
    }
  }
}
