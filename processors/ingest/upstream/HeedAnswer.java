package ingest.upstream;

import java.sql.SQLException;
import java.time.Clock;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * The step after a call that was answered, before its headers are removed: what they say of limits
 * and costs is booked for all instances, and a breaker that was open is closed.
 */
public final class HeedAnswer implements Processor {
  private final Permits permits;
  private final Clock clock;

  public HeedAnswer(Permits permits, Clock clock) {
    this.permits = permits;
    this.clock = clock;
  }

  @Override
  public void process(Exchange exchange) throws SQLException {
    Permit permit = Permit.of(exchange);
    if (permit != null) {
      permits.answered(permit, Heard.in(exchange.getMessage().getHeaders(), clock.instant()));
    }
  }
}
