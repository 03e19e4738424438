package ingest.trial;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import ingest.check.Nearest;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.envelope.InvalidSchema;
import ingest.outbox.Intake;
import ingest.outbox.OutboxCommit;
import ingest.poll.OnePage;
import ingest.settings.Role;
import ingest.settings.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.Message;
import org.apache.camel.NoSuchBeanException;
import org.apache.camel.Processor;
import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.component.http.HttpComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.apache.camel.support.PropertyBindingSupport;
import org.apache.camel.util.ObjectHelper;
import org.apache.camel.util.URISupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * Runs one route once, in a Camel context of its own: without timers, lanes and ports, the commit
 * replaced by a record, requests watched, and every statement in a transaction that is rolled back.
 */
public final class Trial {
  /** Stands in credentials that are not set, and in a token that nobody gave. */
  public static final String MADE_UP = "made-up-by-try";

  private static final Logger LOG = LoggerFactory.getLogger(Trial.class);
  private static final Pattern AT = Pattern.compile(">>> (.{1,80}).* <<<");
  private static final String WAITS = "trialWaits";

  /** What routes of the tree may come in by from outside of it, besides timers. */
  private static final Set<String> HTTP = Set.of("platform-http", "management");

  /** Binds what routes name, but for the commit and the pollers' switch. */
  public interface Beans {
    /**
     * Called before any route is started.
     *
     * @param types those of the tree that is tried
     * @param dm refuses every connection where no database is reached
     * @param env the same for the environment's
     */
    void bind(CamelContext camel, EventTypes types, HikariDataSource dm, HikariDataSource env);
  }

  private final Path routes;
  private final Settings settings;
  private final Clock clock;
  private final Beans beans;
  private final @Nullable RolledBack dm;
  private final @Nullable RolledBack env;

  /**
   * A trial of the routes below a folder.
   *
   * @param clock says when a poll takes place
   * @param dm null where none is reached
   * @param env null where none is reached
   */
  public Trial(
      Path routes,
      Settings settings,
      Clock clock,
      Beans beans,
      @Nullable RolledBack dm,
      @Nullable RolledBack env) {
    this.routes = routes;
    this.settings = settings;
    this.clock = clock;
    this.beans = beans;
    this.dm = dm;
    this.env = env;
  }

  /** True for a route that asks by itself, on a timer; others take a message from outside. */
  public boolean polls(String route) {
    return new RouteFiles(routes).from(route).matches("(quartz|timer|scheduler|cron):.*");
  }

  /** The routes by which something comes to this helper; empty for what is no helper. */
  public List<String> entrances(String route) {
    return new RouteFiles(routes).entrances(route);
  }

  /**
   * Runs it.
   *
   * @param listener is told each entry as it is made
   * @throws TrialException when it cannot begin: the route is not there, or does not start
   */
  public Journal run(Ask ask, Consumer<Entry> listener) {
    RouteFiles files = new RouteFiles(routes);
    Journal journal = new Journal(listener);
    OnePage pages = new OnePage(clock);
    try (HikariDataSource dmPool = pool("dm", dm);
        HikariDataSource envPool = pool("env", env);
        DefaultCamelContext camel = context()) {
      watch(camel, journal, ask);
      camel.getRegistry().bind("dm", DataSource.class, source("dm", dm));
      camel.getRegistry().bind("pollers", pages);
      EventTypes types = EventTypes.load(routes);
      RecordedCommit commit = new RecordedCommit(types, journal, dm);
      camel.getRegistry().bind("outboxCommit", commit);
      beans.bind(camel, types, dmPool, envPool);
      files.load(camel, () -> watchPolicies(camel, ask.live()));
      Map<String, String> from = start(camel, files, ask);
      Exchange sent = send(camel, ask, pages, from);
      finish(sent, journal, ask.route(), commit, !from.isEmpty());
      camel.stop();
    } catch (InvalidSchema e) {
      throw new TrialException(String.valueOf(e.getMessage()));
    } catch (IOException | SQLException e) {
      throw new TrialException("ending the trial of " + ask.route() + ": " + e.getMessage());
    }
    return journal;
  }

  private DefaultCamelContext context() {
    DefaultCamelContext camel = new DefaultCamelContext(false);
    camel.disableJMX();
    camel.build();
    Properties properties = settings.asProperties();
    for (Role role : Role.values()) {
      properties.setProperty("role." + role.word(), "on");
    }
    properties.setProperty("archive", "on");
    camel.getPropertiesComponent().setInitialProperties(properties);
    camel.getShutdownStrategy().setTimeout(5);
    return camel;
  }

