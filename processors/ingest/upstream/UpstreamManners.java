package ingest.upstream;

import com.fasterxml.jackson.core.JacksonException;
import ingest.http.RetryAfter;
import ingest.mapping.MalformedAnswer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.util.ObjectHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs when a call of an upstream failed, before the error policy decides on another try: tells all
 * instances of it, makes the next try wait as long as the upstream asked, and a refused token be
 * asked for anew.
 */
public final class UpstreamManners implements Processor {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamManners.class);

  private static final String[] REASONS = {
    "401", "403", "429", "4xx", "5xx", "timeout", "unreachable", "unreadable", "unbounded", "other"
  };

  /** Answers of a page that is not there: paid for, and no fault of the upstream. */
  private static final Set<Integer> OF_THE_PAGE = Set.of(400, 404, 410);

  private final Clock clock;
  private final Map<String, Runnable> forgetToken;
  private final Permits permits;
  private final MeterRegistry registry;

  /**
   * Manners towards every upstream.
   *
   * @param upstreams those whose meters exist from the first scrape on
   * @param forgetToken by upstream, for those that want one
   */
  public UpstreamManners(
      Clock clock,
      Set<String> upstreams,
      Map<String, Runnable> forgetToken,
      Permits permits,
      MeterRegistry registry) {
    this.clock = clock;
    this.forgetToken = Map.copyOf(forgetToken);
    this.permits = permits;
    this.registry = registry;
    for (String upstream : upstreams) {
      for (String reason : REASONS) {
        failures(upstream, reason);
      }
    }
  }

  @Override
  public void process(Exchange exchange) {
    Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    String upstream = TakePermit.upstream(exchange);
    String reason = reason(failure);
    exchange.getMessage().removeHeader(Exchange.REDELIVERY_DELAY);
    failures(upstream, reason).increment();
    Duration asked = null;
    Heard heard = Heard.NOTHING;
    HttpOperationFailedException answer = answer(failure);
    if (answer != null) {
      Map<String, String> headers = answer.getResponseHeaders();
      asked = headers == null ? null : RetryAfter.parse(retryAfter(headers), clock.instant());
      heard =
          costOf(
              answer.getStatusCode(),
              Heard.in(headers == null ? Map.of() : headers, clock.instant()));
      Runnable forget = forgetToken.get(upstream);
      if (reason.equals("401") && forget != null) {
        forget.run();
        exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, 0L);
      }
    }
    if (asked != null) {
      // Who may not wait that long is told so by the permit of the next try, which is at once.
      exchange
          .getMessage()
          .setHeader(
              Exchange.REDELIVERY_DELAY,
              asked.compareTo(Pace.LONGEST_WAIT) > 0 ? 0L : asked.toMillis());
    }
    Permit permit = Permit.of(exchange);
    if (permit == null) {
      return;
    }
    try {
      tell(permit, reason, heard, asked);
    } catch (SQLException e) {
      LOG.warn("{}: a failed call is not on the book: {}", upstream, e.getMessage());
    }
  }

  private void tell(Permit permit, String reason, Heard heard, @Nullable Duration asked)
      throws SQLException {
    if (reason.equals("429") || asked != null) {
      permits.refused(permit, heard, asked);
    } else if (reason.equals("4xx") || reason.equals("other")) {
      permits.spent(permit, heard);
    } else {
      permits.failed(permit, heard);
    }
  }

  /** What no header says: an answer is free unless it is one of the page. */
  private static Heard costOf(int status, Heard heard) {
    return heard.cost() != null || OF_THE_PAGE.contains(status)
        ? heard
        : new Heard(heard.limit(), heard.remaining(), heard.resetsAt(), 0);
  }

  /** A step like split wraps what its steps threw. */
  private static @Nullable HttpOperationFailedException answer(@Nullable Throwable failure) {
    return ObjectHelper.getException(HttpOperationFailedException.class, failure);
  }

  private static String reason(@Nullable Throwable failure) {
    HttpOperationFailedException answer = answer(failure);
    if (answer != null) {
      int status = answer.getStatusCode();
      return status == 401 || status == 403 || status == 429
          ? Integer.toString(status)
          : status >= 500 ? "5xx" : "4xx";
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof AnswerOutOfBounds) {
        return "unbounded";
      }
      if (cause instanceof JacksonException || cause instanceof MalformedAnswer) {
        return "unreadable";
      }
      if (cause instanceof SocketTimeoutException) {
        return "timeout";
      }
      if (cause instanceof IOException) {
        return "unreachable";
      }
    }
    return "other";
  }

  private static @Nullable String retryAfter(Map<String, String> headers) {
    return headers.entrySet().stream()
        .filter(h -> h.getKey().equalsIgnoreCase("retry-after"))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  private Counter failures(String upstream, String reason) {
    return Counter.builder("ingest.upstream.failures")
        .description("Failed calls of an upstream's API, by reason")
        .tag("upstream", upstream)
        .tag("reason", reason)
        .register(registry);
  }
}
