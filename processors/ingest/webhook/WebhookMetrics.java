package ingest.webhook;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What became of the calls of third parties; every sender has all of its counters from the start.
 */
public final class WebhookMetrics {
  /** What a call was answered with. */
  public enum Answer {
    /** 2xx: it brought something new. */
    ACCEPTED,
    /** 2xx: all of it was known. */
    DUPLICATE,
    /** 2xx: genuine, kept, and of no type that is registered. */
    UNMAPPED,
    /** 400: genuine, kept, and not what its sender documents. */
    UNPARSEABLE,
    /** 401: not genuine, or not shown to be. */
    REJECTED,
    /** 503: not committed; the sender may try again. */
    UNAVAILABLE
  }

  private final Map<String, AtomicInteger> on = new TreeMap<>();
  private final Map<String, Map<Answer, Counter>> calls = new TreeMap<>();
  private final Map<String, Timer> times = new TreeMap<>();
  private final MeterRegistry registry;

  public WebhookMetrics(MeterRegistry registry, Collection<String> sources) {
    this.registry = registry;
    for (String source : sources) {
      Map<Answer, Counter> answers = new EnumMap<>(Answer.class);
      for (Answer answer : Answer.values()) {
        answers.put(
            answer,
            Counter.builder("ingest.webhooks.calls")
                .description("Calls of third parties, by what they were answered")
                .tag("source", source)
                .tag("answer", answer.name().toLowerCase(Locale.ROOT))
                .register(registry));
      }
      calls.put(source, answers);
      AtomicInteger known = new AtomicInteger();
      on.put(source, known);
      Gauge.builder("ingest.webhooks.on", known, AtomicInteger::get)
          .description("1 where calls of the sender can be verified here")
          .tag("source", source)
          .register(registry);
      times.put(
          source,
          Timer.builder("ingest.webhooks.accept")
              .description("From a call's arrival to its commit")
              .tag("source", source)
              .serviceLevelObjectives(
                  Duration.ofMillis(5),
                  Duration.ofMillis(25),
                  Duration.ofMillis(100),
                  Duration.ofMillis(500),
                  Duration.ofSeconds(3))
              .register(registry));
    }
  }

  /** Whether calls of a sender can be verified here. */
  void on(String source, boolean known) {
    AtomicInteger gauge = on.get(source);
    if (gauge != null) {
      gauge.set(known ? 1 : 0);
    }
  }

  void count(String source, Answer answer) {
    Map<Answer, Counter> answers = calls.get(source);
    Counter counter = answers == null ? null : answers.get(answer);
    if (counter != null) {
      counter.increment();
    }
  }

  void accepted(String source, Duration took) {
    @Nullable Timer timer = times.get(source);
    if (timer != null) {
      timer.record(took);
    }
  }

  /** Of the sender's challenges that were answered; there from now on. */
  Counter challenges(String source) {
    return Counter.builder("ingest.webhooks.challenges")
        .description("Challenges of senders that were answered")
        .tag("source", source)
        .register(registry);
  }
}
