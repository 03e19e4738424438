package ingest.letter;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What operators did with what was given up, by target. All are there from the start. */
public final class LetterMetrics {
  private final Map<String, Counter> requeued = new HashMap<>();
  private final Map<String, Counter> abandoned = new HashMap<>();

  /** Registers them for the targets that are configured. */
  public LetterMetrics(MeterRegistry registry, List<String> targets) {
    for (String target : targets) {
      requeued.put(
          target,
          Counter.builder("ingest.letters.requeued")
              .description("Dead events that an operator had tried once more")
              .tag("target", target)
              .register(registry));
      abandoned.put(
          target,
          Counter.builder("ingest.letters.abandoned")
              .description("Events that an operator abandoned, dead or waiting")
              .tag("target", target)
              .register(registry));
    }
  }

  void requeued(Map<String, Long> events) {
    count(requeued, events);
  }

  void abandoned(Map<String, Long> events) {
    count(abandoned, events);
  }

  /** A target that is no longer configured has no counter; the operation has it. */
  private static void count(Map<String, Counter> counters, Map<String, Long> events) {
    events.forEach(
        (target, number) -> {
          Counter counter = counters.get(target);
          if (counter != null) {
            counter.increment((double) number);
          }
        });
  }
}
