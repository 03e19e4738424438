package ingest.reload;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.Endpoint;
import org.apache.camel.MultipleConsumersSupport;
import org.apache.camel.Route;
import org.apache.camel.RouteConfigurationsBuilder;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.StartupSummaryLevel;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.component.bean.BeanEndpoint;
import org.apache.camel.component.bean.BeanInfo;
import org.apache.camel.component.direct.DirectEndpoint;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.component.quartz.QuartzComponent;
import org.apache.camel.component.sql.DefaultSqlPrepareStatementStrategy;
import org.apache.camel.component.sql.SqlEndpoint;
import org.apache.camel.component.sql.SqlHelper;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.BeanRepository;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.PatternHelper;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.PropertyBindingSupport;
import org.apache.camel.support.ResourceHelper;
import org.jspecify.annotations.Nullable;
import org.quartz.simpl.ZeroSizeThreadPool;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * Loads a whole tree of routes beside the one that runs: with its beans and properties, and
 * components of its own, up to the point where the first route would be fed. Nothing of it outlives
 * the rehearsal.
 *
 * <p>The beans are those that work: one that is a service of Camel, or keeps its context, would be
 * stopped or led astray.
 */
final class Rehearsal implements AutoCloseable {
  private static final String COMPONENT = "camel.component.";

  private final CamelContext running;
  private final DefaultCamelContext camel;
  private final Map<String, Flow> flows = new TreeMap<>();

  private Rehearsal(Running process, Map<String, String> properties) throws Exception {
    running = process.camel();
    camel = new DefaultCamelContext(new DefaultRegistry(new Borrowed(running.getRegistry())));
    camel.getCamelContextExtension().setName("rehearsal");
    camel.disableJMX();
    camel.setAutoStartup(false);
    camel.setStartupSummaryLevel(StartupSummaryLevel.Off);
    Properties initial = new Properties();
    initial.putAll(properties);
    camel.getPropertiesComponent().setInitialProperties(initial);
    camel.addComponent("quartz", unarmedQuartz());
    Map<String, Supplier<Component>> components = new HashMap<>(process.components());
    components.put("platform-http", Rehearsal::portless);
    for (Map.Entry<String, Supplier<Component>> component : components.entrySet()) {
      camel.addComponent(component.getKey(), component.getValue().get());
    }
    configure(properties);
    camel.start();
  }

  /**
   * What the files hold, by file.
   *
   * @param known the files as they run; null when none was rehearsed yet
   * @throws Refused when the tree would not run; says in which file and why
   */
  static Map<String, Flow> of(
      Running process, Map<String, String> properties, Snapshot files, Map<String, Flow> known)
      throws Refused {
    try (Rehearsal rehearsal = new Rehearsal(process, properties)) {
      rehearsal.load(files.files(Snapshot.ROUTE));
      rehearsal.requireOneOfEach();
      rehearsal.requirePolicies();
      rehearsal.requireHelpers(known);
      rehearsal.requireMethods();
      rehearsal.requireStatements();
      return rehearsal.flows;
    } catch (Refused e) {
      throw e;
    } catch (Exception e) {
      throw new Refused(why(e));
    }
  }

  /** Beans of the process to look at. A context closes its registry when it ends, not these. */
  private record Borrowed(BeanRepository beans) implements BeanRepository {
    @Override
    public @Nullable Object lookupByName(String name) {
      return beans.lookupByName(name);
    }

    @Override
    public <T> @Nullable T lookupByNameAndType(String name, Class<T> type) {
      return beans.lookupByNameAndType(name, type);
    }

    @Override
    public <T> Map<String, T> findByTypeWithName(Class<T> type) {
      return beans.findByTypeWithName(type);
    }

    @Override
    public <T> Set<T> findByType(Class<T> type) {
      return beans.findByType(type);
    }
  }

  /** Schedules and fires nothing; crons are read all the same. */
  private static QuartzComponent unarmedQuartz() {
    QuartzComponent quartz = new QuartzComponent();
    quartz.setAutoStartScheduler(false);
    quartz.setEnableJmx(false);
    quartz.setProperties(
        new HashMap<>(
            Map.of(
                "org.quartz.scheduler.instanceName",
                "rehearsal",
                "org.quartz.threadPool.class",
                ZeroSizeThreadPool.class.getName())));
    return quartz;
  }

