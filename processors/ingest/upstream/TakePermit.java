package ingest.upstream;

import java.sql.SQLException;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * The step before a call: waits for its turn. It stands inside what is tried again, so that each
 * try takes its own. Which upstream is the exchange property {@code upstream}, else the first word
 * of the poller's id; what the call is reckoned to cost is the property {@code credits}, else 1.
 */
public final class TakePermit implements Processor {
  private final Permits permits;

  public TakePermit(Permits permits) {
    this.permits = permits;
  }

  @Override
  public void process(Exchange exchange) throws NotPermitted, SQLException, InterruptedException {
    permits
        .take(upstream(exchange), exchange.getProperty("credits", 1, Integer.class))
        .attach(exchange);
  }

  static String upstream(Exchange exchange) {
    String named = exchange.getProperty("upstream", String.class);
    return named == null
        ? String.valueOf(exchange.getFromRouteId()).replaceFirst("-.*", "")
        : named;
  }
}
