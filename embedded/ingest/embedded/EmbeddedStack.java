package ingest.embedded;

import ingest.Embedded;
import ingest.embedded.clickhouse.EngineServer;
import ingest.embedded.postgres.PostgresServer;
import ingest.embedded.simulator.Simulator;
import ingest.embedded.simulator.webhook.Receiver;
import ingest.embedded.simulator.webhook.SenderKeys;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The stores and the upstreams below one data folder, which is this process's alone. */
public final class EmbeddedStack implements Embedded {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedStack.class);

  /** Who the product is in the embedded {@code dm}; migrations make the role's rights. */
  private static final String USER = "ingest";

  private static final String ROLE = "ingest_writer";

  /** What was started, the latest first. */
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private final Map<String, String> owners = new HashMap<>();
  private @Nullable Simulator simulator;
  private boolean dmIsOurs;

  @Override
  public synchronized Map<String, String> start(Settings settings) {
    Path folder = Path.of(settings.text("data.dir")).toAbsolutePath().normalize();
    Map<String, String> reached = new HashMap<>();
    parts.push(take(folder));
    try {
      if (!settings.has("dm.database-url") || !settings.has("database.url")) {
        startPostgres(settings, folder, reached);
      }
      if (!settings.has("clickhouse.url")
          && !settings.find("without.clickhouse").orElse("false").equals("true")) {
        startClickHouse(settings, folder, reached);
      }
      SenderKeys keys =
          new SenderKeys(
              FolderKeys.rsa(folder, "kick-webhook-key"),
              shared(settings, "sumsub.webhook-secret", folder, "", reached),
              shared(settings, "resend.webhook-secret", folder, "whsec_", reached),
              shared(settings, "x.consumer-secret", folder, "", reached),
              shared(settings, "scraperapi.callback-secret", folder, "", reached));
      if (!settings.has("kick.api-url")) {
        startSimulator(settings, keys, reached);
      }
      if (!settings.has("stage.delivery-secret") && !settings.has("ingest.delivery-secret")) {
        String secret = FolderKeys.secret(folder, "delivery-secret", "whsec_");
        reached.put("stage.delivery-secret", secret);
        reached.put("ingest.delivery-secret", secret);
      }
      return reached;
    } catch (IOException | SQLException e) {
      close();
      throw new SettingException("The embedded parts in DATA_DIR %s: %s".formatted(folder, e));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  @Override
  public Map<String, String> running(Settings settings) {
    Map<String, String> reached = new HashMap<>();
    Path postgres = Path.of(settings.text("data.dir")).toAbsolutePath().resolve("postgres");
    if (!settings.has("dm.database-url")) {
      PostgresServer.running(postgres, "dm", USER)
          .ifPresent(u -> reached.put("dm.database-url", u));
    }
    if (!settings.has("database.url")) {
      PostgresServer.running(postgres, "stage").ifPresent(u -> reached.put("database.url", u));
    }
    int simulator = settings.port("embedded.simulator.port");
    if (!settings.has("kick.api-url") && reached.containsKey("dm.database-url") && simulator > 0) {
      reached.putAll(simulator(simulator));
      reached.putAll(others(settings, simulator));
    }
    return reached;
  }

  @Override
  public synchronized Map<String, String> owners() {
    return Map.copyOf(owners);
  }

  private static Map<String, String> simulator(int port) {
    String address = "http://127.0.0.1:" + port;
    return Map.of(
        "kick.api-url",
        address,
        "kick.oauth-url",
        address,
        "kick.client-id",
        Simulator.CLIENT_ID,
        "kick.client-secret",
        Simulator.CLIENT_SECRET);
  }

  /** The simulated upstreams that stand in for those that are not configured. */
  private static Map<String, String> others(Settings settings, int port) {
    String address = "http://127.0.0.1:" + port;
    Map<String, String> others = new HashMap<>();
    if (!settings.has("x.bearer-token")) {
      others.put("x.api-url", address);
      others.put("x.bearer-token", Simulator.BEARER_TOKEN);
    }
    if (!settings.has("sheets.ranges")) {
      others.put("sheets.api-url", address);
      others.put("sheets.api-key", Simulator.API_KEY);
      others.put("sheets.ranges", Simulator.SHEET_RANGES);
    }
    if (!settings.has("scrapedo.token")) {
      others.put("scrape-do.url", address + "/scrape-do");
      others.put("scrapedo.token", Simulator.SCRAPEDO_TOKEN);
    }
    if (!settings.has("scraper.api-key")) {
      others.put("scraperapi.url", address + "/scraperapi");
      others.put("scraperapi.async-url", address + "/scraperapi");
      others.put("scraper.api-key", Simulator.SCRAPER_API_KEY);
    }
    return others;
  }

  @Override
  public synchronized void seed(DataSource dm) {
    if (simulator != null && dmIsOurs) {
      try {
        SimulatedChannels.insert(dm, simulator.channels());
      } catch (SQLException e) {
        throw new IllegalStateException("registering the simulated channels in dm", e);
      }
    }
  }

  @Override
  public synchronized void close() {
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn("stopping {}", part, e);
      }
    }
    owners.clear();
    simulator = null;
    dmIsOurs = false;
  }

  /** Before anything that would have to be undone: who is refused here leaves the holder alone. */
  private static RunLock take(Path folder) {
    try {
      return RunLock.take(folder);
    } catch (IOException e) {
      throw new SettingException("DATA_DIR %s cannot be used: %s".formatted(folder, e));
    }
  }

  private void startPostgres(Settings settings, Path folder, Map<String, String> reached)
      throws IOException, SQLException {
    PostgresServer server =
        PostgresServer.start(
            folder.resolve("postgres"), () -> LoopbackPort.of(settings, "embedded.postgres.port"));
    parts.push(server);
    if (!settings.has("dm.database-url")) {
      reached.put("dm.database-url", server.database("dm", USER, ROLE));
      owners.put("dm.database-url", server.database("dm"));
      dmIsOurs = true;
    }
    if (!settings.has("database.url")) {
      reached.put("database.url", server.database("stage"));
    }
  }

  private void startClickHouse(Settings settings, Path folder, Map<String, String> reached)
      throws IOException {
    EngineServer server =
        EngineServer.start(
            settings,
            folder.resolve("clickhouse"),
            () -> LoopbackPort.of(settings, "embedded.clickhouse.port"));
    parts.push(server);
    reached.put("clickhouse.url", "http://127.0.0.1:" + server.port());
  }

  /** The first of the configured secrets, which signs; the folder's where none is configured. */
  private static String shared(
      Settings settings, String key, Path folder, String prefix, Map<String, String> reached)
      throws IOException {
    List<String> configured = settings.list(key);
    if (!configured.isEmpty()) {
      return configured.get(0);
    }
    String secret = FolderKeys.secret(folder, key.replace('.', '-'), prefix);
    reached.put(key, secret);
    return secret;
  }

  private void startSimulator(Settings settings, SenderKeys keys, Map<String, String> reached) {
    URI receiver =
        settings.has("embedded.simulator.webhooks-url")
            ? settings.url("embedded.simulator.webhooks-url")
            : URI.create("http://127.0.0.1:" + settings.port("http.port"));
    int perSecond = settings.number("embedded.simulator.webhooks-per-second", 0, 100);
    Simulator upstreams =
        new Simulator(
            LoopbackPort.of(settings, "embedded.simulator.port"),
            new Receiver(receiver, keys, perSecond),
            settings.duration("embedded.simulator.cycle"));
    upstreams.start();
    parts.push(upstreams);
    simulator = upstreams;
    reached.putAll(simulator(upstreams.port()));
    reached.putAll(others(settings, upstreams.port()));
    if (!settings.has("scraperapi.callback-url")) {
      reached.put("scraperapi.callback-url", receiver.toString());
    }
  }
}