  /** Takes paths and listens nowhere. */
  private static Component portless() {
    PlatformHttpComponent http = new PlatformHttpComponent();
    http.setEngine(
        new PlatformHttpEngine() {
          @Override
          public PlatformHttpConsumer createConsumer(
              PlatformHttpEndpoint endpoint, org.apache.camel.Processor processor) {
            return new Unfed(endpoint, processor);
          }

          @Override
          public int getServerPort() {
            return 0;
          }
        });
    return http;
  }

  private static final class Unfed extends DefaultConsumer implements PlatformHttpConsumer {
    Unfed(PlatformHttpEndpoint endpoint, org.apache.camel.Processor processor) {
      super(endpoint, processor);
    }

    @Override
    public PlatformHttpEndpoint getEndpoint() {
      return (PlatformHttpEndpoint) super.getEndpoint();
    }
  }

  /** The options of components, as a start sets them. */
  private void configure(Map<String, String> properties) {
    Map<String, Map<String, Object>> options = new TreeMap<>();
    properties.forEach(
        (key, value) -> {
          int dot = key.indexOf('.', COMPONENT.length());
          if (key.startsWith(COMPONENT) && dot > 0) {
            options
                .computeIfAbsent(key.substring(COMPONENT.length(), dot), n -> new TreeMap<>())
                .put(key.substring(dot + 1), value);
          }
        });
    options.forEach(
        (name, values) -> {
          Component component = camel.getComponent(name);
          PropertyBindingSupport.build()
              .withCamelContext(camel)
              .withTarget(component)
              .withConfigurer(component.getComponentPropertyConfigurer())
              .withProperties(values)
              .withIgnoreCase(true)
              .bind();
        });
  }

  private void load(Map<String, String> texts) throws Refused {
    Map<String, RouteConfigurationBuilder> builders = new TreeMap<>();
    for (Map.Entry<String, String> text : texts.entrySet()) {
      String file = text.getKey();
      try {
        RouteConfigurationBuilder builder = builder(camel, file, text.getValue());
        builders.put(file, builder);
        camel.addRoutesConfigurations((RouteConfigurationsBuilder) builder);
      } catch (Exception e) {
        throw Refused.in(file, why(e));
      }
    }
    for (Map.Entry<String, RouteConfigurationBuilder> entry : builders.entrySet()) {
      String file = entry.getKey();
      RouteConfigurationBuilder builder = entry.getValue();
      try {
        camel.addRoutes(builder);
      } catch (Exception e) {
        throw Refused.in(file, why(e));
      }
      flows.put(file, flow(file, String.valueOf(texts.get(file)), builder));
    }
  }

  /** What a file says, not yet added to anything. */
  static RouteConfigurationBuilder builder(CamelContext camel, String file, String text)
      throws Exception {
    Collection<RoutesBuilder> builders =
        PluginHelper.getRoutesLoader(camel)
            .findRoutesBuilders(List.of(ResourceHelper.fromString("file:" + file, text)));
    if (builders.size() == 1
        && builders.iterator().next() instanceof RouteConfigurationBuilder builder) {
      return builder;
    }
    throw new IOException("holds no route");
  }

  private Flow flow(String file, String text, RouteConfigurationBuilder builder) throws Refused {
    List<RouteDefinition> routes = builder.getRouteCollection().getRoutes();
    List<RouteConfigurationDefinition> policies =
        builder.getRouteConfigurationCollection().getRouteConfigurations();
    if (routes.size() + policies.size() != 1) {
      throw Refused.in(
          file,
          "holds %d routes and error policies; a file holds one"
              .formatted(routes.size() + policies.size()));
    }
    if (routes.isEmpty()) {
      return new Flow(file, text, false, policies.get(0).getId(), true, List.of(), Set.of());
    }
    RouteDefinition route = routes.get(0);
    if (!route.hasCustomIdAssigned()) {
      throw Refused.in(file, "the route has no id");
    }
    Route made = camel.getRoute(route.getRouteId());
    Set<String> claims = new HashSet<>();
    if (made != null) {
      claims.addAll(
          ProcessorDefinitionHelper.gatherAllNodeIds(route, new ArrayList<>(), true, false));
      claims.add(made.getEndpoint().getEndpointKey());
    }
    return new Flow(
        file,
        text,
        true,
        route.getRouteId(),
        made != null,
        Flow.policies(route.getRouteConfigurationId()),
        claims);
  }

