package ingest;

import ingest.cli.RunOptions;
import ingest.cli.Runtime;
import ingest.cli.TestOptions;
import ingest.cli.TrialOptions;
import ingest.settings.Role;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import ingest.store.DmDatabase;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What the commands do that are the product rather than ask it. */
final class Product implements Runtime {
  static final String KICK = "https://api.kick.com";

  private final Supplier<Settings> loaded;
  private final PrintStream out;

  Product(Supplier<Settings> loaded, PrintStream out) {
    this.loaded = loaded;
    this.out = out;
  }

  @Override
  public int migrate() {
    logging(loaded.get());
    new Migrations(loaded.get()).run().forEach(out::println);
    return 0;
  }

  @Override
  public int run(RunOptions options) {
    Settings settings = given(options);
    logging(settings);
    CountDownLatch end = new CountDownLatch(1);
    Signals.onStop(end::countDown);
    if (options.onlyStores()) {
      return onlyStores(settings, end);
    }
    if (Role.migrates(settings)) {
      return migrate();
    }
    Set<Role> roles = Role.of(settings);
    requireFreePort(settings, "http.port");
    requireFreePort(settings, "management.port");
    // The embedded default is for one process that does everything. A role by itself belongs to
    // stores that somebody runs.
    try (Embedded embedded = Role.all(settings) ? Embedded.find() : null) {
      if (embedded == null) {
        refuseWithoutArchive(settings);
      }
      Settings effective = embedded == null ? settings : surrounded(settings, embedded);
      try (App app = new App(effective, roles, () -> again(options, effective))) {
        app.start();
        ready(app, effective, roles);
        await(end);
        out.println("draining");
      }
    }
    out.println("stopped");
    return 0;
  }

  @Override
  public int trial(TrialOptions options, PrintWriter out, PrintWriter err) {
    return Trials.here(quiet()).tell(options, out, err);
  }

  @Override
  public int test(TestOptions options, PrintWriter out, PrintWriter err) {
    quiet();
    return new RouteTests(Trials.tests(Path.of(""))).tell(options, out, err);
  }

  /** What a trial has to say is told with it, not in a log beside it. */
  private Settings quiet() {
    Settings settings = loaded.get().with("try", Map.of("log.level", "OFF"));
    logging(settings);
    return settings;
  }

  private Settings given(RunOptions options) {
    Map<String, String> words = new HashMap<>();
    if (options.role() != null) {
      words.put("ingest.role", options.role());
    }
    if (options.withoutClickhouse()) {
      words.put("without.clickhouse", "true");
    }
    Settings settings = loaded.get().with("command line", words);
    boolean realKick = settings.has("kick.client-id") || !Role.all(settings);
    return settings.has("kick.api-url") || !realKick
        ? settings
        : settings.with("default", Map.of("kick.api-url", KICK));
  }

  /** The settings as they are now; what was started for this run stays what it is. */
  private Settings again(RunOptions options, Settings effective) {
    return given(options).with("embedded", effective.from("embedded"));
  }

  /** Starts what is not configured, brings it up to date and fills what is empty. */
  private Settings surrounded(Settings settings, Embedded embedded) {
    if (settings.has("dm.database-url")) {
      refuseWithoutArchive(settings);
    }
    Map<String, String> started = embedded.start(settings);
    Settings effective = settings.with("embedded", started);
    if (!settings.has("drain.notice")) { // no balancer stands before one machine
      effective = effective.with("embedded", Map.of("drain.notice", "0s"));
    }
    if (!started.containsKey("dm.database-url") && !started.containsKey("database.url")) {
      return effective;
    }
    Map<String, String> derived = new HashMap<>();
    if (!settings.has("routes.reload") && Role.all(settings)) {
      derived.put("routes.reload", "true");
    }
    if (!settings.has("ingest.target-envs")) {
      derived.put("ingest.target-envs", "stage");
      derived.put("target.initial-mode", "live");
      if (!settings.has("stage.internal-events-url")) {
        derived.put(
            "stage.internal-events-url",
            "http://127.0.0.1:" + settings.port("http.port") + "/internal/events");
      }
    }
    effective = effective.with("embedded", derived);
    new Migrations(effective.with("embedded", embedded.owners())).run();
    if (started.containsKey("dm.database-url")) {
      try (DmDatabase dm = DmDatabase.open(effective)) {
        embedded.seed(dm.pool());
      }
    }
    return effective;
  }

