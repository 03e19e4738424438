package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The product in a process of its own, as {@code bin/ingest} starts it, with free ports and a data
 * folder of the test's. Its output is kept, so that a test can wait for a line of it.
 */
public final class IngestProcess implements AutoCloseable {
  /** Starts sooner, and is slower from then on. */
  private static final List<String> SHORT_LIVED =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();
  private static final String CLASSES = System.getProperty("java.class.path", "");
  private static final Duration START = Duration.ofMinutes(3);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Process process;
  private final Map<String, String> environment;
  private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch ready = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  private IngestProcess(Process process, Map<String, String> environment) {
    this.process = process;
    this.environment = environment;
    Thread reader = new Thread(this::read, "ingest-output");
    reader.setDaemon(true);
    reader.start();
  }

  /** Of the pollers kick-viewers alone is on, and as fast as it can. */
  static Map<String, String> viewersAlone() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("KICK_CALLS_PER_MINUTE", "0");
    for (String poller :
        List.of(
            "KICK_SUBSCRIPTIONS",
            "KICK_FOLLOWERS",
            "SCRAPERAPI_JOBS",
            "X_FOLLOWERS",
            "SHEETS_SYNC",
            "TRUST_SCORE")) {
      settings.put("POLL_" + poller + "_ENABLED", "false");
    }
    return settings;
  }

  /**
   * The settings of a run on {@code folder} whose every port is free, and in which nothing comes
   * unasked but polls.
   */
  public static Map<String, String> settings(Path folder) throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("DATA_DIR", folder.toString());
    settings.put("EMBEDDED_SIMULATOR_WEBHOOKS_PER_SECOND", "0");
    settings.putAll(viewersAlone());
    for (String port :
        List.of(
            "HTTP_PORT",
            "MANAGEMENT_PORT",
            "EMBEDDED_POSTGRES_PORT",
            "EMBEDDED_CLICKHOUSE_PORT",
            "EMBEDDED_SIMULATOR_PORT")) {
      settings.put(port, Integer.toString(freePort()));
    }
    return settings;
  }

  /** Has channels polled every so many seconds, whatever is known of them. */
  public static void pollEvery(long seconds, Map<String, String> settings) {
    for (String those : List.of("LIVE", "OFFLINE", "NEVER_LIVE")) {
      settings.put("POLL_KICK_VIEWERS_" + those + "_SECONDS", Long.toString(seconds));
    }
  }

  /**
   * A port that nobody has, below those that the kernel gives to outgoing connections: one of these
   * may be taken again before the process listens on it.
   */
  public static int freePort() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
      try (ServerSocket socket = new ServerSocket(port)) {
        if (GIVEN.add(socket.getLocalPort())) {
          return port;
        }
      } catch (BindException e) {
        // the next one
      }
    }
  }

  /** Starts it and returns at once; nothing of the test's own environment but PATH gets in. */
  public static IngestProcess start(Map<String, String> environment, String... arguments)
      throws IOException {
    return start(Path.of(""), CLASSES, List.of(), SHORT_LIVED, environment, arguments);
  }

  /**
   * The same out of reach of a terminal's Ctrl-C, which is for the program that starts it; compiled
   * as in production, where it is to bear a load.
   */
  public static IngestProcess startApart(Map<String, String> environment, String... arguments)
      throws IOException {
    return start(Path.of(""), CLASSES, List.of("setsid"), List.of(), environment, arguments);
  }

  /** The same with classes that stand before the product's. */
  public static IngestProcess startApartWith(
      Path classes, Map<String, String> environment, String... arguments) throws IOException {
    return start(
        Path.of(""),
        classes + File.pathSeparator + CLASSES,
        List.of("setsid"),
        List.of(),
        environment,
        arguments);
  }

  /** The same with {@code root} for its working directory, which has to hold what it reads. */
  static IngestProcess startIn(Path root, Map<String, String> environment, String... arguments)
      throws IOException {
    return startIn(root, CLASSES, environment, arguments);
  }

  /** The same with other classes. */
  static IngestProcess startIn(
      Path root, String classPath, Map<String, String> environment, String... arguments)
      throws IOException {
    return start(root, classPath, List.of(), SHORT_LIVED, environment, arguments);
  }

  private static IngestProcess start(
      Path root,
      String classPath,
      List<String> prefix,
      List<String> flags,
      Map<String, String> environment,
      String... arguments)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Stream.of(
                    prefix.stream(),
                    Stream.of(
                        // a JVM lets no handler have a signal that it was started to ignore, as
                        // shells start what they put in the background
                        "env",
                        "--default-signal=INT",
                        Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                        "-Xmx400m"),
                    flags.stream(),
                    Stream.of("-cp", classPath, "ingest.Main"),
                    Stream.of(arguments))
                .flatMap(part -> part)
                .toList());
    String path = builder.environment().getOrDefault("PATH", "");
    builder.environment().clear();
    builder.environment().put("PATH", path);
    builder.environment().put("HOME", System.getProperty("user.home", ""));
    builder.environment().putAll(environment);
    builder.directory(root.toAbsolutePath().toFile());
    return new IngestProcess(builder.redirectErrorStream(true).start(), environment);
  }

  /** Starts {@code run} and returns when it says that it is ready. */
  public static IngestProcess run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    String[] all = Stream.concat(Stream.of("run"), Stream.of(arguments)).toArray(String[]::new);
    IngestProcess started = start(environment, all);
    started.awaitReady();
    return started;
  }

  /** Waits until it says that it is ready; ends it where it does not come to that. */
  public void awaitReady() throws InterruptedException {
    if (!becomesReady()) {
      close();
      throw new IllegalStateException("not ready:\n" + String.join("\n", lines()));
    }
  }

  /** Waits until it is ready, or has ended without that: false. */
  public boolean becomesReady() throws InterruptedException {
    return ready.await(START.toSeconds(), TimeUnit.SECONDS) && lines().contains("ready");
  }

  /** Waits for its end, however long it runs, and the last of the output. */
  public int awaitEnd() throws InterruptedException {
    int code = process.waitFor();
    ended.await(10, TimeUnit.SECONDS);
    return code;
  }

  private void read() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
        if (line.equals("ready")) {
          ready.countDown();
        }
      }
    } catch (IOException e) {
      lines.add("(output ended: " + e.getMessage() + ")");
    } finally {
      ready.countDown();
      ended.countDown();
    }
  }

  /** What it has printed so far, both streams. */
  public List<String> lines() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  public Map<String, String> environment() {
    return environment;
  }

  public ProcessHandle handle() {
    return process.toHandle();
  }

  /** What stands beside a word of the lines that follow {@code ready}, such as {@code dm}. */
  public String said(String word) {
    String label = "  " + word + " ";
    return await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                lines().stream()
                    .filter(line -> line.startsWith(label))
                    .map(line -> line.substring(label.length()).strip())
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  /** Sends a signal, such as {@code TERM}, by the name that {@code kill} has for it. */
  public void signal(String name) throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).inheritIO().start();
    assertEquals(0, kill.waitFor());
  }

  /** Waits until it has ended by {@link #signal}: drained, and with exit code 0. */
  void drained() throws InterruptedException {
    assertEquals(0, exitCode(), () -> String.join("\n", lines()));
    List<String> said = lines();
    int draining = said.indexOf("draining");
    assertTrue(
        draining >= 0 && said.indexOf("stopped") > draining, () -> String.join("\n", lines()));
  }

  /** Waits for the end and the last of the output. */
  public int exitCode() throws InterruptedException {
    if (!process.waitFor(90, TimeUnit.SECONDS)) {
      throw new IllegalStateException("still running:\n" + String.join("\n", lines()));
    }
    ended.await(10, TimeUnit.SECONDS);
    return process.exitValue();
  }

  /** The answer of the management port. */
  public HttpResponse<String> manage(String method, String path, String body)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + environment.get("MANAGEMENT_PORT") + path))
            .timeout(Duration.ofSeconds(60))
            .header("content-type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  public JsonNode status() throws IOException, InterruptedException {
    return JSON.readTree(manage("GET", "/admin/status", "").body());
  }

  /** An action of the admin API that has to succeed. */
  JsonNode act(String path) throws IOException, InterruptedException {
    HttpResponse<String> answer = manage("POST", path, "{}");
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  /** The value of a metric, by the text before it in the scrape. */
  double metric(String series) throws IOException, InterruptedException {
    return manage("GET", "/observe/metrics", "")
        .body()
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no metric " + series));
  }

  /**
   * Stops polling and waits for the end of a run on its way: from here on nothing is accepted. The
   * run that is asked for is the way to wait, because a poller never overlaps itself.
   */
  public void pausePollers() throws IOException, InterruptedException {
    act("/admin/pollers/kick-viewers/pause");
    act("/admin/pollers/kick-viewers/run");
  }

  public void resumePollers() throws IOException, InterruptedException {
    act("/admin/pollers/kick-viewers/resume");
  }

  /** SIGKILL: no drain, no goodbye. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    exitCode();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
