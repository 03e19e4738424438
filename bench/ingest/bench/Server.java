package ingest.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.TestMigrations;
import ingest.embedded.postgres.PostgresServer;
import ingest.store.Dsn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The PostgreSQL that is measured: one of our own with the product's settings in a folder that goes
 * away with it, or one that is given, where databases of our own are made and dropped.
 */
final class Server implements AutoCloseable {
  private static final List<String> SETTINGS =
      List.of(
          "fsync",
          "synchronous_commit",
          "synchronous_standby_names",
          "full_page_writes",
          "wal_level",
          "wal_compression",
          "wal_sync_method",
          "data_checksums",
          "shared_buffers",
          "max_wal_size",
          "checkpoint_timeout",
          "autovacuum");

  private static final String USER = "ingest";
  private static final String ROLE = "ingest_writer";

  /** What the kernel counts in: USER_HZ is 100 wherever Linux runs Java. */
  private static final long NANOS_PER_TICK = 10_000_000;

  private final @Nullable PostgresServer own;
  private final @Nullable Path postmaster;
  private final String url;
  private final Connection connection;
  private final LongAdder statements = new LongAdder();
  private final List<String> databases = new ArrayList<>();
  private final String prefix = "ingest_bench_" + ThreadLocalRandom.current().nextInt(1_000_000);

  private Server(@Nullable PostgresServer own, @Nullable Path postmaster, String url)
      throws SQLException {
    this.own = own;
    this.postmaster = postmaster;
    this.url = url;
    this.connection = DriverManager.getConnection(url);
  }

  /** Starts one below {@code folder}. */
  static Server own(Path folder) throws IOException, SQLException {
    PostgresServer server = PostgresServer.start(folder, Ports::free);
    try {
      return started(server, folder.resolve("data").resolve("postmaster.pid"));
    } catch (SQLException | IOException e) {
      server.close();
      throw e;
    }
  }

  private static Server started(PostgresServer server, Path pid) throws IOException, SQLException {
    Path postmaster = Path.of("/proc", Files.readAllLines(pid).get(0).strip(), "stat");
    return new Server(
        server, Files.exists(postmaster) ? postmaster : null, server.database("postgres"));
  }

  /** Takes one that runs; its user may create databases. */
  static Server given(String dsn) throws SQLException {
    return new Server(null, null, Dsn.jdbc(dsn));
  }

  /** The address of a new {@code dm} database for its owner. */
  String dm() throws SQLException {
    return copy("dm");
  }

  /**
   * The same for the product: as a member of {@code ingest_writer} on a server of our own. On one
   * that is given the only user that we know is its own.
   */
  String product(String dm) throws SQLException {
    String name = dm.replaceFirst("^jdbc:postgresql://[^/]*/([^?]*).*$", "$1");
    return own == null ? dm : own.database(name, USER, ROLE);
  }

  /** The address of a new environment's database. */
  String env() throws SQLException {
    return copy("env");
  }

  private String copy(String of) throws SQLException {
    if (databases.isEmpty()) {
      String dm = create("dm", "");
      TestMigrations.run(dm, create("env", ""));
      shareLimits(dm);
    }
    return create(of + databases.size(), " TEMPLATE " + prefix + of);
  }

  /** The tables that limits are measured on are the owner's, and the product's pool fills them. */
  private static void shareLimits(String dm) throws SQLException {
    try (Connection connection = DriverManager.getConnection(dm);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO "
              + ROLE);
    }
  }

  private String create(String name, String how) throws SQLException {
    String database = prefix + name;
    execute("CREATE DATABASE " + database + how);
    databases.add(database);
    return url.replaceFirst("^(jdbc:postgresql://[^/]*/)[^?]*", "$1" + database);
  }

  /** Without the right to it, a checkpoint comes when it comes. */
  void checkpoint() throws SQLException {
    if (own != null) {
      execute("CHECKPOINT");
    }
  }

  /** Of the pools of this JVM, ever. */
  LongAdder statements() {
    return statements;
  }

  long walBytes() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /** CPU of the postmaster and of every process it has or had; 0 where that cannot be told. */
  long cpuNanos() throws IOException {
    if (postmaster == null) {
      return 0;
    }
    long ticks = ticks(postmaster, 4);
    long pid = Long.parseLong(String.valueOf(postmaster.getName(1)));
    List<Path> children;
    try (Stream<ProcessHandle> handles = ProcessHandle.of(pid).orElseThrow().children()) {
      children = handles.map(c -> Path.of("/proc", Long.toString(c.pid()), "stat")).toList();
    }
    for (Path child : children) {
      if (Files.exists(child)) {
        ticks += ticks(child, 2);
      }
    }
    return ticks * NANOS_PER_TICK;
  }

  /** The first of utime, stime, cutime, cstime: what it used, and what its dead children did. */
  private static long ticks(Path stat, int fields) throws IOException {
    String line = Files.readString(stat);
    String[] values = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = 0;
    for (int i = 0; i < fields; i++) {
      ticks += Long.parseLong(values[11 + i]);
    }
    return ticks;
  }

  /**
   * Version and settings.
   *
   * @throws SQLException also when a commit on it is not durable: such a limit is none
   */
  ObjectNode described() throws SQLException {
    ObjectNode described = JsonNodeFactory.instance.objectNode();
    described.put("own", own != null);
    described.put("version", setting("server_version"));
    ObjectNode settings = described.putObject("settings");
    for (String name : SETTINGS) {
      settings.put(name, setting(name));
    }
    for (String durable : List.of("fsync", "synchronous_commit")) {
      if (settings.path(durable).asText().equals("off")) {
        throw new SQLException(durable + " is off: what is committed there may be lost");
      }
    }
    return described;
  }

  private String setting(String name) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SHOW " + name)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Our own server is stopped; of one that was given, our databases are dropped. */
  @Override
  public void close() {
    if (own != null) {
      own.close();
      return;
    }
    try (connection) {
      for (String database : databases) {
        execute("DROP DATABASE IF EXISTS " + database + " WITH (FORCE)");
      }
    } catch (SQLException e) {
      throw new IllegalStateException("dropping the databases " + prefix + "…", e);
    }
  }
}
