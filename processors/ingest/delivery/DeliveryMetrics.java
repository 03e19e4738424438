package ingest.delivery;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What is sent and settled, per target; every series is there from the start. */
public final class DeliveryMetrics {
  private static final List<String> OUTCOMES = List.of("settled", "failed", "parked", "broken");

  private final Map<String, Counter> events = new HashMap<>();
  private final Map<String, Timer> requests = new HashMap<>();
  private final Map<String, Counter> late = new HashMap<>();
  private final Map<String, Counter> lost = new HashMap<>();

  public DeliveryMetrics(MeterRegistry registry, List<Target> targets) {
    for (Target target : targets) {
      for (String outcome : OUTCOMES) {
        events.put(
            target.name() + outcome,
            Counter.builder("ingest.delivery.events")
                .description("Events by what became of them in an attempt")
                .tag("target", target.name())
                .tag("outcome", outcome)
                .register(registry));
        requests.put(
            target.name() + outcome,
            Timer.builder("ingest.delivery.requests")
                .description("Requests to a target, or inserts")
                .tag("target", target.name())
                .tag("outcome", outcome)
                .register(registry));
      }
      late.put(
          target.name(),
          Counter.builder("ingest.delivery.late")
              .description("Chunks and items whose lease had run out when they were settled")
              .tag("target", target.name())
              .register(registry));
      lost.put(
          target.name(),
          Counter.builder("ingest.delivery.lost")
              .description("Chunks and items that were sent again because their worker was lost")
              .tag("target", target.name())
              .register(registry));
    }
  }

  /** Registers each lane's breaker; called once, when the lanes are there. */
  public void watch(MeterRegistry registry, Lanes lanes) {
    for (Lane lane : lanes.all()) {
      Gauge.builder("ingest.delivery.breaker.open", lane, l -> l.doubtful() ? 1 : 0)
          .description("1 while the target counts as broken")
          .tag("target", lane.target().name())
          .register(registry);
    }
  }

  void attempt(String target, int size, Outcome whole, long nanos) {
    String outcome = name(whole);
    Timer timer = requests.get(target + outcome);
    if (timer != null) {
      timer.record(nanos, TimeUnit.NANOSECONDS);
    }
    if (whole instanceof Outcome.TargetBroken) {
      count(target + outcome, size);
    }
  }

  void settled(Batch batch, int lateOnes) {
    String target = batch.target().name();
    batch
        .events()
        .forEach(
            e -> {
              Outcome outcome = batch.outcome(e.id);
              if (outcome != null) {
                count(target + name(outcome), 1);
              }
            });
    increment(late.get(target), lateOnes);
    increment(lost.get(target), batch.afterLoss());
  }

  private void count(String key, int number) {
    increment(events.get(key), number);
  }

  private static void increment(@Nullable Counter counter, double number) {
    if (counter != null) {
      counter.increment(number);
    }
  }

  private static String name(Outcome outcome) {
    if (outcome instanceof Outcome.Settled) {
      return "settled";
    }
    if (outcome instanceof Outcome.Failed) {
      return "failed";
    }
    return outcome instanceof Outcome.Parked ? "parked" : "broken";
  }
}
