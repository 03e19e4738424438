package ingest.consumer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What became of the events that were delivered here; every result has its counter from the start.
 */
public final class ConsumerMetrics {
  private final Map<String, Counter> results = new HashMap<>();

  public ConsumerMetrics(MeterRegistry registry) {
    for (String result : List.of("applied", "duplicate", "ignored", "unknown", "failed")) {
      results.put(
          result,
          Counter.builder("ingest.consume.events")
              .description("Delivered events by the consumer's result")
              .tag("result", result)
              .register(registry));
    }
  }

  void count(Result result) {
    Counter counter = results.get(name(result));
    if (counter != null) {
      counter.increment();
    }
  }

  static String name(Result result) {
    if (result instanceof Result.Applied) {
      return "applied";
    }
    if (result instanceof Result.Duplicate) {
      return "duplicate";
    }
    if (result instanceof Result.Ignored) {
      return "ignored";
    }
    return result instanceof Result.Unknown ? "unknown" : "failed";
  }
}
