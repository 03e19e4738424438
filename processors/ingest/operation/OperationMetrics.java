package ingest.operation;

import ingest.store.DmDatabase;
import ingest.store.Lately;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How operations fare, by kind. Each instance tells the same of the table, which is asked at most
 * every ten seconds.
 */
public final class OperationMetrics {
  private static final String OPEN = "open";
  private static final String FAILED = "failed";
  private static final String STALLED = "stalled.seconds";
  private static final Duration FRESH = Duration.ofSeconds(10);

  /** The first index finds what is open, the second what is a day old. */
  private static final String READ =
      """
      SELECT kind, count(*) FILTER (WHERE ended_at IS NULL) AS open,
             count(*) FILTER (WHERE state = 'failed') AS failed,
             coalesce(extract(epoch FROM ingest.now() - min(coalesce(progressed_at, created_at))
                 FILTER (WHERE ended_at IS NULL)), 0) AS stalled
      FROM ingest.operation
      WHERE state IN ('waiting', 'running') OR created_at > ingest.now() - interval '1 day'
      GROUP BY kind
      """;

  private final DmDatabase dm;
  private final Map<String, Counter> items = new HashMap<>();
  private final Lately<Map<String, Double>> lately;

  /** Registers what is told of each kind. */
  public OperationMetrics(MeterRegistry registry, DmDatabase dm) {
    this.dm = dm;
    this.lately = new Lately<>(FRESH, this::counted);
    for (String kind : Operation.KINDS) {
      gauge(registry, OPEN, kind, "Operations that wait or are at work");
      gauge(registry, FAILED, kind, "Operations begun within a day that failed");
      gauge(registry, STALLED, kind, "Since when the worst open operation made no progress");
      items.put(
          kind,
          Counter.builder("ingest.operation.items")
              .description("What operations have worked through in this process")
              .tag("kind", kind)
              .register(registry));
    }
  }

  private void gauge(MeterRegistry registry, String what, String kind, String description) {
    Gauge.builder("ingest.operations." + what, () -> read(kind + " " + what))
        .description(description)
        .tag("kind", kind)
        .register(registry);
  }

  void done(String kind, long more) {
    Counter counter = items.get(kind);
    if (counter != null) {
      counter.increment((double) more);
    }
  }

  /** NaN while the database cannot say. */
  private double read(String what) {
    return lately.number(last -> last.getOrDefault(what, 0.0));
  }

  private Map<String, Double> counted() throws SQLException {
    Map<String, Double> counted = new HashMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(READ);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        String kind = rows.getString("kind");
        counted.put(kind + " " + OPEN, rows.getDouble("open"));
        counted.put(kind + " " + FAILED, rows.getDouble("failed"));
        counted.put(kind + " " + STALLED, rows.getDouble("stalled"));
      }
    }
    return counted;
  }
}
