package ingest.balance;

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
 * What the looks have found, asked of the database at most once a minute: every instance tells the
 * same, whichever of them looked. All are there from the start.
 */
public final class BalanceMetrics {
  static final Duration FRESH = Duration.ofMinutes(1);

  private static final String READ =
      """
      SELECT 'events ' || target || ' ' || kind AS what, sum(events) AS value
      FROM ingest.balance_mismatch WHERE repair <> 'none' GROUP BY target, kind
      UNION ALL
      SELECT 'beyond ' || target, sum(events) FROM ingest.balance_mismatch
      WHERE repair = 'none' AND told_at IS NULL GROUP BY target
      UNION ALL
      SELECT 'unasked ' || target, extract(epoch FROM ingest.now() - unasked_since) FROM ingest.balance_store WHERE NOT silent
      UNION ALL
      SELECT 'looked', extract(epoch FROM ingest.now() - coalesce((SELECT max(looked_at) FROM ingest.balance_hour),
                                                                 (SELECT min(takes_since) FROM ingest.target)))
      """;

  private final DmDatabase dm;
  private final Lately<Map<String, Double>> lately;

  /**
   * Registers all of them.
   *
   * @param targets the names of those that are configured
   */
  public BalanceMetrics(MeterRegistry registry, DmDatabase dm, List<String> targets) {
    this(registry, dm, targets, System::nanoTime);
  }

  BalanceMetrics(MeterRegistry registry, DmDatabase dm, List<String> targets, LongSupplier nanos) {
    this.dm = dm;
    this.lately = new Lately<>(FRESH, nanos, this::read);
    List<String> all = new ArrayList<>(targets);
    all.add(Reconciliation.OUTBOX);
    for (String target : all) {
      for (Kind kind : Kind.values()) {
        Gauge.builder(
                "ingest.balance.mismatched.events",
                () -> read("events " + target + " " + kind.word()))
            .description(
                "Events for which a target and the outbox do not agree, and that mend puts right")
            .tag("target", target)
            .tag("kind", kind.word())
            .register(registry);
      }
      Gauge.builder("ingest.balance.beyond.repair.events", () -> read("beyond " + target))
          .description("Those that nobody has what it would take for, until a mend has told them")
          .tag("target", target)
          .register(registry);
      Gauge.builder("ingest.balance.unasked.seconds", () -> read("unasked " + target))
          .description("Since when a store cannot be asked what it has; 0 when it can")
          .tag("target", target)
          .register(registry);
    }
    Gauge.builder("ingest.balance.looked.seconds", () -> read("looked"))
        .description("Since when no look at any hour has come to its end")
        .register(registry);
  }

  /** NaN while the database cannot say. */
  private double read(String what) {
    return lately.number(last -> last.getOrDefault(what, 0.0));
  }

  private Map<String, Double> read() throws SQLException {
    Map<String, Double> values = new HashMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(READ);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        values.put(rows.getString("what"), rows.getDouble("value"));
      }
    }
    return values;
  }
}