  private void watch(CamelContext camel, Journal journal, Ask ask) {
    camel
        .getCamelContextExtension()
        .addInterceptStrategy(new Steps(journal, ask.given(), dm != null));
    camel.getCamelContextExtension().registerEndpointCallback(new NotCalled(journal, ask.given()));
    camel.getManagementStrategy().addEventNotifier(new Retries(journal));
    DirectComponent direct = new DirectComponent();
    direct.setBlock(false); // a helper that is not there will not come
    camel.addComponent("direct", direct);
    for (String scheme : List.of("http", "https")) {
      HttpComponent http = new HttpComponent();
      http.setCamelContext(camel);
      String prefix = "camel.component." + scheme + ".";
      settings.asProperties().stringPropertyNames().stream()
          .filter(key -> key.startsWith(prefix))
          .forEach(
              key ->
                  PropertyBindingSupport.build()
                      .withCamelContext(camel)
                      .withTarget(http)
                      .withProperty(key.substring(prefix.length()), settings.text(key))
                      .bind());
      http.setHttpClientConfigurer(new Requests(journal, ask.given(), ask.live()));
      camel.addComponent(scheme, http);
    }
  }

  private static DataSource source(String name, @Nullable RolledBack database) {
    return database == null ? new Unreached(name) : database;
  }

