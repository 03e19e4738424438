package ingest.channel;

import ingest.store.DmDatabase;
import ingest.store.Lately;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How many channels stream, per platform, asked of the database at most every few seconds, also
 * while it does not answer. Each instance tells the same.
 */
public final class LiveChannels {
  static final Duration FRESH = Duration.ofSeconds(15);

  /** Streams that are open: a channel has one at most. As many rows of a partial index. */
  private static final String OPEN =
      """
      SELECT c.platform, count(*) AS channels
      FROM dm.stream_session s JOIN dm.streamer_channel c ON c.id = s.channel_id
      WHERE s.ended_at IS NULL GROUP BY c.platform
      """;

  private final DmDatabase dm;
  private final Lately<Map<String, Double>> lately;

  /** {@code platforms}: those whose streams somebody tells of. */
  public LiveChannels(MeterRegistry registry, DmDatabase dm, List<String> platforms) {
    this(registry, dm, platforms, System::nanoTime);
  }

  LiveChannels(MeterRegistry registry, DmDatabase dm, List<String> platforms, LongSupplier nanos) {
    this.dm = dm;
    this.lately = new Lately<>(FRESH, nanos, this::open);
    for (String platform : platforms) {
      Gauge.builder("ingest.channels.live", () -> read(platform))
          .description("Channels that stream")
          .tag("platform", platform)
          .register(registry);
    }
  }

  /** NaN while the database cannot say. */
  private double read(String platform) {
    return lately.number(last -> last.getOrDefault(platform, 0.0));
  }

  private Map<String, Double> open() throws SQLException {
    Map<String, Double> channels = new HashMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(OPEN);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        channels.put(rows.getString("platform"), rows.getDouble("channels"));
      }
    }
    return channels;
  }
}
