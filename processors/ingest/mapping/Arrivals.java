package ingest.mapping;

import ingest.envelope.Envelope;
import java.time.Clock;
import org.apache.camel.Exchange;

/** The arrival that an exchange belongs to. */
final class Arrivals {
  private Arrivals() {}

  /** What the poll's claim noted; where nobody asked, the message arrives at its first mapping. */
  static Arrival of(Exchange exchange, Clock clock) {
    Arrival arrival = exchange.getProperty(Arrival.PROPERTY, Arrival.class);
    if (arrival == null) {
      arrival = new Arrival(clock.instant(), null, Envelope.newTraceparent());
      exchange.setProperty(Arrival.PROPERTY, arrival);
    }
    return arrival;
  }
}
