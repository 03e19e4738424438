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
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Registry;
import org.jspecify.annotations.Nullable;

/**
 * Binds the steps of the webhook routes: what {@code run} and a trial of a route have in common.
 */
final class Webhooks {
  private static final String X_SECRET = "x.consumer-secret";
  private static final String RESEND_SECRET = "resend.webhook-secret";
  private static final String SCRAPERAPI_SECRET = "scraperapi.callback-secret";

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
    Map<String, Sender> bySource =
        senders.stream().collect(Collectors.toMap(Sender::source, Function.identity()));
    Doors doors =
        (source, scheme) ->
            new VerifyWebhook(
                Objects.requireNonNull(bySource.get(source)), scheme, rejections, metrics, clock);
    KickSignature kick = KickSignature.of(settings, clock); // its key is no secret
    kick.count(meters);
    RouteBean.VERIFY_KICK.bind(registry, doors.of("kick", kick));
    RouteBean.VERIFY_SUMSUB.bind(
        registry, doors.of("sumsub", known("sumsub.webhook-secret", settings, PayloadDigest::of)));
    RouteBean.VERIFY_X.bind(
        registry,
        doors.of("x", known(X_SECRET, settings, s -> new XSignature(Secrets.plain(X_SECRET, s)))));
    RouteBean.X_CHALLENGE.bind(
        registry,
        new AnswerChallenge(
            "x",
            known(X_SECRET, settings, s -> new XChallenge(Secrets.plain(X_SECRET, s))),
            metrics));
    RouteBean.VERIFY_RESEND.bind(
        registry,
        doors.of(
            "resend",
            known(RESEND_SECRET, settings, s -> new Svix(Target.secrets(RESEND_SECRET, s)))));
    RouteBean.VERIFY_SCRAPERAPI.bind(
        registry,
        doors.of(
            "scraperapi",
            known(
                SCRAPERAPI_SECRET,
                settings,
                s -> new CallbackToken(Secrets.plain(SCRAPERAPI_SECRET, s)))));
    RouteBean.CALL_MAPPER.bind(registry, new CallMapper(mapping(types, settings)));
    RouteBean.ANSWER_CALL.bind(registry, new AnswerCall(metrics, clock));
    return rejections;
  }

  /** The first step of each sender's route. */
  private interface Doors {
    VerifyWebhook of(String source, @Nullable Scheme scheme);
  }

  /** Null where the secret of a sender is not set. */
  private static <T> @Nullable T known(String key, Settings settings, Function<Settings, T> made) {
    return settings.has(key) ? made.apply(settings) : null;
  }

  /** Sources whose private types are on. */
  private static Set<String> privates(Settings settings) {
    return settings.text("x.direct-messages").equals("on") ? Set.of("x") : Set.of();
  }
}
