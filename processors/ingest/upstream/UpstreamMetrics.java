package ingest.upstream;

import ingest.store.Lately;
import ingest.upstream.NotPermitted.Reason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Calls of this process, and how all instances stand with each upstream, read from the database at
 * most every few seconds.
 */
public final class UpstreamMetrics {
  private static final Duration FRESH = Duration.ofSeconds(5);

  private final MeterRegistry registry;

  public UpstreamMetrics(MeterRegistry registry, Map<String, Limits> limits) {
    this.registry = registry;
    for (String upstream : limits.keySet()) {
      wait(upstream);
      for (Reason reason : Reason.values()) {
        refusals(upstream, reason);
      }
    }
  }

  /** Registers what the database knows. */
  public void watch(Permits permits, Map<String, Limits> limits) {
    Lately<Map<String, Standing>> lately = new Lately<>(FRESH, () -> standings(permits));
    limits.forEach(
        (upstream, allowed) -> {
          gauge(
              lately,
              upstream,
              "paused.seconds",
              "For how long nobody calls it, as it asked for or its limit says",
              s -> left(s.pausedUntil()));
          gauge(
              lately,
              upstream,
              "breaker.seconds",
              "For how long nobody calls it, because its calls failed",
              s -> left(s.openUntil()));
          gauge(
              lately,
              upstream,
              "remaining",
              "Calls or credits that are left, as it said last",
              s -> orNaN(s.remaining()));
          gauge(
              lately,
              upstream,
              "limit",
              "Calls that it allows, as it said last",
              s -> orNaN(s.limit()));
          gauge(
              lately,
              upstream,
              "calls.today",
              "Calls of all instances, this day in UTC",
              Standing::calls);
          gauge(
              lately,
              upstream,
              "credits.today",
              "Credits reckoned or spent by all instances, this day in UTC",
              Standing::credits);
          setting(
              upstream,
              "calls.budget",
              "Calls a minute of all instances; 0: no limit",
              allowed.callsPerMinute());
          setting(
              upstream,
              "credits.budget",
              "Credits a day of all instances; 0: its calls cost nothing",
              allowed.creditsPerDay());
        });
  }

  private void setting(String upstream, String name, String description, int value) {
    Gauge.builder("ingest.upstream." + name, () -> value)
        .description(description)
        .tag("upstream", upstream)
        .register(registry);
  }

  private void gauge(
      Lately<Map<String, Standing>> lately,
      String upstream,
      String name,
      String description,
      ToDoubleFunction<Standing> value) {
    Gauge.builder("ingest.upstream." + name, () -> lately.number(all -> read(all, upstream, value)))
        .description(description)
        .tag("upstream", upstream)
        .register(registry);
  }

  private static Map<String, Standing> standings(Permits permits) throws SQLException {
    return permits.standings().stream()
        .collect(Collectors.toMap(Standing::upstream, Function.identity()));
  }

  /** NaN while the database cannot say; 0 of what it has no row for yet. */
  private static double read(
      Map<String, Standing> all, String upstream, ToDoubleFunction<Standing> value) {
    Standing standing = all.get(upstream);
    return standing == null ? 0 : value.applyAsDouble(standing);
  }

  private static double left(@Nullable Instant until) {
    return until == null
        ? 0
        : Math.max(0, Duration.between(Instant.now(), until).toMillis() / 1000.0);
  }

  private static double orNaN(@Nullable Number number) {
    return number == null ? Double.NaN : number.doubleValue();
  }

  void permitted(String upstream, long nanos) {
    wait(upstream).record(Duration.ofNanos(nanos));
  }

  void refused(String upstream, Reason reason) {
    refusals(upstream, reason).increment();
  }

  private Timer wait(String upstream) {
    return Timer.builder("ingest.upstream.calls")
        .description("Calls that were permitted, and how long each waited for its turn")
        .tag("upstream", upstream)
        .register(registry);
  }

  private Counter refusals(String upstream, Reason reason) {
    return Counter.builder("ingest.upstream.refused")
        .description("Calls that were not permitted, by reason")
        .tag("upstream", upstream)
        .tag("reason", reason.word())
        .register(registry);
  }
}
