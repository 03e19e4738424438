package ingest.poll;

import ingest.envelope.Envelope;
import ingest.mapping.Arrival;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.camel.Exchange;

/**
 * Stands in for {@link Pollers} where a route is tried: every run is let through, whatever the
 * switch says, and has one page.
 */
public final class OnePage {
  private static final String DONE = "onePage";

  private final Clock clock;

  public OnePage(Clock clock) {
    this.clock = clock;
  }

  /** Gives the exchange a run of its own, as the first step of a poller does. */
  public void attach(Exchange exchange, String route) {
    new PollRun(route, clock.instant(), true).attach(exchange);
  }

  /** The step {@link Pollers#begin}. */
  public boolean begin() {
    return true;
  }

  /** The step {@link Pollers#claim}; the slot is the minute, and is not claimed. */
  public boolean claim(Exchange exchange) {
    Instant now = clock.instant();
    exchange.setProperty(
        Arrival.PROPERTY,
        new Arrival(now, now.truncatedTo(ChronoUnit.MINUTES), Envelope.newTraceparent()));
    exchange.getMessage().removeHeaders("*", "CamelRedeliver*");
    return true;
  }

  /** The step {@link Pollers#committed}: there is no book to keep. */
  public void committed() {}

  /** The condition {@link Pollers#goesOn}: true once. */
  public boolean goesOn(Exchange exchange) {
    boolean first = exchange.getProperty(DONE) == null;
    exchange.setProperty(DONE, true);
    return first;
  }
}
