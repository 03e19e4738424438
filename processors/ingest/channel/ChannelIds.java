package ingest.channel;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code external_id} by channel, read once for each and kept: it never changes. Of a channel that
 * is not in the database it is the one that it will get, which is not kept: a row is known when a
 * query found it, so after the commit that made it and never because of one that came to nothing.
 * Thread-safe, bounded.
 */
final class ChannelIds {
  private static final String QUERY =
      """
      SELECT c.platform, c.platform_user_id, c.external_id
      FROM unnest(?::text[], ?::text[]) AS k(platform, platform_user_id)
      JOIN dm.streamer_channel c USING (platform, platform_user_id)
      """;

  private final DmDatabase dm;
  private final Recent<ChannelKey, String> known = new Recent<>(this::read);

  ChannelIds(DmDatabase dm) {
    this.dm = dm;
  }

  Map<ChannelKey, String> of(Collection<ChannelKey> channels) throws SQLException {
    Map<ChannelKey, String> ids = known.of(channels);
    channels.forEach(c -> ids.putIfAbsent(c, c.externalId()));
    return ids;
  }

  /** Whether the channel is in the database for certain: its row was read here, not long ago. */
  boolean knows(ChannelKey channel) {
    return known.knows(channel);
  }

  private Map<ChannelKey, String> read(List<ChannelKey> channels) throws SQLException {
    Map<ChannelKey, String> ids = new HashMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(QUERY)) {
      ChannelColumns.keys(connection, query, channels);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          ids.put(ChannelColumns.key(rows), rows.getString("external_id"));
        }
      }
    }
    return ids;
  }
}
