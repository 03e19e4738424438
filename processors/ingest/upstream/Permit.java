package ingest.upstream;

import java.time.LocalDate;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The leave for one call, to be sent at once.
 *
 * @param day in UTC, whose credits it was reckoned on
 * @param credits what the call is reckoned to cost
 * @param troubled whether the calls before it had failed, so that its answer is news
 */
public record Permit(String upstream, LocalDate day, int credits, boolean troubled) {
  private static final String PROPERTY = "permit";

  /** The latest of an exchange; null before the first. */
  static @Nullable Permit of(Exchange exchange) {
    return exchange.getProperty(PROPERTY, Permit.class);
  }

  void attach(Exchange exchange) {
    exchange.setProperty(PROPERTY, this);
  }
}
