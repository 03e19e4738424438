package ingest;

import com.zaxxer.hikari.HikariDataSource;
import ingest.admin.TargetsApi;
import ingest.channel.ChannelMetrics;
import ingest.claim.ClaimMetrics;
import ingest.claim.InternalClaims;
import ingest.claim.VerifyClaim;
import ingest.cli.TrialOptions;
import ingest.consumer.Consumer;
import ingest.consumer.ConsumerMetrics;
import ingest.consumer.EnvDatabase;
import ingest.consumer.InternalEvents;
import ingest.consumer.InternalRebuilds;
import ingest.consumer.ProcessedEvents;
import ingest.consumer.Rebuilds;
import ingest.consumer.VerifyDelivery;
import ingest.delivery.Target;
import ingest.delivery.Targets;
import ingest.envelope.EventTypes;
import ingest.errors.Refusals;
import ingest.export.ChatExport;
import ingest.operation.Audit;
import ingest.outbox.WakeUp;
import ingest.settings.Mask;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import ingest.store.ClickHouse;
import ingest.store.DmDatabase;
import ingest.store.Dsn;
import ingest.trial.Ask;
import ingest.trial.ByHand;
import ingest.trial.Journal;
import ingest.trial.RolledBack;
import ingest.trial.RouteTestRun;
import ingest.trial.Telling;
import ingest.trial.Trial;
import ingest.trial.TrialException;
import ingest.upstream.Permits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Registry;
import org.jspecify.annotations.Nullable;

/** What {@code try} does: finds the databases, binds what routes name, and tells the trial. */
final class Trials {
  /** Where no credentials are configured: enough to go through the steps, good for no upstream. */
  private static final Map<String, String> MADE_UP =
      Map.of(
          "kick.api-url", Product.KICK,
          "kick.client-id", Trial.MADE_UP,
          "kick.client-secret", Trial.MADE_UP,
          "x.bearer-token", Trial.MADE_UP,
          "sheets.api-key", Trial.MADE_UP,
          "scrapedo.token", Trial.MADE_UP,
          "scraper.api-key", Trial.MADE_UP,
          "ingest.delivery-secret", "whsec_bWFkZSB1cCBieSB0cnkgYW5kIGdvb2QgZm9yIG5vdGhpbmc=");

  /** Nothing listens there: a step that reads the archive says so. */
  private static final String NO_ARCHIVE = "http://127.0.0.1:1";

  private static final Path ROUTES = Path.of("routes");

  private final Settings settings;
  private final Clock clock;

  private Trials(Settings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
  }

  /** With what this machine has configured, or a {@code run} on its data folder. */
  static Trials here(Settings given) {
    Embedded embedded = Embedded.find();
    return new Trials(
        madeUp(embedded == null ? given : given.with("embedded", embedded.running(given))),
        Clock.systemUTC());
  }

  /** For route tests: with {@code application.properties} alone, without any database. */
  static RouteTestRun tests(Path root) {
    return new RouteTestRun(
        madeUp(Settings.load(root, Map.of())),
        (settings, clock) -> new Trials(settings, clock).trial(null, null));
  }

  private Trial trial(@Nullable RolledBack dm, @Nullable RolledBack env) {
    return new Trial(ROUTES, settings, clock, this::bind, dm, env);
  }

  private static Settings madeUp(Settings settings) {
    Map<String, String> absent = new HashMap<>(MADE_UP);
    absent.keySet().removeIf(settings::has);
    return settings.with("made up", absent);
  }

