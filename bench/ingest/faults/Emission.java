package ingest.faults;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Events that are emitted by one request, which is repeated until it is acknowledged. */
final class Emission {
  /** One request; {@code outcome} is what came of it. */
  record Try(Instant at, String instance, String outcome) {}

  private final List<UUID> events;
  private final int alone;
  private final List<Try> tries = new ArrayList<>();
  private @Nullable Instant acknowledged;

  /** The first {@code alone} of the events have a subject that no other event has. */
  Emission(List<UUID> events, int alone) {
    this.events = events;
    this.alone = alone;
  }

  List<UUID> events() {
    return events;
  }

  /** Whether an event of it, by its place, is the only one of its subject. */
  boolean alone(int place) {
    return place < alone;
  }

  synchronized void tried(Try tried, boolean accepted) {
    tries.add(tried);
    if (accepted) {
      acknowledged = Instant.now();
    }
  }

  synchronized boolean acknowledged() {
    return acknowledged != null;
  }

  synchronized List<Try> tries() {
    return List.copyOf(tries);
  }
}
