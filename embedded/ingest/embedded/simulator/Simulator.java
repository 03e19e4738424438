package ingest.embedded.simulator;

import ingest.embedded.simulator.webhook.Receiver;
import ingest.embedded.simulator.webhook.Webhooks;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.main.MainHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.http.base.HttpHeaderFilterStrategy;
import org.apache.camel.main.Main;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.jspecify.annotations.Nullable;

/**
 * A Kick of our own on loopback: tokens, the channels of a moving world, faults on demand; a charts
 * API that ranks its streamers; and the senders of webhooks, Kick among them.
 *
 * <p>It runs Camel routes in a context of its own, which shares nothing with the product's but the
 * JVM: no properties file, no environment, no shutdown hook. What it remembers (tokens, faults,
 * counters, what was served) ends with it; the channels stay. Not thread-safe.
 */
public final class Simulator implements AutoCloseable {
  public static final String CLIENT_ID = "simulated-client";
  public static final String CLIENT_SECRET = "simulated-secret";
  public static final String SCRAPEDO_TOKEN = "simulated-scrape-do-token";
  public static final String SCRAPER_API_KEY = "simulated-scraperapi-key";

  public static final String BEARER_TOKEN = "simulated-bearer-token";
  public static final String API_KEY = "simulated-api-key";

  /** The range of the sheet that it serves, as a setting. */
  public static final String SHEET_RANGES =
      """
      [{"name":"partners","spreadsheet":"simulated-sheet","range":"Partners!A1:E","key":"id","header":["id","name","share","active","notes"]}]""";

  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final int wantedPort;
  private final World world;
  private final Clock clock;
  private final Receiver receiver;
  private @Nullable Main main;
  private @Nullable Webhooks webhooks;
  private @Nullable Scrapers scrapers;
  private @Nullable Path uploads;

  /**
   * Prepares the simulator; {@link #start} opens it.
   *
   * @param port 0 for a free one
   * @param receiver who gets the webhooks
   * @param cycle the shortest in which a channel streams once
   */
  public Simulator(int port, Receiver receiver, Duration cycle) {
    this(port, receiver, Clock.systemUTC(), new World(1, cycle));
  }

  /** The same of another world. */
  public Simulator(int port, Receiver receiver, World world) {
    this(port, receiver, Clock.systemUTC(), world);
  }

  Simulator(int port, Receiver receiver, Clock clock, long seed) {
    this(port, receiver, clock, new World(seed));
  }

  private Simulator(int port, Receiver receiver, Clock clock, World world) {
    this.receiver = receiver;
    this.wantedPort = port;
    this.world = world;
    this.clock = clock;
  }

  /**
   * Opens the simulator; from here on it answers.
   *
   * @throws IllegalStateException when it cannot, or has been started before
   */
  public void start() {
    if (main != null) {
      throw new IllegalStateException("the simulator has been started before");
    }
    requireFree(wantedPort);
    Tokens tokens = new Tokens(clock);
    Faults faults = new Faults();
    Calls calls = new Calls(faults, clock);
    Standstill worlds = new Standstill(clock);
    Subscriptions subscriptions = new Subscriptions(world, clock);
    Webhooks senders = new Webhooks(world, clock, worlds, receiver, subscriptions::deliveries);
    webhooks = senders;
    Path folder = temporaryFolder();
    uploads = folder;
    Main starting = new IsolatedMain(wantedPort, folder);
    starting.bind("tokens", tokens);
    starting.bind("channels", new Channels(world, worlds));
    starting.bind("standstill", worlds);
    starting.bind("truth", new Truth(world, worlds, senders));
    starting.bind("subscriptions", subscriptions);
    starting.bind("truncation", new Truncation());
    starting.bind("served", new Served());
    starting.bind("chart", new Chart(world, clock));
    starting.bind("servedCharts", new Served());
    starting.bind("xUsers", new XUsers(clock));
    starting.bind("simulatedSheet", new SimulatedSheet());
    Served servedPages = new Served();
    starting.bind("servedPages", servedPages);
    Scrapers fetchers = new Scrapers(world, clock, servedPages);
    scrapers = fetchers;
    starting.bind("scrapers", fetchers);
    starting.bind("faults", faults);
    starting.bind("calls", calls);
    starting.bind("webhooks", senders);
    HttpHeaderFilterStrategy cacheControlSent = new HttpHeaderFilterStrategy();
    cacheControlSent.getOutFilter().remove("cache-control");
    starting.bind("cacheControlSent", cacheControlSent);
    main = starting;
    try {
      starting.start();
      new FaultGate(world, tokens, faults, calls)
          .install(service(starting, MainHttpServer.class).getRouter());
      senders.start();
    } catch (RuntimeException e) {
      close();
      throw new IllegalStateException("starting the simulator on port " + wantedPort, e);
    }
  }

