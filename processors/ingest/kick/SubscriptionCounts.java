package ingest.kick;

import ingest.store.DmDatabase;
import ingest.store.Lately;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How many event subscriptions there are at Kick, how many there may be, and how many are missing;
 * asked of the database at most once a minute. Each instance tells the same.
 */
public final class SubscriptionCounts {
  static final Duration FRESH = Duration.ofMinutes(1);

  /** What is younger than this is on its way: a new channel, or what Kick has not listed yet. */
  private static final String ON_ITS_WAY = "30 minutes";

  private static final String HELD =
      """
      SELECT s.event, s.status, count(*) AS held
      FROM dm.event_subscription s JOIN dm.streamer_channel c ON c.id = s.channel_id
      WHERE c.platform = 'kick' GROUP BY s.event, s.status
      """;

  /** Of tracked channels: wanted, neither held nor refused. A refusal is counted by itself. */
  private static final String MISSING =
      """
      SELECT e.event, count(*) FILTER (WHERE r.channel_id IS NULL) AS missing, count(r.channel_id) AS refused
      FROM dm.streamer_channel c
      CROSS JOIN unnest(?::text[]) AS e(event)
      LEFT JOIN dm.event_subscription_refusal r ON r.channel_id = c.id AND r.event = e.event
      WHERE c.platform = 'kick' AND NOT c.is_banned AND c.first_seen_at < ingest.now() - interval '%1$s'
        AND NOT EXISTS (SELECT FROM dm.event_subscription s
                        WHERE s.channel_id = c.id AND s.event = e.event
                          AND (s.status = 'active'
                               OR s.status = 'requested' AND s.created_at > ingest.now() - interval '%1$s'))
      GROUP BY e.event
      """
          .formatted(ON_ITS_WAY);

  private final DmDatabase dm;
  private final SubscriptionRules rules;
  private final Lately<Map<String, Double>> lately;

  /** Registers the gauges. */
  public SubscriptionCounts(MeterRegistry registry, DmDatabase dm, SubscriptionRules rules) {
    this(registry, dm, rules, System::nanoTime);
  }

  SubscriptionCounts(
      MeterRegistry registry, DmDatabase dm, SubscriptionRules rules, LongSupplier nanos) {
    this.dm = dm;
    this.rules = rules;
    this.lately = new Lately<>(FRESH, nanos, this::counted);
    for (String event : rules.events()) {
      for (String status : List.of("requested", "active", "gone")) {
        Gauge.builder("ingest.subscriptions", () -> read(event + " " + status))
            .description("Event subscriptions that are known, by status")
            .tag("platform", "kick")
            .tag("event", event)
            .tag("status", status)
            .register(registry);
      }
      Gauge.builder("ingest.subscriptions.limit", () -> rules.limit(event))
          .description("Most event subscriptions that the platform holds for us")
          .tag("platform", "kick")
          .tag("event", event)
          .register(registry);
      Gauge.builder(
              "ingest.subscriptions.used",
              () -> read(event + " requested") + read(event + " active"))
          .description("Those of them that are used")
          .tag("platform", "kick")
          .tag("event", event)
          .register(registry);
      for (String why : List.of("missing", "refused")) {
        Gauge.builder("ingest.subscriptions." + why, () -> read(event + " " + why))
            .description("Event subscriptions that a channel is to have and has not, " + why)
            .tag("platform", "kick")
            .tag("event", event)
            .register(registry);
      }
    }
  }

  /** NaN while the database cannot say. */
  private double read(String what) {
    return lately.number(last -> last.getOrDefault(what, 0.0));
  }

  private Map<String, Double> counted() throws SQLException {
    Map<String, Double> counted = new HashMap<>();
    List<String> events = new ArrayList<>(rules.events());
    try (Connection connection = dm.connection();
        PreparedStatement held = connection.prepareStatement(HELD);
        PreparedStatement missing = connection.prepareStatement(MISSING)) {
      try (ResultSet rows = held.executeQuery()) {
        while (rows.next()) {
          counted.put(
              rows.getString("event") + " " + rows.getString("status"), rows.getDouble("held"));
        }
      }
      missing.setArray(1, connection.createArrayOf("text", events.toArray()));
      try (ResultSet rows = missing.executeQuery()) {
        while (rows.next()) {
          counted.put(rows.getString("event") + " missing", rows.getDouble("missing"));
          counted.put(rows.getString("event") + " refused", rows.getDouble("refused"));
        }
      }
    }
    return counted;
  }
}
