package ingest;

import ingest.settings.Role;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.util.List;
import java.util.Set;
import org.apache.camel.Route;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.main.SimpleMainShutdownStrategy;

/** One process of the product: runs the routes of its roles. */
final class App implements AutoCloseable {
  private final Settings settings;
  private final Set<Role> roles;
  private final Wiring wiring;
  private final Main main = new Main();

  App(Settings settings, Set<Role> roles) {
    this.settings = settings;
    this.roles = roles;
    this.wiring = new Wiring(settings, roles);
  }

  /**
   * Returns when every route of the roles has started.
   *
   * @throws SettingException when something is missing, unreadable or in the way
   */
  void start() {
    new StartChecks(settings, roles).hold();
    try {
      main.setDefaultPropertyPlaceholderLocation("false");
      main.setShutdownStrategy(new SimpleMainShutdownStrategy()); // Signals has the last word
      settings.asProperties().forEach((k, v) -> main.addInitialProperty((String) k, (String) v));
      for (Role role : Role.values()) {
        main.addInitialProperty("role." + role.word(), roles.contains(role) ? "on" : "off");
      }
      main.addInitialProperty("archive", StartChecks.archive(settings) ? "on" : "off");
      main.addInitialProperty(
          "camel.main.shutdownTimeout",
          Long.toString(Math.max(1, settings.duration("drain.timeout").toSeconds())));
      main.configure().withRoutesIncludePattern("file:routes/**/*.camel.yaml");
      main.addMainListener(
          new MainListenerSupport() {
            @Override
            public void beforeInitialize(BaseMainSupport starting) {
              wiring.wire(starting.getCamelContext());
            }
          });
      main.start();
      wiring.started();
    } catch (Exception e) {
      close();
      throw inTheWay(e);
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
    main.stop();
    wiring.close();
  }
}
