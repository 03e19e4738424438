package ingest.embedded.postgres;

import ingest.settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL on 127.0.0.1 with its data below one folder, kept alive: when its postmaster dies,
 * another takes the port. What was committed is there again; connections are lost, and their pools
 * make new ones.
 *
 * <p>It runs in a session of its own: a terminal's Ctrl-C or the kill of this JVM does not reach
 * it, and {@link #close} alone stops it. What a killed JVM left running is adopted by the next.
 */
public final class PostgresServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresServer.class);

  /** Crash recovery of a busy day takes longer than a minute. */
  private static final Duration START_PATIENCE = Duration.ofMinutes(2);

  private static final Duration STOP_PATIENCE = Duration.ofMinutes(1);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(200);
  private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(30);
  private static final String ADMINISTRATOR = "postgres";

  /** What is promised rests on the first three; they are PostgreSQL's defaults, and stated. */
  private static final Map<String, String> SERVER =
      new TreeMap<>(
          Map.of(
              "fsync", "on",
              "synchronous_commit", "on",
              "full_page_writes", "on",
              "shared_buffers", "256MB",
              "max_wal_size", "4GB",
              "max_connections", "100",
              "listen_addresses", "127.0.0.1",
              "unix_socket_directories", ""));

  private final Programs programs;
  private final Path data;
  private final int port;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread keeper = new Thread(this::keep, "embedded-postgres");

  private PostgresServer(Programs programs, Path data, int port) {
    this.programs = programs;
    this.data = data;
    this.port = port;
  }

  private PostgresServer kept() {
    keeper.setDaemon(true);
    keeper.start();
    return this;
  }

  /**
   * Starts the server of a folder, or adopts the one that still runs on it, on whatever port.
   *
   * @param freePort asked only when a server has to be started
   * @throws SettingException when it does not start; names the log
   */
  public static PostgresServer start(Path folder, IntSupplier freePort) throws IOException {
    return start(folder, freePort, new Programs(Binaries.unpack(folder)));
  }

  /** The same with programs that are not those of the class path. */
  static PostgresServer start(Path folder, IntSupplier freePort, Programs programs)
      throws IOException {
    Path data = Files.createDirectories(folder).resolve("data");
    Optional<PostmasterFile> running = Files.exists(data) ? running(data) : Optional.empty();
    int port = running.isPresent() ? running.get().port() : freePort.getAsInt();
    if (running.isPresent()) {
      LOG.info("adopted PostgreSQL, process {}, port {}", running.get().pid(), port);
      return new PostgresServer(programs, data, port).kept();
    }
    create(programs, data);
    PostgresServer server = new PostgresServer(programs, data, port);
    if (server.launch().code() != 0) {
      throw new SettingException(
          "PostgreSQL did not start on port %d; see %s".formatted(port, log(data)));
    }
    return server.kept();
  }

  /** Returns when it takes connections, or does not. */
  private Programs.End launch() throws IOException {
    List<String> options = new ArrayList<>(List.of("-p " + port));
    SERVER.forEach((name, value) -> options.add("-c " + name + "=" + value));
    return programs.run(
        "pg_ctl",
        List.of(
            "start",
            "-w",
            "-t",
            seconds(START_PATIENCE),
            "-D",
            data.toString(),
            "-l",
            log(data).toString(),
            "-o",
            String.join(" ", options)));
  }

  private static Path log(Path data) {
    return data.resolveSibling("log");
  }

  /**
   * Starts it again until this server is closed. Backends that outlive their postmaster hold the
   * data folder for as long as their statement runs; until they are gone it is tried again.
   */
  private void keep() {
    try {
      while (!closing.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        if (!serves()) {
          restart();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean serves() {
    try {
      Optional<PostmasterFile> file = PostmasterFile.read(data);
      return file.isPresent() && file.get().runsFrom(folder(data));
    } catch (IOException | NumberFormatException e) { // being written, or not readable just now
      return true;
    }
  }

  private void restart() throws InterruptedException {
    LOG.warn("PostgreSQL on port {} died and is started again; see {}", port, log(data));
    Duration backoff = FIRST_BACKOFF;
    while (!closing.await(0, TimeUnit.MILLISECONDS)) {
      String why;
      try {
        Programs.End end = running(data).isPresent() ? new Programs.End(0, "") : launch();
        if (end.code() == 0) {
          LOG.info("PostgreSQL is back on port {}", port);
          return;
        }
        why = end.output().lines().reduce("", (first, last) -> last);
      } catch (IOException | SettingException e) {
        why = e.toString();
      }
      LOG.warn("PostgreSQL does not start yet ({}); again in {}", why, backoff);
      if (closing.await(backoff.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
      backoff = backoff.multipliedBy(2);
      if (backoff.compareTo(LONGEST_BACKOFF) > 0) {
        backoff = LONGEST_BACKOFF;
      }
    }
  }

  /**
   * The JDBC address of a database of the folder for its administrator, where a server runs on it
   * and takes connections.
   */
  public static Optional<String> running(Path folder, String database) {
    return running(folder, database, ADMINISTRATOR);
  }

  /** The same for another user. */
  public static Optional<String> running(Path folder, String database, String user) {
    try {
      Path data = folder.resolve("data");
      if (!Files.exists(data)) {
        return Optional.empty();
      }
      Path real = data.toRealPath().resolveSibling(".").normalize();
      return PostmasterFile.read(data)
          .filter(file -> file.ready() && file.runsFrom(real))
          .map(file -> url(file.port(), database, user));
    } catch (IOException e) {
      return Optional.empty(); // it ended meanwhile
    }
  }

  public int port() {
    return port;
  }

  /** The JDBC address of a database for its administrator; it is created if it is not there. */
  public String database(String name) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url(port, "postgres", ADMINISTRATOR));
        PreparedStatement known =
            connection.prepareStatement("SELECT 1 FROM pg_database WHERE datname = ?");
        Statement statement = connection.createStatement()) {
      known.setString(1, name);
      if (!known.executeQuery().next()) {
        statement.execute("CREATE DATABASE " + statement.enquoteIdentifier(name, true));
      }
    }
    return url(port, name, ADMINISTRATOR);
  }

  /**
   * The same for a user that may do what {@code role} may and nothing else. Both are created if
   * they are not there, as an administrator does it before the first migration.
   */
  public String database(String name, String user, String role) throws SQLException {
    try (Connection connection = DriverManager.getConnection(database(name));
        PreparedStatement known =
            connection.prepareStatement("SELECT 1 FROM pg_roles WHERE rolname = ?");
        Statement statement = connection.createStatement()) {
      String quotedRole = statement.enquoteIdentifier(role, true);
      String quotedUser = statement.enquoteIdentifier(user, true);
      known.setString(1, role);
      if (!known.executeQuery().next()) {
        statement.execute("CREATE ROLE " + quotedRole + " NOLOGIN");
      }
      known.setString(1, user);
      if (!known.executeQuery().next()) {
        statement.execute("CREATE ROLE " + quotedUser + " LOGIN IN ROLE " + quotedRole);
      }
    }
    return url(port, name, user);
  }

  /** Disconnects clients and waits for the checkpoint; the drain is over by now. */
  @Override
  public void close() {
    closing.countDown();
    try {
      keeper.join(); // what it has begun to start is there to be stopped
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      Programs.End end =
          programs.run(
              "pg_ctl",
              List.of(
                  "stop", "-m", "fast", "-w", "-t", seconds(STOP_PATIENCE), "-D", data.toString()));
      if (end.code() != 0 && Files.exists(PostmasterFile.path(data))) {
        LOG.warn("PostgreSQL did not stop and keeps running on {}: {}", data, end.output());
      }
    } catch (IOException e) {
      LOG.warn("stopping PostgreSQL on {}", data, e);
    }
  }

  /** Initialised aside and renamed, so that a folder called {@code data} is always whole. */
  private static void create(Programs programs, Path data) throws IOException {
    if (Files.exists(data)) {
      return;
    }
    Path aside = data.resolveSibling("data.new");
    Folders.delete(aside);
    Programs.End end =
        programs.run(
            "initdb",
            List.of(
                "--pgdata=" + aside,
                "--username=" + ADMINISTRATOR,
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8"));
    if (end.code() != 0) {
      throw new SettingException(
          "PostgreSQL could not create its data folder %s: %s".formatted(aside, end.output()));
    }
    Files.move(aside, data);
  }

  /**
   * The living postmaster of the folder, once it takes connections.
   *
   * @throws SettingException when it neither ends nor gets ready
   */
  private static Optional<PostmasterFile> running(Path data) throws IOException {
    Path folder = folder(data);
    Instant patience = Instant.now().plus(START_PATIENCE);
    while (true) {
      Optional<PostmasterFile> file = PostmasterFile.read(data);
      if (file.isEmpty() || (file.get().ready() && file.get().runsFrom(folder))) {
        return file;
      }
      if (!file.get().runsFrom(folder)) {
        if (file.get().alive()) {
          // The pid is another program's by now, and PostgreSQL would refuse to start. Whether a
          // backend is left behind it finds out by the folder's shared memory.
          Files.delete(PostmasterFile.path(data));
        }
        return Optional.empty();
      }
      if (Instant.now().isAfter(patience)) {
        throw new SettingException(
            "PostgreSQL, process %d, runs on %s and does not get ready: stop it and start again; see %s"
                .formatted(file.get().pid(), data, log(data)));
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  /** Where its programs run from. */
  private static Path folder(Path data) throws IOException {
    return data.toRealPath().resolveSibling(".").normalize();
  }

  private static String seconds(Duration patience) {
    return Long.toString(patience.toSeconds());
  }

  private static String url(int port, String database, String user) {
    return "jdbc:postgresql://127.0.0.1:%d/%s?user=%s".formatted(port, database, user);
  }
}
