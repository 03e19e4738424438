package ingest;

import ingest.envelope.EventTypes;
import ingest.reload.Reload;
import ingest.reload.Running;
import ingest.settings.Role;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.Route;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.jspecify.annotations.Nullable;

/** One process of the product: runs the routes of its roles. */
final class App implements AutoCloseable {
  private final Settings settings;
  private final Set<Role> roles;
  private final Drain drain;
  private final Dump dump;
  private final Crash crash;
  private final Wiring wiring;
  private final Main main = new Main();
  private final Supplier<Settings> again;
  private @Nullable Reload reload;
  private boolean started;

  /**
   * @param again reads the settings as they are now, in front of which stands what the start found
   */
  App(Settings settings, Set<Role> roles, Supplier<Settings> again) {
    this.settings = settings;
    this.again = again;
    this.roles = roles;
    this.drain = new Drain(settings);
    this.dump = new Dump(settings);
    this.crash = new Crash(dump);
    this.wiring = new Wiring(settings, roles, drain.work());
  }

  /**
   * Returns when every route of the roles has started.
   *
   * @throws SettingException when something is missing, unreadable or in the way
   */
  void start() {
    new StartChecks(settings, roles).hold();
    dump.tell(roles);
    dump.tell(wiring::lanes);
    crash.takeUncaught();
    try {
      main.setDefaultPropertyPlaceholderLocation("false");
      main.setShutdownStrategy(new SimpleMainShutdownStrategy()); // Signals has the last word
      properties(settings).forEach(main::addInitialProperty);
      Reload watching =
          Reloading.on(settings) ? new Reload(Path.of(""), settings, new Reloading()) : null;
      main.configure().withRoutesIncludePattern("file:routes/**/*.camel.yaml");
      main.addMainListener(
          new MainListenerSupport() {
            @Override
            public void beforeInitialize(BaseMainSupport starting) {
              CamelContext camel = starting.getCamelContext();
              dump.tell(camel);
              camel.getManagementStrategy().addEventNotifier(crash.inRoutes());
              wiring.wire(camel, crash::ifError);
              drain.announce(camel);
            }
          });
      main.start();
      wiring.routesChanged();
      VertxPlatformHttpRouter port = managementPort();
      drain.guard(port);
      wiring.manage(main.getCamelContext(), port);
      drain.guard(wiring.publicHttp());
      wiring.publicHttp().listen();
      started = true;
      if (watching != null) {
        watching.start();
        reload = watching;
      }
    } catch (Exception e) {
      close();
      throw inTheWay(e);
    }
  }

  private VertxPlatformHttpRouter managementPort() {
    return Objects.requireNonNull(
        VertxPlatformHttpRouter.lookup(
            main.getCamelContext(),
            VertxPlatformHttpRouter.getRouterNameFromPort(settings.port("management.port"))));
  }

  /** What {@code {{key}}} stands for; which roles run is as it was at the start. */
  private Map<String, String> properties(Settings from) {
    Map<String, String> properties = new TreeMap<>();
    from.asProperties().forEach((k, v) -> properties.put((String) k, (String) v));
    for (Role role : Role.values()) {
      properties.put("role." + role.word(), roles.contains(role) ? "on" : "off");
    }
    properties.put("archive", StartChecks.archive(settings) ? "on" : "off");
    properties.put(
        "camel.main.shutdownTimeout", Long.toString(Math.max(1, drain.work().toSeconds())));
    return properties;
  }

  /** What a reload sees of this process. */
  private final class Reloading implements Running {
    static boolean on(Settings settings) {
      String value = settings.find("routes.reload").orElse("false");
      if (!value.matches("true|false")) {
        throw settings.unreadable("routes.reload", value, "true or false");
      }
      return value.equals("true");
    }

    @Override
    public CamelContext camel() {
      return main.getCamelContext();
    }

    @Override
    public Map<String, Supplier<Component>> components() {
      return wiring.components();
    }

    @Override
    public Settings settings() {
      Settings fresh = again.get();
      new StartChecks(fresh, roles).hold();
      return fresh;
    }

    @Override
    public Map<String, String> properties(Settings from) {
      return App.this.properties(from);
    }

    @Override
    public boolean holds(String key) {
      return wiring.holds(key);
    }

    @Override
    public void take(Settings fresh) {
      wiring.take(fresh);
    }

    @Override
    public EventTypes take(EventTypes fresh) {
      return wiring.take(fresh);
    }

    @Override
    public void routesChanged() {
      wiring.routesChanged();
    }
  }

  /** The one thing that stopped the start: ours where it is about a setting, else Camel's. */
  private static SettingException inTheWay(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SettingException told) {
        return told;
      }
    }
    return new SettingException("cannot start: " + e.getMessage());
  }

  /** The routes that run, by id. */
  List<String> routes() {
    return main.getCamelContext().getRoutes().stream().map(Route::getRouteId).sorted().toList();
  }

  /** Name and mode of each target; empty where this process delivers nothing. */
  List<String> targetModes() {
    return wiring.targetModes();
  }

  /** Drains: no new work, what is on its way ends or is given back, then the stores are left. */
  @Override
  public void close() {
    if (reload != null) {
      reload.close();
    }
    if (started) {
      letGo();
    }
    main.stop();
    wiring.close();
  }

  /** What is still on its way when the routes stop has the rest of the time. */
  private void letGo() {
    try {
      drain.tell();
      long since = System.nanoTime();
      wiring.rest();
      drain.refuse();
      Duration left = drain.work().minusNanos(System.nanoTime() - since);
      main.getCamelContext().getShutdownStrategy().setTimeout(Math.max(1, left.toSeconds()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // no patience for those on their way
    }
  }
}
