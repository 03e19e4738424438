package ingest.delivery;

import ingest.store.Lately;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What waits and what is dead, per target, asked of the database at most every few seconds. */
public final class BacklogMetrics {
  private static final Duration FRESH = Duration.ofSeconds(5);

  private final Lately<Map<String, Counts.Deliveries>> lately;

  public BacklogMetrics(MeterRegistry registry, Counts counts, List<Target> targets) {
    this.lately = new Lately<>(FRESH, counts::deliveries);
    for (Target target : targets) {
      gauge(registry, "pending", "Events that wait", target, Counts.Deliveries::pending);
      gauge(registry, "dead", "Events that were given up", target, Counts.Deliveries::dead);
      gauge(
          registry,
          "oldest.pending.seconds",
          "Age of the oldest event that waits",
          target,
          Counts.Deliveries::oldestPendingSeconds);
    }
  }

  private void gauge(
      MeterRegistry registry,
      String name,
      String description,
      Target target,
      ToDoubleFunction<Counts.Deliveries> value) {
    Gauge.builder("ingest.delivery." + name, () -> read(target.name(), value))
        .description(description)
        .tag("target", target.name())
        .register(registry);
  }

  /** NaN while the database cannot say. */
  private double read(String target, ToDoubleFunction<Counts.Deliveries> value) {
    return lately.number(
        all -> {
          Counts.Deliveries count = all.get(target);
          return count == null ? Double.NaN : value.applyAsDouble(count);
        });
  }
}
