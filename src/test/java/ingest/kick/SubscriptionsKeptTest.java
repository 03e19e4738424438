package ingest.kick;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ingest.poll.ChannelPage;
import ingest.poll.DueChannel;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a look at a channel leaves in {@code dm}, and what is counted from it. */
final class SubscriptionsKeptTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private static final Instant NOW = Instant.parse("2026-11-01T10:00:00Z");
  private static final UUID TOKEN = UUID.randomUUID();
  private static final SubscriptionRules RULES =
      new SubscriptionRules(List.of("a", "b"), 100, 10, Duration.ofMinutes(20));

  private long channel;

  @BeforeEach
  void claimed() throws SQLException {
    execute(
        """
        INSERT INTO dm.streamer_channel (external_id, platform, platform_user_id, first_seen_at)
        VALUES (repeat('0', 26), 'kick', '7', now() - interval '1 hour');
        INSERT INTO dm.channel_poll (poller, channel_id, next_at, token)
        SELECT 'kick-subscriptions', id, now(), '%s' FROM dm.streamer_channel"""
            .formatted(TOKEN));
    channel = Long.parseLong(rows("SELECT id FROM dm.streamer_channel").get(0));
  }

  private ChannelPage page(UUID token) {
    return new ChannelPage(
        "kick-subscriptions",
        token,
        Duration.ofHours(1),
        List.of(new DueChannel(channel, "0".repeat(26), "kick", "7", null, NOW, NOW)));
  }

  private static Reconciliation.Listed listed(String id, String event) {
    return new Reconciliation.Listed(id, event, "1", NOW.minusSeconds(60));
  }

  private void write(UUID token, Reconciliation came) throws SQLException {
    STORES.dm().transaction(tx -> new SubscriptionsKept(page(token), came).write(tx, Set.of()));
  }

  private static List<String> known() throws SQLException {
    return rows(
        "SELECT subscription_id || ' ' || event || ' ' || status FROM dm.event_subscription ORDER BY 1");
  }

  @Test
  void what_is_listed_is_active_and_what_is_no_more_is_gone() throws SQLException {
    write(TOKEN, look(List.of(), listed("1", "a"), listed("2", "b")));
    assertEquals(List.of("1 a active", "2 b active"), known());
    write(TOKEN, look(List.of(), listed("2", "b")));
    assertEquals(List.of("1 a gone", "2 b active"), known());
    write(TOKEN, look(List.of(), listed("1", "a")));
    assertEquals(List.of("1 a active", "2 b gone"), known());
  }

  private static Reconciliation look(
      List<Reconciliation.Known> known, Reconciliation.Listed... listed) {
    return new Reconciliation(true, known, List.of(listed), RULES, NOW);
  }

  @Test
  void who_lost_the_claim_writes_nothing() throws SQLException {
    write(UUID.randomUUID(), look(List.of(), listed("1", "a")));
    assertEquals(List.of(), known());
  }

  @Test
  void what_is_long_gone_is_deleted() throws SQLException {
    execute(
        """
        INSERT INTO dm.event_subscription (channel_id, subscription_id, event, version, status, created_at, seen_at)
        SELECT %d, n::text, 'a', '1', 'gone', '2026-01-01', timestamptz '2026-11-01 10:00Z' - make_interval(days => n)
        FROM unnest(ARRAY[29, 31]) n"""
            .formatted(channel));
    write(TOKEN, look(List.of()));
    assertEquals(List.of("29 a gone"), known());
  }

  @Test
  void a_refusal_keeps_since_when_and_ends_when_nothing_is_refused() throws SQLException {
    Reconciliation refused = look(List.of(), listed("1", "a"));
    refused.room(Map.of("b", 100L), RULES);
    write(TOKEN, refused);
    String all = "SELECT event || ': ' || reason FROM dm.event_subscription_refusal";
    assertEquals(List.of("b: 100 of 100 are used"), rows(all));
    write(TOKEN, look(List.of(), listed("1", "a"), listed("2", "b")));
    assertEquals(List.of(), rows(all));
  }

  @Test
  void missing_is_what_is_neither_held_nor_refused_nor_new() throws SQLException {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    AtomicLong nanos = new AtomicLong();
    SubscriptionCounts unused = new SubscriptionCounts(meters, STORES.dm(), RULES, nanos::get);
    assertEquals(1, gauge(meters, "missing", "a"));
    Reconciliation came = look(List.of(), listed("1", "a"));
    came.room(Map.of("b", 100L), RULES);
    write(TOKEN, came);
    assertEquals(1, gauge(meters, "missing", "a"), "not asked again yet");
    nanos.addAndGet(SubscriptionCounts.FRESH.toNanos());
    assertEquals(0, gauge(meters, "missing", "a"));
    assertEquals(1, gauge(meters, "used", "a"));
    assertEquals(0, gauge(meters, "missing", "b"));
    assertEquals(1, gauge(meters, "refused", "b"));
    execute("UPDATE dm.streamer_channel SET first_seen_at = now()");
    execute("DELETE FROM dm.event_subscription");
    nanos.addAndGet(SubscriptionCounts.FRESH.toNanos());
    assertEquals(0, gauge(meters, "missing", "a"));
  }

  private static double gauge(SimpleMeterRegistry meters, String what, String event) {
    return meters.get("ingest.subscriptions." + what).tag("event", event).gauge().value();
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = STORES.dm().connection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static List<String> rows(String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = STORES.dm().connection();
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(query)) {
      while (found.next()) {
        rows.add(found.getString(1));
      }
    }
    return rows;
  }
}
