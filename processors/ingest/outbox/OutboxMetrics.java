package ingest.outbox;

import ingest.envelope.EventTypes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** What was committed, by type; every type of the allow-list has its counters from the start. */
public final class OutboxMetrics {
  private final Map<String, Counter> accepted = new ConcurrentHashMap<>();
  private final Map<String, Counter> duplicates = new ConcurrentHashMap<>();
  private final MeterRegistry registry;

  public OutboxMetrics(MeterRegistry registry, EventTypes types) {
    this.registry = registry;
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

  void committed(Stream<Derived> events, Set<UUID> fresh) {
    events
        .map(Derived::envelope)
        .map(e -> (fresh.contains(e.id()) ? accepted : duplicates).get(e.type()))
        .filter(Objects::nonNull)
        .forEach(Counter::increment);
  }
}
