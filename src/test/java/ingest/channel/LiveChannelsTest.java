package ingest.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The number that an alert holds against the silence of a sender. */
final class LiveChannelsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  @Test
  void channels_with_an_open_stream_are_live_and_a_platform_without_any_is_zero()
      throws SQLException {
    execute(
        """
        INSERT INTO dm.streamer_channel (external_id, platform, platform_user_id)
        SELECT 'live' || lpad(n::text, 22, '0'), CASE WHEN n < 4 THEN 'kick' ELSE 'acme' END, 'live' || n
        FROM generate_series(1, 4) n;
        INSERT INTO dm.stream_session (channel_id, started_at, is_open, last_live_at)
        SELECT id, now(), platform_user_id <> 'live3', now()
        FROM dm.streamer_channel WHERE platform_user_id LIKE 'live%'
        """);
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE); // it wraps round, as System.nanoTime may
    LiveChannels unused =
        new LiveChannels(meters, STORES.dm(), List.of("kick", "pear"), nanos::get);
    assertEquals(2, live(meters, "kick"));
    assertEquals(0, live(meters, "pear"));
    execute("UPDATE dm.stream_session SET is_open = false");
    nanos.addAndGet(LiveChannels.FRESH.toNanos() - 1);
    assertEquals(2, live(meters, "kick"), "not asked again yet");
    nanos.incrementAndGet();
    assertEquals(0, live(meters, "kick"));
  }

  private static double live(SimpleMeterRegistry meters, String platform) {
    return meters.get("ingest.channels.live").tag("platform", platform).gauge().value();
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = STORES.dm().connection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
