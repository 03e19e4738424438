package ingest.embedded.clickhouse;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ClickHouse engine as a child process, kept alive: when it dies, another takes its port.
 *
 * <p>What a statement was answered is on disk; a statement in flight at a crash fails at its
 * sender, who repeats it.
 */
public final class EngineServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EngineServer.class);

  private static final Duration START_PATIENCE = Duration.ofMinutes(1);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(10);
  private static final Duration PING_EVERY = Duration.ofMillis(50);
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(200);
  private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(30);

  /** A child that lived this long did not die of its start. */
  private static final Duration SOUND = Duration.ofMinutes(1);

  private final List<String> command;
  private final Path log;
  private final int port;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread keeper = new Thread(this::keep, "embedded-clickhouse");
  private volatile Process child;

  private EngineServer(List<String> command, Path log, int port) throws IOException {
    this.command = command;
    this.log = log;
    this.port = port;
    this.child = launch();
  }

  /**
   * Returns when the engine answers.
   *
   * @param freePort asked when no engine of an earlier run is left
   * @throws SettingException when it does not come to answer; names the log
   */
  public static EngineServer start(Settings settings, Path folder, IntSupplier freePort)
      throws IOException {
    Path library = EngineLibrary.find(settings);
    Files.createDirectories(folder);
    EngineFolder.awaitFree(folder);
    int port = freePort.getAsInt();
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            // without it an answer on a kept connection waits for a delayed acknowledgement
            "-Dsun.net.httpserver.nodelay=true",
            // connections are our own pools'; closed in a pool they would fail the next statement
            "-Dsun.net.httpserver.idleInterval=86400",
            "-cp",
            System.getProperty("java.class.path", ""),
            EngineProcess.class.getName(),
            library.toString(),
            folder.toAbsolutePath().toString(),
            Integer.toString(port));
    EngineServer server = new EngineServer(command, folder.resolve("log"), port);
    try {
      server.awaitAnswer();
    } catch (IOException | RuntimeException e) {
      server.child.destroyForcibly();
      throw e;
    }
    server.keeper.setDaemon(true);
    server.keeper.start();
    return server;
  }

  public int port() {
    return port;
  }

  /** The child that serves now. */
  public ProcessHandle process() {
    return child.toHandle();
  }

  /** Lets running statements end, for some seconds. */
  @Override
  public void close() {
    closing.countDown();
    try {
      child.getOutputStream().close();
      keeper.join(STOP_PATIENCE.toMillis());
    } catch (IOException e) {
      LOG.warn("stopping ClickHouse, process {}", child.pid(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    child.destroyForcibly();
  }

  /** Restarts the child until this server is closed. */
  private void keep() {
    Duration backoff = FIRST_BACKOFF;
    try {
      while (true) {
        Instant since = Instant.now();
        int code = child.waitFor();
        if (closing.getCount() == 0) {
          return;
        }
        if (since.plus(SOUND).isBefore(Instant.now())) {
          backoff = FIRST_BACKOFF;
        }
        LOG.warn(
            "ClickHouse, process {}, died ({}); starts again in {}; see {}",
            child.pid(),
            code,
            backoff,
            log);
        if (closing.await(backoff.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
        try {
          child = launch();
        } catch (IOException e) {
          LOG.warn("ClickHouse cannot be started: {}", e.getMessage()); // the next try comes later
        }
        if (closing.getCount() == 0) {
          child.destroyForcibly();
          return;
        }
        backoff = backoff.multipliedBy(2);
        if (backoff.compareTo(LONGEST_BACKOFF) > 0) {
          backoff = LONGEST_BACKOFF;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Process launch() throws IOException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }

  private void awaitAnswer() throws IOException {
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest ping =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ping"))
            .timeout(START_PATIENCE)
            .build();
    Instant patience = Instant.now().plus(START_PATIENCE);
    try {
      while (!answers(client, ping)) {
        if (Instant.now().isAfter(patience)) {
          throw new SettingException(
              "ClickHouse did not answer on port %d within %d s; see %s"
                  .formatted(port, START_PATIENCE.toSeconds(), log));
        }
        if (child.waitFor(PING_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new SettingException(
              "ClickHouse did not start on port %d; see %s".formatted(port, log));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while ClickHouse started", e);
    }
  }

  private static boolean answers(HttpClient client, HttpRequest ping) throws InterruptedException {
    try {
      return client.send(ping, BodyHandlers.ofString()).body().equals("Ok.\n");
    } catch (IOException notYet) {
      return false;
    }
  }
}
