package ingest.maintenance;

import ingest.store.DmDatabase;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * What housekeeping did, and which outbox days are held back, asked of the database at most once a
 * minute: every instance tells the same, whichever of them looked. All are there from the start.
 */
public final class MaintenanceMetrics {
  static final Duration FRESH = Duration.ofMinutes(1);

  private static final String HELD =
      "SELECT reason, count(*) FROM ingest.old_day WHERE reason IS NOT NULL GROUP BY reason";

  private final DmDatabase dm;
  private final LongSupplier nanos;
  private final Counter dropped;
  private final Map<String, Counter> abandoned;
  private final Map<OldDays.Reason, Double> held = new EnumMap<>(OldDays.Reason.class);
  private boolean known;
  private long askedAt;

  /** {@code targets}: the names of those that are configured. */
  public MaintenanceMetrics(MeterRegistry registry, DmDatabase dm, List<String> targets) {
    this(registry, dm, targets, System::nanoTime);
  }

  MaintenanceMetrics(
      MeterRegistry registry, DmDatabase dm, List<String> targets, LongSupplier nanos) {
    this.dm = dm;
    this.nanos = nanos;
    this.askedAt = nanos.getAsLong() - FRESH.toNanos();
    dropped =
        Counter.builder("ingest.outbox.days.dropped")
            .description("Outbox days that were dropped after retention")
            .register(registry);
    abandoned =
        targets.stream()
            .collect(
                Collectors.toMap(
                    Function.identity(),
                    target ->
                        Counter.builder("ingest.delivery.too.old")
                            .description("Events that were abandoned because they were too old")
                            .tag("target", target)
                            .register(registry)));
    for (OldDays.Reason reason : OldDays.Reason.values()) {
      Gauge.builder("ingest.outbox.days.held", () -> held(reason))
          .description("Outbox days past retention that stay, by reason")
          .tag("reason", reason.word())
          .register(registry);
    }
  }

  void dayDropped() {
    dropped.increment();
  }

  /** A target that is no longer configured has no counter; the log has it. */
  void abandoned(String target, long events) {
    Counter counter = abandoned.get(target);
    if (counter != null) {
      counter.increment(events);
    }
  }

  /** NaN while the database cannot say. */
  private synchronized double held(OldDays.Reason reason) {
    long now = nanos.getAsLong();
    if (now - askedAt >= FRESH.toNanos()) {
      askedAt = now;
      known = ask();
    }
    return known ? held.getOrDefault(reason, 0.0) : Double.NaN;
  }

  private boolean ask() {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(HELD);
        ResultSet rows = query.executeQuery()) {
      held.clear();
      while (rows.next()) {
        held.put(OldDays.Reason.of(rows.getString(1)), rows.getDouble(2));
      }
      return true;
    } catch (SQLException e) {
      return false;
    }
  }
}
