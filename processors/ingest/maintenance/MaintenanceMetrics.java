package ingest.maintenance;

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

  /** Past retention for a day and more, and nobody has said why they stay. */
  private static final String OVERDUE =
      """
      SELECT count(*)
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
           LATERAL (SELECT to_date(substring(c.relname FROM '_([0-9]{8})$'), 'YYYYMMDD') AS d) day
      WHERE i.inhparent = 'ingest.ingest_outbox'::regclass
        AND d + 1 < ((ingest.now() - make_interval(secs => ?)) AT TIME ZONE 'UTC')::date
        AND NOT EXISTS (SELECT FROM ingest.old_day o WHERE o.day = d AND o.reason IS NOT NULL)
      """;

  private final DmDatabase dm;
  private final Duration retention;
  private final Lately<Days> lately;
  private final Counter dropped;
  private final Map<String, Counter> abandoned;

  /** Days past retention. */
  private record Days(Map<OldDays.Reason, Double> held, double overdue) {}

  /**
   * Registers all of them.
   *
   * @param targets the names of those that are configured
   * @param retention of the outbox
   */
  public MaintenanceMetrics(
      MeterRegistry registry, DmDatabase dm, List<String> targets, Duration retention) {
    this(registry, dm, targets, retention, System::nanoTime);
  }

  MaintenanceMetrics(
      MeterRegistry registry,
      DmDatabase dm,
      List<String> targets,
      Duration retention,
      LongSupplier nanos) {
    this.dm = dm;
    this.retention = retention;
    this.lately = new Lately<>(FRESH, nanos, this::days);
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
      Gauge.builder(
              "ingest.outbox.days.held",
              () -> lately.number(days -> days.held.getOrDefault(reason, 0.0)))
          .description("Outbox days past retention that stay, by reason")
          .tag("reason", reason.word())
          .register(registry);
    }
    Gauge.builder("ingest.outbox.days.overdue", () -> lately.number(Days::overdue))
        .description("Outbox days past retention that nobody has looked at for a day")
        .register(registry);
  }

  void dayDropped() {
    dropped.increment();
  }

  /** A target that is no longer configured has no counter; the log has it. */
  void abandoned(String target, long events) {
    Counter counter = abandoned.get(target);
    if (counter != null) {
      counter.increment((double) events);
    }
  }

  private Days days() throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement heldDays = connection.prepareStatement(HELD);
        PreparedStatement overdueDays = connection.prepareStatement(OVERDUE)) {
      overdueDays.setLong(1, retention.toSeconds());
      try (ResultSet rows = heldDays.executeQuery();
          ResultSet row = overdueDays.executeQuery()) {
        Map<OldDays.Reason, Double> held = new EnumMap<>(OldDays.Reason.class);
        while (rows.next()) {
          held.put(OldDays.Reason.of(rows.getString(1)), rows.getDouble(2));
        }
        row.next();
        return new Days(held, row.getDouble(1));
      }
    }
  }
}
