package ingest.embedded;

import com.github.f4b6a3.ulid.UlidCreator;
import ingest.channel.ChannelKey;
import ingest.channel.ChannelMetrics;
import ingest.channel.Channels;
import ingest.channel.Sighting;
import ingest.embedded.simulator.SimulatedChannel;
import ingest.envelope.Envelope;
import ingest.store.Columns;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/** The simulated upstream's channels as rows of {@code dm}, so that the pollers have work. */
final class SimulatedChannels {
  private static final String KNOWN =
      "SELECT platform_user_id FROM dm.streamer_channel WHERE platform = 'kick' AND platform_user_id = ANY (?)";

  private static final String SCHEDULE =
      """
      INSERT INTO dm.probe_schedule (channel_id, next_probe_at)
      SELECT id, now() FROM unnest(?::bigint[]) AS added(id)
      ON CONFLICT DO NOTHING
      """;

  private SimulatedChannels() {}

  /**
   * Only a channel that is new gets a name and a schedule: one that was renamed or taken off the
   * schedule stays so.
   */
  static void insert(DataSource dm, List<SimulatedChannel> channels) throws SQLException {
    try (Connection tx = dm.getConnection()) {
      tx.setAutoCommit(false);
      Set<String> known = known(tx, channels);
      List<Sighting> unknown =
          channels.stream()
              .filter(c -> !known.contains(Long.toString(c.broadcasterUserId())))
              .map(SimulatedChannels::sighting)
              .toList();
      Collection<Long> added =
          new Channels(new ChannelMetrics(new CompositeMeterRegistry()))
              .upsert(tx, unknown)
              .ids()
              .values();
      try (PreparedStatement schedule = tx.prepareStatement(SCHEDULE)) {
        schedule.setArray(1, Columns.of(tx, "bigint", added, id -> id));
        schedule.executeUpdate();
      }
      tx.commit();
    }
  }

  private static Set<String> known(Connection tx, List<SimulatedChannel> channels)
      throws SQLException {
    Set<String> known = new HashSet<>();
    try (PreparedStatement query = tx.prepareStatement(KNOWN)) {
      query.setArray(
          1, Columns.of(tx, "text", channels, c -> Long.toString(c.broadcasterUserId())));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          known.add(rows.getString(1));
        }
      }
    }
    return known;
  }

  private static Sighting sighting(SimulatedChannel channel) {
    return Sighting.named(
        new ChannelKey("kick", Long.toString(channel.broadcasterUserId())),
        channel.slug(),
        Instant.now(),
        UlidCreator.getUlid().toUuid(),
        Envelope.newTraceparent());
  }
}
