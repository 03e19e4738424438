package ingest.scrape;

import java.time.Instant;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/** One call of a scraper while it is on its way; a row of {@code dm.scrape_log} afterwards. */
final class ScrapeCall {
  private static final String PROPERTY = "scrapeCall";

  final String provider;
  final String target;
  final @Nullable Long channelId;
  final Instant at;
  private final long began = System.nanoTime();
  @Nullable Integer status;
  @Nullable String cost;
  byte[] body = new byte[0];
  @Nullable Outcome outcome;
  String said = "";

  ScrapeCall(String provider, String target, @Nullable Long channelId, Instant at) {
    this.provider = provider;
    this.target = target;
    this.channelId = channelId;
    this.at = at;
  }

  void attach(Exchange exchange) {
    exchange.setProperty(PROPERTY, this);
  }

  /** The call that an exchange is in; null outside of one. */
  static @Nullable ScrapeCall of(Exchange exchange) {
    return exchange.getProperty(PROPERTY, ScrapeCall.class);
  }

  static void end(Exchange exchange) {
    exchange.removeProperty(PROPERTY);
  }

  long millis() {
    return (System.nanoTime() - began) / 1_000_000;
  }
}