  /** What is accepted without the archive can never be replayed. */
  private static void refuseWithoutArchive(Settings settings) {
    if (settings.find("without.clickhouse").orElse("false").equals("true")) {
      throw new SettingException(
          "--without-clickhouse (WITHOUT_CLICKHOUSE) is for embedded data alone: set CLICKHOUSE_URL");
    }
  }

  private int onlyStores(Settings settings, CountDownLatch end) {
    Embedded found = Embedded.find();
    if (found == null) {
      throw new SettingException("this build has no embedded stores: configure DM_DATABASE_URL");
    }
    try (Embedded embedded = found) {
      Settings effective = surrounded(settings, embedded);
      Path file = Path.of(effective.text("data.dir"), "stores.env");
      write(file, effective);
      out.println("ready");
      out.println("  the stores run; start the roles beside them with their settings:");
      out.println("  set -a; . " + file + "; set +a");
      await(end);
    }
    out.println("stopped");
    return 0;
  }

  /** The settings under which the roles of other processes reach the stores, for a shell. */
  private static void write(Path file, Settings settings) {
    Map<String, String> lines = new TreeMap<>();
    for (String key :
        List.of(
            "dm.database-url",
            "database.url",
            "clickhouse.url",
            "kick.api-url",
            "kick.oauth-url",
            "kick.client-id",
            "kick.client-secret",
            "x.api-url",
            "x.bearer-token",
            "sheets.api-url",
            "sheets.api-key",
            "sheets.ranges",
            "sumsub.webhook-secret",
            "resend.webhook-secret",
            "x.consumer-secret",
            "scraperapi.callback-secret",
            "ingest.target-envs",
            "target.initial-mode",
            "stage.internal-events-url",
            "stage.delivery-secret",
            "ingest.delivery-secret")) {
      settings.find(key).ifPresent(value -> lines.put(Settings.variable(key), value));
    }
    try {
      Files.writeString(
          file,
          lines.entrySet().stream()
              .map(e -> e.getKey() + "='" + e.getValue() + "'\n")
              .collect(Collectors.joining()));
      file.toFile().setReadable(false, false);
      file.toFile().setReadable(true, true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void ready(App app, Settings settings, Set<Role> roles) {
    out.println("ready");
    out.println("  roles    " + roles.stream().map(Role::word).collect(Collectors.joining(", ")));
    out.println("  http     http://127.0.0.1:" + settings.text("http.port"));
    out.println(
        "  manage   http://127.0.0.1:%s/observe/health  /observe/metrics  /admin/status"
            .formatted(settings.text("management.port")));
    if (roles.contains(Role.INGEST) || roles.contains(Role.WEBHOOKS)) {
      reached("dm      ", "dm.database-url", settings);
    }
    if (roles.contains(Role.ENV)) {
      reached("env     ", "database.url", settings);
    }
    if (roles.contains(Role.INGEST)) {
      reached("archive ", "clickhouse.url", settings);
      reached("kick    ", "kick.api-url", settings);
    }
    out.println("  routes   " + String.join(", ", app.routes()));
    if (!app.targetModes().isEmpty()) {
      out.println("  targets  " + String.join(", ", app.targetModes()));
    }
    out.flush();
  }

  private void reached(String name, String key, Settings settings) {
    settings.find(key).ifPresent(url -> out.println("  " + name + " " + withoutCredentials(url)));
  }

  private static String withoutCredentials(String url) {
    return url.replaceFirst("//[^/@]*@", "//").replaceAll("(?i)([?&])password=[^&]*", "$1");
  }

  private static void requireFreePort(Settings settings, String key) {
    int port = settings.port(key);
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new java.net.InetSocketAddress((InetAddress) null, port));
    } catch (IOException e) {
      throw new SettingException(
          "port %d (%s) is in use by another process, perhaps a second run: stop it or set %s"
              .formatted(port, key, Settings.variable(key)));
    }
  }

  private static void await(CountDownLatch end) {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Before the first logger is made. */
  private static void logging(Settings settings) {
    for (String key : List.of("log.format", "log.level")) {
      settings.find(key).ifPresent(v -> System.setProperty(Settings.variable(key), v));
    }
    String format = settings.text("log.format");
    if (!Set.of("text", "json").contains(format)) {
      throw settings.unreadable("log.format", format, "text or json");
    }
    String level = settings.text("log.level");
    if (!Set.of("OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE").contains(level)) {
      throw settings.unreadable("log.level", level, "OFF, ERROR, WARN, INFO, DEBUG or TRACE");
    }
  }
}
