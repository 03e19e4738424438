package ingest.outbox;

import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What was committed, by type; every type of the allow-list has its counters from the start. */
public final class OutboxMetrics {
  private final Map<String, Counter> accepted = new ConcurrentHashMap<>();
  private final Map<String, Counter> duplicates = new ConcurrentHashMap<>();
  private final MeterRegistry registry;
  private final DistributionSummary shared;
  private final Counter refused;

  public OutboxMetrics(MeterRegistry registry, EventTypes types) {
    this.registry = registry;
    this.shared =
        DistributionSummary.builder("ingest.outbox.commit.intakes")
            .description("Intakes that shared a commit")
            .register(registry);
    this.refused =
        Counter.builder("ingest.outbox.refused")
            .description("Intakes that were refused because too many waited for a commit")
            .register(registry);
    register(types);
  }

  /** Adds the counters of types that came while it runs; a counter never goes back or away. */
  public void register(EventTypes types) {
    types
        .all()
        .forEach(
            t -> {
              accepted.put(
                  t.type(),
                  Counter.builder("ingest.outbox.events")
                      .description("Events committed to the outbox")
                      .tag("source", t.source())
                      .tag("type", t.type())
                      .register(registry));
              duplicates.put(
                  t.type(),
                  Counter.builder("ingest.outbox.duplicates")
                      .description("Events that were in the outbox already")
                      .tag("source", t.source())
                      .tag("type", t.type())
                      .register(registry));
            });
  }

  void event(Envelope event, boolean fresh) {
    Counter counter = (fresh ? accepted : duplicates).get(event.type());
    if (counter != null) {
      counter.increment();
    }
  }

  /** One transaction, of so many intakes. */
  void commit(int intakes) {
    shared.record(intakes);
  }

  void refused() {
    refused.increment();
  }

  /** What waits for a commit. */
  void watch(Supplier<Number> waiting) {
    Gauge.builder("ingest.outbox.waiting", waiting)
        .description("Intakes that wait for a commit with others")
        .register(registry);
  }
}