  /** The port it listens on. */
  public int port() {
    if (main == null) {
      throw new IllegalStateException("the simulator is not started");
    }
    return service(main, VertxPlatformHttpServer.class).getPort();
  }

  /** The channels it knows, the same in every run. */
  public List<SimulatedChannel> channels() {
    return world.channels();
  }

  @Override
  public void close() {
    if (webhooks != null) {
      webhooks.close();
    }
    if (scrapers != null) {
      scrapers.close();
    }
    if (main != null) {
      main.stop();
    }
    if (uploads != null) {
      delete(uploads);
      uploads = null;
    }
  }

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("simulator-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Camel only logs it when its HTTP server finds the port taken, and starts without. */
  private static void requireFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, LOOPBACK)) {
      socket.setReuseAddress(true);
    } catch (IOException e) {
      throw new IllegalStateException("the simulator cannot have port " + port, e);
    }
  }

  private static <T> T service(Main main, Class<T> type) {
    T service = main.getCamelContext().hasService(type);
    if (service == null) {
      throw new IllegalStateException("the simulator has no " + type.getSimpleName());
    }
    return service;
  }

  /** A Main that hears of nothing but what it is told here, although the product is beside it. */
  private static final class IsolatedMain extends Main {
    IsolatedMain(int port, Path uploads) {
      // "false" is no location: with one set, Camel reads neither application.properties nor a
      // profile; with initial and override properties, no variable names files of them.
      setPropertyPlaceholderLocations("false");
      Properties properties = new Properties();
      properties.setProperty("camel.main.name", "simulator");
      properties.setProperty(
          "camel.main.routesIncludePattern", "file:embedded/simulator/*.camel.yaml");
      properties.setProperty("camel.main.jmxEnabled", "false");
      properties.setProperty("camel.main.streamCachingEnabled", "false");
      properties.setProperty("camel.main.autoConfigurationFailFast", "true");
      properties.setProperty("camel.main.autoConfigurationLogSummary", "false");
      properties.setProperty("camel.main.shutdownTimeout", "5");
      properties.setProperty("camel.main.startupSummaryLevel", "Oneline");
      properties.setProperty("camel.server.enabled", "true");
      properties.setProperty("camel.server.host", LOOPBACK.getHostAddress());
      properties.setProperty("camel.server.port", String.valueOf(port));
      // Camel's own is one for all users of a machine: whoever comes second cannot write in it, and
      // a token request, which is a form, is answered 500.
      properties.setProperty("camel.server.fileUploadDirectory", uploads.toString());
      setInitialProperties(properties);
      setOverrideProperties(properties);
      configure().setAutoConfigurationEnvironmentVariablesEnabled(false);
      configure().setAutoConfigurationSystemPropertiesEnabled(false);
      // It stops when it is closed, after the product has drained, and not on the JVM's signal.
      setShutdownStrategy(new SimpleMainShutdownStrategy());
    }

    @Override
    protected CamelContext createCamelContext() {
      CamelContext context = super.createCamelContext();
      PropertiesComponent properties = (PropertiesComponent) context.getPropertiesComponent();
      properties.setEnvironmentVariableMode(PropertiesComponent.ENVIRONMENT_VARIABLES_MODE_NEVER);
      properties.setSystemPropertiesMode(PropertiesComponent.SYSTEM_PROPERTIES_MODE_NEVER);
      return context;
    }
  }
}