  /** Runs the route and tells it; 1 when anything is wrong. */
  int tell(TrialOptions options, PrintWriter out, PrintWriter err) {
    Telling telling = new Telling(Mask.of(settings.known()));
    try (RolledBack dm = reached("dm.database-url", err);
        RolledBack env = reached("database.url", err)) {
      Trial trial = trial(dm, env);
      boolean polls = trial.polls(options.route());
      Ask ask =
          new Ask(
              options.route(),
              polls ? null : options.body(),
              options.headers(),
              Map.of(),
              new ByHand(polls ? options.body() : null, options.rows()),
              options.live());
      Journal journal =
          trial.run(
              ask,
              entry -> {
                if (!options.json()) {
                  telling.line(entry, out);
                }
              });
      if (options.json()) {
        out.println(telling.json(options.route(), journal).toPrettyString());
      } else {
        telling.end(journal, out);
      }
      List<String> problems = telling.problems(journal);
      problems.forEach(p -> err.println(options.route() + ": " + p));
      List<String> entrances = trial.entrances(options.route());
      if (!problems.isEmpty() && !entrances.isEmpty()) {
        err.printf(
            "%s is a helper and may need what its callers set: try %s%n",
            options.route(), String.join(", ", entrances));
      }
      return problems.isEmpty() ? 0 : 1;
    } catch (TrialException e) {
      err.println(e.getMessage());
      return 1;
    } catch (SQLException e) {
      throw new SettingException("ending the transaction of the trial: " + e.getMessage());
    }
  }

  /** Null where none is configured or it cannot be reached, which is told. */
  private @Nullable RolledBack reached(String key, PrintWriter err) {
    Optional<String> url = settings.find(key);
    if (url.isEmpty()) {
      return null;
    }
    try {
      return RolledBack.begin(Dsn.jdbc(url.get()));
    } catch (IllegalArgumentException e) { // its message quotes the DSN
      throw new SettingException(Settings.variable(key) + " is not a PostgreSQL DSN");
    } catch (SQLException e) {
      err.println(
          "%s is not reached, the trial goes on without: %s"
              .formatted(
                  Settings.variable(key),
                  String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
      return null;
    }
  }

  /**
   * What routes name. A route of which a bean is missing here (a lane's sender, what counts the
   * whole system) belongs to a running process, and does not start.
   */
  private void bind(
      CamelContext camel, EventTypes types, HikariDataSource dm, HikariDataSource env) {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    Registry registry = camel.getRegistry();
    RouteBean.REFUSALS.bind(registry, new Refusals());
    Upstreams.bindMapping(registry, types, clock);
    Upstreams.bind(camel, settings, types, clock, Permits.free(), meters);
    Webhooks.bind(camel, settings, types, null, clock, meters);
    RouteBean.CHAT_EXPORT.bind(
        registry,
        new ChatExport(
            new ClickHouse(settings.find("clickhouse.url").orElse(NO_ARCHIVE)),
            settings.duration("export.chat.settle"),
            meters));
    ChannelMetrics channels = new ChannelMetrics(meters);
    RouteBean.CHANNEL_METRICS.bind(registry, channels);
    DmDatabase store = new DmDatabase(dm);
    WakeUp nobody = new WakeUp(store);
    nobody.close();
    RouteBean.TARGETS_API.bind(
        registry, new TargetsApi(new Targets(store), nobody, new Audit(store)));
    ClaimMetrics claims = new ClaimMetrics(meters, List.of());
    RouteBean.VERIFY_CLAIM.bind(registry, new VerifyClaim(environments(), claims, clock));
    RouteBean.INTERNAL_CLAIMS.bind(registry, new InternalClaims(types, channels, claims, clock));
    EnvDatabase environment = new EnvDatabase(env);
    RouteBean.INTERNAL_EVENTS.bind(
        registry,
        new InternalEvents(
            new Consumer(
                environment, Wiring.projectors(), settings.list("consume.declines"), types),
            new ProcessedEvents(environment),
            new ConsumerMetrics(meters)));
    RouteBean.INTERNAL_REBUILDS.bind(
        registry, new InternalRebuilds(new Rebuilds(environment, Wiring.projectors())));
    RouteBean.VERIFY_DELIVERY.bind(
        registry, new VerifyDelivery(Target.secrets("ingest.delivery-secret", settings), clock));
  }

  /** None where one is not whole: a run says so, and a trial of another route needs none. */
  private List<Target> environments() {
    try {
      return Target.configured(settings);
    } catch (SettingException e) {
      return List.of();
    }
  }
}