  private void requireOneOfEach() throws Refused {
    Map<Endpoint, String> fed = new HashMap<>();
    Map<String, String> ids = new HashMap<>();
    for (Flow flow : flows.values()) {
      String other = ids.put(flow.isRoute() + String.valueOf(flow.id()), flow.file());
      if (other != null) {
        throw Refused.in(flow.file(), "has the id %s, as has %s".formatted(flow.id(), other));
      }
      if (flow.isRoute() && flow.runs()) {
        Endpoint from = camel.getRoute(flow.id()).getEndpoint();
        String before = fed.put(from, flow.file());
        boolean shared =
            from instanceof MultipleConsumersSupport several
                && several.isMultipleConsumersSupported();
        if (before != null && !shared) {
          throw Refused.in(
              flow.file(), "is fed from %s, as is %s".formatted(from.getEndpointBaseUri(), before));
        }
      }
    }
  }

  /** Camel itself says nothing of an error policy that is not there. */
  private void requirePolicies() throws Refused {
    for (Flow flow : flows.values()) {
      for (String policy : flow.policies()) {
        if (flows.values().stream()
            .noneMatch(
                f ->
                    !f.isRoute() && f.id() != null && PatternHelper.matchPattern(f.id(), policy))) {
          throw Refused.in(flow.file(), "there is no error policy " + policy);
        }
      }
    }
  }

  /** A helper may be a route of Java, which runs and is in no file. */
  private void requireHelpers(Map<String, Flow> known) throws Refused {
    Set<String> ofFiles =
        known.values().stream().map(f -> String.valueOf(f.id())).collect(Collectors.toSet());
    Set<String> fed =
        camel.getRoutes().stream()
            .map(r -> r.getEndpoint().getEndpointUri())
            .collect(Collectors.toCollection(HashSet::new));
    running.getRoutes().stream()
        .filter(r -> !ofFiles.contains(r.getRouteId()))
        .forEach(r -> fed.add(r.getEndpoint().getEndpointUri()));
    for (Endpoint endpoint : camel.getEndpoints()) {
      if (endpoint instanceof DirectEndpoint && !fed.contains(endpoint.getEndpointUri())) {
        String name = endpoint.getEndpointUri().replaceFirst("^direct:(//)?", "");
        throw Refused.in(naming("direct:" + name), "there is no route direct:" + name);
      }
    }
  }

  private void requireMethods() throws Refused {
    for (Endpoint endpoint : camel.getEndpoints()) {
      if (endpoint instanceof BeanEndpoint bean) {
        String name = bean.getBeanName();
        Object found = camel.getRegistry().lookupByName(name);
        String method = bean.getMethod();
        if (found == null) {
          throw Refused.in(naming("bean:" + name), "there is no bean " + name);
        }
        if (method != null && !new BeanInfo(camel, found.getClass()).hasMethod(method)) {
          throw Refused.in(
              naming("bean:" + name), "bean %s has no method %s".formatted(name, method));
        }
      }
    }
  }

  /** PostgreSQL reads each statement and tells what it thinks of it, without running it. */
  private void requireStatements() throws Refused {
    for (Endpoint endpoint : camel.getEndpoints()) {
      if (endpoint instanceof SqlEndpoint sql) {
        String file = naming(sql.getQuery());
        Set<String> named = Flow.sql(sql.getQuery());
        String where = named.isEmpty() ? file : named.iterator().next();
        try (Connection connection = sql.getJdbcTemplate().getDataSource().getConnection();
            PreparedStatement statement = connection.prepareStatement(text(sql))) {
          statement.getParameterMetaData();
        } catch (SQLException e) {
          throw Refused.in(where, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        } catch (Exception e) {
          throw Refused.in(file, why(e));
        }
      }
    }
  }

  private String text(SqlEndpoint sql) throws Exception {
    String text =
        SqlHelper.resolvePlaceholders(
            SqlHelper.resolveQuery(camel, sql.getQuery(), sql.getPlaceholder()),
            sql.getPlaceholder());
    return new DefaultSqlPrepareStatementStrategy()
        .prepareQuery(text, sql.isAllowNamedParameters(), null);
  }

  /** The file of a route that names something; all routes together where none is found. */
  private String naming(String name) {
    return flows.values().stream()
        .filter(f -> f.text().contains(name))
        .map(Flow::file)
        .findFirst()
        .orElse("routes");
  }

  /** The first cause, on one line. */
  static String why(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    if (cause instanceof MarkedYamlEngineException yaml && yaml.getProblemMark().isPresent()) {
      return "line %d: %s".formatted(yaml.getProblemMark().get().getLine() + 1, yaml.getProblem());
    }
    String told = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return told.strip().replaceAll("\\s+", " ");
  }

  @Override
  public void close() {
    camel.stop();
  }
}
