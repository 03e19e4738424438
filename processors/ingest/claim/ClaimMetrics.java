package ingest.claim;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What became of claims; every environment and every reason has its counter from the start. */
public final class ClaimMetrics {
  /** Why a claim was refused. */
  enum Reason {
    /** No signature of the environment that it names. */
    SIGNATURE,
    /** Not what a claim is. */
    MALFORMED,
    /** More bytes than a claim has. */
    TOO_LARGE;

    private String tag() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private final Map<String, Counter> accepted;
  private final Map<Reason, Counter> refused;

  /** {@code environments}: those that may claim. */
  public ClaimMetrics(MeterRegistry registry, Collection<String> environments) {
    accepted =
        environments.stream()
            .collect(
                Collectors.toMap(
                    Function.identity(),
                    environment ->
                        Counter.builder("ingest.claims.accepted")
                            .description("Claims that were committed, repeated ones too")
                            .tag("env", environment)
                            .register(registry)));
    refused =
        Stream.of(Reason.values())
            .collect(
                Collectors.toMap(
                    Function.identity(),
                    reason ->
                        Counter.builder("ingest.claims.refused")
                            .description("Claims that were refused, by reason")
                            .tag("reason", reason.tag())
                            .register(registry)));
  }

  void accept(String environment) {
    Counter counter = accepted.get(environment);
    if (counter != null) {
      counter.increment();
    }
  }

  /** Counts it, and is it. */
  ClaimRefusal refuse(Reason reason, int status, String message) {
    Counter counter = refused.get(reason);
    if (counter != null) {
      counter.increment();
    }
    return new ClaimRefusal(status, message);
  }
}
