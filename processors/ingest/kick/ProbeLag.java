package ingest.kick;

import ingest.poll.Lag;
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
import java.util.List;
import java.util.function.LongSupplier;

/**
 * How far {@code kick-viewers} is behind its schedule, by class of channel: what the budget of
 * calls does not suffice for. The meters ask the database at most every few seconds, also while it
 * does not answer; each instance tells the same.
 */
public final class ProbeLag implements Lag {
  static final Duration FRESH = Duration.ofSeconds(5);

  /** As {@code dm.probe_schedule.class} numbers them, from 0 on. */
  static final List<String> CLASSES = List.of("verified-live", "live", "offline", "never-live");

  /** The channels that are due, from an index that has them together. */
  private static final String DUE =
      """
      SELECT s.due, coalesce(greatest(0, extract(epoch FROM ingest.now() - s.longest)), 0)::float8 AS seconds
      FROM generate_series(0, 3) AS k (class)
      CROSS JOIN LATERAL (
          SELECT count(*) AS due, min(next_probe_at) AS longest FROM dm.probe_schedule
          WHERE class = k.class AND next_probe_at <= ingest.now()
      ) s
      ORDER BY k.class
      """;

  private final DmDatabase dm;
  private final Lately<List<Behind>> lately;

  public ProbeLag(MeterRegistry registry, DmDatabase dm) {
    this(registry, dm, System::nanoTime);
  }

  ProbeLag(MeterRegistry registry, DmDatabase dm, LongSupplier nanos) {
    this.dm = dm;
    this.lately = new Lately<>(FRESH, nanos, this::behind);
    for (int number = 0; number < CLASSES.size(); number++) {
      int of = number;
      Gauge.builder("ingest.probe.lag.seconds", () -> lately.number(all -> all.get(of).seconds()))
          .description("For how long the longest due channel of kick-viewers is due")
          .tag("class", CLASSES.get(of))
          .register(registry);
      Gauge.builder("ingest.probe.due", () -> lately.number(all -> all.get(of).due()))
          .description("Channels of kick-viewers whose time has come")
          .tag("class", CLASSES.get(of))
          .register(registry);
    }
  }

  @Override
  public String poller() {
    return "kick-viewers";
  }

  @Override
  public List<Behind> behind() throws SQLException {
    List<Behind> behind = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(DUE);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        behind.add(
            new Behind(CLASSES.get(behind.size()), rows.getLong("due"), rows.getDouble("seconds")));
      }
    }
    return behind;
  }
}
