package ingest;

import ingest.envelope.EventTypes;
import ingest.kick.KickCredentials;
import ingest.kick.KickSubscriptions;
import ingest.kick.KickToken;
import ingest.kick.KickViewers;
import ingest.kick.ProbePeriods;
import ingest.kick.SubscriptionRules;
import ingest.mapping.EnvelopeStep;
import ingest.mapping.Envelopes;
import ingest.mapping.Mapper;
import ingest.mapping.MapperStep;
import ingest.poll.ChannelPages;
import ingest.settings.Settings;
import ingest.sheets.Sheets;
import ingest.trust.TrustScores;
import ingest.upstream.HeedAnswer;
import ingest.upstream.Limits;
import ingest.upstream.Permits;
import ingest.upstream.TakePermit;
import ingest.upstream.UpstreamManners;
import ingest.x.XFollowers;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Registry;

/**
 * Binds the steps of the upstreams, which need no store: what {@code run} and a trial of a route
 * have in common.
 */
final class Upstreams {
  private Upstreams() {}

  /** What makes envelopes of answers, in every role that commits. */
  static void bindMapping(Registry registry, EventTypes types, Clock clock) {
    RouteBean.ENVELOPE.bind(registry, new EnvelopeStep(types, clock));
    RouteBean.ENVELOPES.bind(registry, new Envelopes());
    RouteBean.MAPPER.bind(
        registry, new MapperStep(Wiring.found(Mapper.class, "ingest"), types, clock));
  }

  /** What the routes of every upstream name. */
  static void bind(
      CamelContext camel,
      Settings settings,
      EventTypes types,
      Clock clock,
      Permits permits,
      MeterRegistry meters) {
    Registry registry = camel.getRegistry();
    KickToken token = new KickToken(camel.createProducerTemplate(), clock);
    RouteBean.PERMIT.bind(registry, new TakePermit(permits));
    RouteBean.HEED_ANSWER.bind(registry, new HeedAnswer(permits, clock));
    RouteBean.UPSTREAM_MANNERS.bind(
        registry,
        new UpstreamManners(
            clock, Limits.of(settings).keySet(), Map.of("kick", token::forget), permits, meters));
    RouteBean.CHANNEL_PAGES.bind(registry, new ChannelPages());
    RouteBean.KICK_TOKEN.bind(registry, token);
    RouteBean.KICK_CREDENTIALS.bind(
        registry,
        new KickCredentials(settings.text("kick.client-id"), settings.text("kick.client-secret")));
    RouteBean.KICK_VIEWERS.bind(registry, new KickViewers(ProbePeriods.of(settings)));
    RouteBean.KICK_SUBSCRIPTIONS.bind(
        registry, new KickSubscriptions(SubscriptionRules.of(settings), meters));
    RouteBean.X_FOLLOWERS.bind(
        registry, new XFollowers(() -> settings.text("x.bearer-token"), permits, clock, meters));
    RouteBean.SHEETS.bind(registry, new Sheets(settings, types, meters));
    RouteBean.TRUST_SCORES.bind(registry, new TrustScores());
    Scrapers.bind(registry, settings, types, clock, permits, meters);
  }
}