  /** A pool over the one transaction; where there is none, it refuses with a reason. */
  private static HikariDataSource pool(String name, @Nullable RolledBack database) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("trial-" + name);
    config.setDataSource(source(name, database));
    config.setMinimumIdle(0);
    config.setMaximumPoolSize(4);
    config.setConnectionTimeout(250);
    config.setInitializationFailTimeout(-1);
    return new HikariDataSource(config);
  }

  /**
   * A run waits between its tries; a trial does not, unless an upstream is really asked. What it
   * would have waited is told.
   */
  private static void watchPolicies(CamelContext camel, boolean live) {
    for (RouteConfigurationDefinition policy : model(camel).getRouteConfigurationDefinitions()) {
      policy.getOnExceptions().forEach(on -> watch(camel, on, live));
    }
  }

  private static void watch(CamelContext camel, OnExceptionDefinition on, boolean live) {
    if (on.getOnExceptionOccurred() instanceof Patience) {
      return; // of a policy that a route took over
    }
    on.setOnExceptionOccurred(new Patience(camel, on.getOnExceptionOccurredRef(), live));
    on.setOnExceptionOccurredRef(null);
  }

  /** Asks the policy how long to wait, tells it, and waits only where an upstream is asked. */
  private record Patience(CamelContext camel, @Nullable String ref, boolean live)
      implements Processor {
    @Override
    public void process(Exchange exchange) throws Exception {
      if (ref != null) {
        camel.getRegistry().lookupByNameAndType(ref, Processor.class).process(exchange);
      }
      exchange.setProperty(
          WAITS, exchange.getMessage().getHeader(Exchange.REDELIVERY_DELAY, Long.class));
      if (!live) {
        exchange.getMessage().setHeader(Exchange.REDELIVERY_DELAY, 0L);
      }
    }
  }

  private static Model model(CamelContext camel) {
    return camel.getCamelContextExtension().getContextPlugin(Model.class);
  }

  /** Starts the route and what it comes to; returns what its {@code from} says of a request. */
  private static Map<String, String> start(DefaultCamelContext camel, RouteFiles files, Ask ask) {
    String id = ask.route();
    Map<String, RouteDefinition> all = new TreeMap<>();
    Model model = model(camel);
    List<RouteDefinition> definitions = new ArrayList<>(model.getRouteDefinitions());
    for (RouteDefinition definition : definitions) {
      all.put(definition.getRouteId(), definition);
      ProcessorDefinitionHelper.filterTypeInOutputs(
              definition.getOutputs(), OnExceptionDefinition.class)
          .forEach(on -> watch(camel, on, ask.live()));
    }
    RouteDefinition route = all.get(id);
    if (route == null) {
      throw new TrialException(notThere(files, id));
    }
    String uri = camel.resolvePropertyPlaceholders(route.getInput().getEndpointUri());
    if (!uri.startsWith("direct:")) {
      route.getInput().setUri("direct:" + id);
    }
    Set<String> reached = files.reached(id);
    List<RouteDefinition> helpers = new ArrayList<>();
    try {
      for (RouteDefinition other : definitions) {
        if (!reached.contains(other.getRouteId())) {
          model.removeRouteDefinition(other);
          if (other.getInput().getEndpointUri().startsWith("direct:")) {
            helpers.add(other);
          }
        }
      }
      camel.start();
    } catch (Exception e) {
      throw new TrialException(notStarted(id, e));
    }
    for (RouteDefinition helper : helpers) {
      try {
        model.addRouteDefinition(helper); // Java may call it, which no file tells
      } catch (Exception e) {
        LOG.debug("{}: {}", helper.getRouteId(), reason(e)); // whoever calls it is told
      }
    }
    return from(uri);
  }

  private static String notThere(RouteFiles files, String id) {
    String broken = files.why(id);
    if (!broken.isEmpty()) {
      return "route %s cannot be loaded: %s".formatted(id, broken);
    }
    return "there is no route %s below routes/%s".formatted(id, Nearest.hint(id, files.ids()));
  }

  private static String notStarted(String id, Throwable e) {
    StringBuilder told = new StringBuilder("route %s does not start: ".formatted(id));
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof FailedToCreateRouteException failed) {
        told.append("route %s, ".formatted(failed.getRouteId()));
        Matcher at = AT.matcher(String.valueOf(failed.getMessage()));
        told.append(at.find() ? "at %s: ".formatted(at.group(1)) : "");
        break;
      }
    }
    told.append(reason(e));
    if (ObjectHelper.getException(NoSuchBeanException.class, e) != null) {
      told.append("; what a trial does not bind belongs to a running process");
    }
    return told.toString();
  }

  /** Camel wraps what is wrong in what it was doing; the innermost says it. */
  private static String reason(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse(cause.toString());
  }

  /** The headers that a request to this {@code from} has; empty for what is no HTTP route. */
  private static Map<String, String> from(String uri) {
    String scheme = uri.replaceFirst(":.*", "");
    Map<String, String> headers = new TreeMap<>();
    if (!HTTP.contains(scheme)) {
      return headers;
    }
    String path = uri.replaceFirst("^[a-z-]+:(//)?", "").replaceFirst("\\?.*", "");
    headers.put(Exchange.HTTP_PATH, path.startsWith("/") ? path : "/" + path);
    headers.put(Exchange.HTTP_METHOD, "POST");
    try {
      Map<String, Object> options = URISupport.parseParameters(java.net.URI.create(uri));
      if (options.get("httpMethodRestrict") instanceof String methods) {
        headers.put(Exchange.HTTP_METHOD, methods.split(",", -1)[0]);
      }
      if (options.get("consumes") instanceof String types) {
        headers.put(Exchange.CONTENT_TYPE, types.split(",", -1)[0]);
      }
    } catch (java.net.URISyntaxException | IllegalArgumentException e) {
      return headers; // a path with a variable; what it says of a request stays unknown
    }
    return headers;
  }

  private static Exchange send(
      DefaultCamelContext camel, Ask ask, OnePage pages, Map<String, String> request) {
    return camel
        .createProducerTemplate()
        .send(
            "direct:" + ask.route(),
            exchange -> {
              exchange.setPattern(ExchangePattern.InOut);
              Message message = exchange.getMessage();
              request.forEach(message::setHeader);
              ask.headers().forEach(message::setHeader);
              if (ask.body() != null) {
                message.setBody(ask.body().getBytes(StandardCharsets.UTF_8));
              }
              pages.attach(exchange, ask.route());
              ask.exchange().forEach(exchange::setProperty);
            });
  }

  private static void finish(
      Exchange sent, Journal journal, String route, RecordedCommit commit, boolean http)
      throws SQLException {
    if (journal.ended().isPresent()) {
      return;
    }
    Object body = sent.getMessage().getBody();
    if (sent.getException() == null && carriesEnvelopes(body)) {
      try {
        commit.handedBack(OutboxCommit.intake(body), route);
      } catch (InvalidEnvelope e) {
        return; // told with its entry
      }
    }
    if (http || sent.getException() == null) {
      journal.reply(reply(sent, http));
    }
  }

  private static boolean carriesEnvelopes(@Nullable Object body) {
    return body instanceof Intake
        || body instanceof Envelope
        || (body instanceof List<?> several
            && !several.isEmpty()
            && several.stream().allMatch(Envelope.class::isInstance));
  }

  private static Journal.Reply reply(Exchange sent, boolean http) {
    Message message = sent.getMessage();
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    message.getHeaders().entrySet().stream()
        .filter(h -> !h.getKey().startsWith("Camel"))
        .forEach(h -> headers.put(h.getKey(), String.valueOf(h.getValue())));
    int status =
        !http
            ? 0
            : sent.getException() != null
                ? 500
                : message.getHeader(Exchange.HTTP_RESPONSE_CODE, 200, Integer.class);
    return new Journal.Reply(status, headers, http ? message.getBody(String.class) : null);
  }

  /** Camel tells of each further try just before it. */
  private static final class Retries extends EventNotifierSupport {
    private final Journal journal;

    Retries(Journal journal) {
      this.journal = journal;
    }

    @Override
    public void notify(CamelEvent event) {
      if (event instanceof CamelEvent.ExchangeRedeliveryEvent again) {
        List<Entry.Failed> failed = journal.failures();
        journal.add(
            new Entry.Retried(
                failed.isEmpty() ? Step.NONE : failed.get(failed.size() - 1).step(),
                again.getAttempt(),
                again.getExchange().getProperty(WAITS, Long.class)));
      }
    }
  }

  /** Where a database should be and none is reached. */
  private static final class Unreached extends AbstractDataSource {
    private final String name;

    Unreached(String name) {
      this.name = name;
    }

    @Override
    public java.sql.Connection getConnection() throws SQLException {
      throw new SQLException("no %s database is reached by this trial".formatted(name), "08001");
    }

    @Override
    public java.sql.Connection getConnection(String user, String password) throws SQLException {
      return getConnection();
    }

    /** How long the pool waits for its threads when it is closed. */
    @Override
    public int getLoginTimeout() {
      return 2;
    }
  }
}
