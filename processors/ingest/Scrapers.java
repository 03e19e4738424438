package ingest;

import ingest.envelope.EventTypes;
import ingest.kick.KickFollowers;
import ingest.scrape.ScrapeCalls;
import ingest.scrape.ScrapeDo;
import ingest.scraperapi.CallbackToken;
import ingest.scraperapi.ScrapeJobs;
import ingest.scraperapi.ScraperApi;
import ingest.settings.Settings;
import ingest.upstream.Permits;
import ingest.webhook.Secrets;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.apache.camel.spi.Registry;

/**
 * Binds the steps of the pollers that have pages fetched: what {@code run} and a trial of a route
 * have in common.
 */
final class Scrapers {
  private static final String CALLBACK_SECRET = "scraperapi.callback-secret";

  private Scrapers() {}

  static void bind(
      Registry registry,
      Settings settings,
      EventTypes types,
      Clock clock,
      Permits permits,
      MeterRegistry meters) {
    ScrapeDo scrapeDo =
        new ScrapeDo(
            settings.find("scrapedo.token").orElse(null),
            settings.find("scrape-do.parameters").orElse(""));
    ScraperApi scraperApi =
        new ScraperApi(
            settings.find("scraper.api-key").orElse(null),
            settings.find("scraperapi.parameters").orElse(""),
            settings.find("scraperapi.callback-url").orElse(null),
            settings.has(CALLBACK_SECRET)
                ? new CallbackToken(Secrets.plain(CALLBACK_SECRET, settings))
                : null);
    RouteBean.SCRAPE_DO.bind(registry, scrapeDo);
    RouteBean.SCRAPER_API.bind(registry, scraperApi);
    RouteBean.SCRAPE_CALLS.bind(
        registry,
        new ScrapeCalls(permits, settings.duration("scrapers.account-pause"), clock, meters));
    RouteBean.SCRAPE_JOBS.bind(
        registry, new ScrapeJobs(Webhooks.mapping(types, settings), clock, meters));
    RouteBean.KICK_FOLLOWERS.bind(registry, new KickFollowers(settings.text("kick.page-url")));
  }
}
