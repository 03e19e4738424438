package ingest.embedded;

import com.github.f4b6a3.ulid.UlidCreator;
import ingest.embedded.simulator.SimulatedChannel;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;

/** The simulated upstream's channels as rows of {@code dm}, so that the pollers have work. */
final class SimulatedChannels {
  /** Only a channel that is new gets a schedule: one that was taken off it stays off. */
  private static final String INSERT =
      """
      WITH added AS (
          INSERT INTO dm.streamer_channel (external_id, platform, platform_user_id, current_slug)
          SELECT external_id, 'kick', platform_user_id, slug
          FROM unnest(?, ?, ?) AS simulated (external_id, platform_user_id, slug)
          ON CONFLICT DO NOTHING
          RETURNING id
      )
      INSERT INTO dm.probe_schedule (channel_id, next_probe_at)
      SELECT id, now() FROM added
      ON CONFLICT DO NOTHING
      """;

  private SimulatedChannels() {}

  static void insert(DataSource dm, List<SimulatedChannel> channels) throws SQLException {
    try (Connection connection = dm.getConnection();
        PreparedStatement statement = connection.prepareStatement(INSERT)) {
      statement.setArray(1, text(connection, channels.stream().map(c -> ulid()).toList()));
      statement.setArray(
          2,
          text(
              connection,
              channels.stream().map(c -> Long.toString(c.broadcasterUserId())).toList()));
      statement.setArray(
          3, text(connection, channels.stream().map(SimulatedChannel::slug).toList()));
      statement.executeUpdate();
    }
  }

  private static String ulid() {
    return UlidCreator.getUlid().toString();
  }

  private static Array text(Connection connection, List<String> values) throws SQLException {
    return connection.createArrayOf("text", values.toArray());
  }
}
