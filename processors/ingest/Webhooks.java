package ingest;

import ingest.delivery.Target;
import ingest.envelope.EventTypes;
import ingest.kick.KickSignature;
import ingest.mapping.Mapper;
import ingest.scraperapi.CallbackToken;
import ingest.settings.Settings;
import ingest.signature.Scheme;
import ingest.signature.Svix;
import ingest.store.ClickHouse;
import ingest.sumsub.PayloadDigest;
import ingest.webhook.AnswerCall;
import ingest.webhook.AnswerChallenge;
import ingest.webhook.CallMapper;
import ingest.webhook.CallMapping;
import ingest.webhook.Rejections;
import ingest.webhook.Secrets;
import ingest.webhook.Sender;
import ingest.webhook.VerifyWebhook;
import ingest.webhook.WebhookMetrics;
import ingest.x.XChallenge;
import ingest.x.XSignature;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Registry;
import org.jspecify.annotations.Nullable;

/**
 * Binds the steps of the webhook routes: what {@code run} and a trial of a route have in common.
 */
final class Webhooks {
  private static final Map<String, RouteBean> VERIFY =
      Map.of(
          "kick", RouteBean.VERIFY_KICK,
          "sumsub", RouteBean.VERIFY_SUMSUB,
          "x", RouteBean.VERIFY_X,
          "resend", RouteBean.VERIFY_RESEND,
          "scraperapi", RouteBean.VERIFY_SCRAPERAPI);

  private Webhooks() {}

  /** Every sender there is, whether or not its secret is known here. */
  static List<Sender> senders() {
    return Wiring.found(Sender.class, "ingest");
  }

  /** From calls to events, in every role that commits. */
  static CallMapping mapping(EventTypes types, Settings settings) {
    return new CallMapping(Wiring.found(Mapper.class, "ingest"), types, privates(settings));
  }

  /** {@code clickHouse}: where rejected calls are kept; null where this process knows none. */
  static Rejections bind(
      CamelContext camel,
      Settings settings,
      EventTypes types,
      @Nullable ClickHouse clickHouse,
      Clock clock,
      MeterRegistry meters) {
    Registry registry = camel.getRegistry();
    List<Sender> senders = senders();
    Rejections rejections = new Rejections(clickHouse, senders, meters);
    WebhookMetrics metrics =
        new WebhookMetrics(meters, senders.stream().map(Sender::source).toList());
    for (Sender sender : senders) {
      RouteBean bean = VERIFY.get(sender.source());
      if (bean != null) {
        Scheme scheme = scheme(sender.source(), settings, clock);
        if (scheme instanceof KickSignature kick) {
          kick.count(meters);
        }
        bean.bind(registry, new VerifyWebhook(sender, scheme, rejections, metrics, clock));
      }
    }
    RouteBean.X_CHALLENGE.bind(
        registry,
        new AnswerChallenge(
            "x",
            settings.has("x.consumer-secret")
                ? new XChallenge(Secrets.plain("x.consumer-secret", settings))
                : null,
            metrics));
    RouteBean.CALL_MAPPER.bind(registry, new CallMapper(mapping(types, settings)));
    RouteBean.ANSWER_CALL.bind(registry, new AnswerCall(metrics, clock));
    return rejections;
  }

  /** Null where the secret of a sender is not known; Kick's key is no secret. */
  private static @Nullable Scheme scheme(String source, Settings settings, Clock clock) {
    return switch (source) {
      case "kick" -> KickSignature.of(settings, clock);
      case "sumsub" -> settings.has("sumsub.webhook-secret") ? PayloadDigest.of(settings) : null;
      case "x" ->
          settings.has("x.consumer-secret")
              ? new XSignature(Secrets.plain("x.consumer-secret", settings))
              : null;
      case "resend" ->
          settings.has("resend.webhook-secret")
              ? new Svix(Target.secrets("resend.webhook-secret", settings))
              : null;
      case "scraperapi" ->
          settings.has("scraperapi.callback-secret")
              ? new CallbackToken(Secrets.plain("scraperapi.callback-secret", settings))
              : null;
      default -> throw new IllegalStateException("no scheme for " + source);
    };
  }

  /** Sources whose private types are on. */
  private static Set<String> privates(Settings settings) {
    return settings.text("x.direct-messages").equals("on") ? Set.of("x") : Set.of();
  }
}
