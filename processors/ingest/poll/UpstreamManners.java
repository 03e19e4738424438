package ingest.poll;

import ingest.http.RetryAfter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.jspecify.annotations.Nullable;

/**
 * Runs when an upstream's answer was a failure, before the error policy decides on another try:
 * makes the next try wait as long as the upstream asked, up to {@link #LONGEST}, and a refused
 * token be asked for anew.
 */
public final class UpstreamManners implements Processor {
  /** A poll that waits longer would lose its claim; the page is skipped before that. */
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private final Clock clock;
  private final Map<String, Runnable> forgetToken;
  private final MeterRegistry registry;

  /**
   * Manners towards every upstream.
   *
   * @param forgetToken by upstream, for those that want one
   */
  public UpstreamManners(Clock clock, Map<String, Runnable> forgetToken, MeterRegistry registry) {
    this.clock = clock;
    this.forgetToken = Map.copyOf(forgetToken);
    this.registry = registry;
    forgetToken.keySet().forEach(this::watch);
  }

  /** Registers an upstream's meters. */
  private void watch(String upstream) {
    for (String reason : new String[] {"401", "429", "4xx", "5xx", "other"}) {
      failures(upstream, reason);
    }
  }

  /** The first word of a poller's id. */
  private static String upstream(Exchange exchange) {
    return String.valueOf(exchange.getFromRouteId()).replaceFirst("-.*", "");
  }

  @Override
  public void process(Exchange exchange) {
    Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    String upstream = upstream(exchange);
    exchange.getMessage().removeHeader(Exchange.REDELIVERY_DELAY);
    if (!(failure instanceof HttpOperationFailedException answer)) {
      failures(upstream, "other").increment();
      return;
    }
    int status = answer.getStatusCode();
    failures(
            upstream,
            status == 401 || status == 429
                ? Integer.toString(status)
                : status < 500 ? "4xx" : "5xx")
        .increment();
    Runnable forget = forgetToken.get(upstream);
    if (status == 401 && forget != null) {
      forget.run();
      exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, 0L);
    }
    Duration asked = RetryAfter.parse(retryAfter(answer.getResponseHeaders()), clock.instant());
    if (asked != null) {
      Duration pause = asked.compareTo(LONGEST) < 0 ? asked : LONGEST;
      exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, pause.toMillis());
    }
  }

  private static @Nullable String retryAfter(@Nullable Map<String, String> headers) {
    if (headers == null) {
      return null;
    }
    return headers.entrySet().stream()
        .filter(h -> h.getKey().equalsIgnoreCase("retry-after"))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  private Counter failures(String upstream, String reason) {
    return Counter.builder("ingest.upstream.failures")
        .description("Failed calls of an upstream's API, by status")
        .tag("upstream", upstream)
        .tag("reason", reason)
        .register(registry);
  }
}
