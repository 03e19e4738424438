package ingest.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import ingest.TestMigrations;
import ingest.consumer.EnvDatabase;
import ingest.embedded.postgres.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Two migrated databases for a test class, on one PostgreSQL for the whole test JVM. They are empty
 * before each test, and the target {@code clickhouse} is live and takes everything. In {@code dm}
 * the test is what the product is: a member of {@code ingest_writer}.
 *
 * <p>Register it as a static field. A server that a killed JVM left behind is adopted.
 */
public final class TestStores implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {
  private static final Path FOLDER = Path.of("target", "test-postgres");
  private static final String NAMES = "tests";

  private @Nullable ClockedPool dm;
  private @Nullable ClockedPool owner;
  private @Nullable ClockedPool env;

  public DmDatabase dm() {
    return new DmDatabase(opened(dm));
  }

  public EnvDatabase env() {
    return new EnvDatabase(opened(env));
  }

  /** The {@code dm} database, for what a test asks beside the product. */
  public Sql sql() {
    return new Sql(opened(dm));
  }

  /** {@code dm} as its owner, for what the product may not do. */
  public Sql owner() {
    return new Sql(opened(owner));
  }

  /** The owner's JDBC address, who may make databases too. */
  public String ownerUrl() {
    return opened(owner).getJdbcUrl();
  }

  /** The environment's database, likewise. */
  public Sql envSql() {
    return new Sql(opened(env));
  }

  /** Moves the clock of {@code dm}, for every connection that is taken from now on. */
  public void clock(Duration offset) {
    opened(dm).offset = offset;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws SQLException {
    Server server =
        context
            .getRoot()
            .getStore(Namespace.GLOBAL)
            .getOrComputeIfAbsent(Server.class, key -> new Server(), Server.class);
    String copy = server.copy("dm");
    owner = pool(server.postgres.database(copy));
    dm = pool(server.postgres.database(copy, "ingest", "ingest_writer"));
    env = pool(server.postgres.database(server.copy("env")));
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    clock(Duration.ZERO);
    sql()
        .run(
            """
            WITH k AS (DELETE FROM ingest.event_key), o AS (DELETE FROM ingest.ingest_outbox),
                 c AS (DELETE FROM ingest.delivery_chunk), i AS (DELETE FROM ingest.delivery_item),
                 s AS (DELETE FROM ingest.switch), t AS (DELETE FROM ingest.target WHERE name <> 'clickhouse')
            INSERT INTO ingest.target (name, kind, mode, types, batch, who, why)
            VALUES ('clickhouse', 'clickhouse', 'live', '{*}', 1000, 'test', 'test')
            ON CONFLICT (name) DO UPDATE SET mode = 'live', types = '{*}'
            """);
    sql()
        .run(
            """
            WITH s AS (DELETE FROM dm.stream_session), p AS (DELETE FROM dm.probe_schedule),
                 h AS (DELETE FROM dm.streamer_channel_slug_history),
                 f AS (DELETE FROM dm.kick_follow_event), u AS (DELETE FROM dm.upstream),
                 c AS (DELETE FROM dm.channel_poll), e AS (DELETE FROM dm.event_subscription),
                 r AS (DELETE FROM dm.event_subscription_refusal)
            DELETE FROM dm.streamer_channel
            """);
    envSql()
        .run(
            """
            WITH p AS (DELETE FROM public.processed_events), s AS (DELETE FROM public.streamers),
                 k AS (DELETE FROM public.kyc_status), e AS (DELETE FROM public.email_delivery)
            DELETE FROM public.channel_snapshot
            """);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    opened(dm).close();
    opened(owner).close();
    opened(env).close();
  }

  /** A pool whose sessions are in UTC, as the product's are. */
  public static ClockedPool pool(String url) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(16);
    config.setMinimumIdle(1);
    config.setConnectionInitSql("SET TIME ZONE 'UTC'");
    return new ClockedPool(config);
  }

  /** Its sessions read a clock that a test moves. */
  public static final class ClockedPool extends HikariDataSource {
    private volatile Duration offset = Duration.ZERO;

    private ClockedPool(HikariConfig config) {
      super(config);
    }

    @Override
    public Connection getConnection() throws SQLException {
      Connection connection = super.getConnection();
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET ingest.clock_offset = '" + offset.toMillis() + " milliseconds'");
      }
      return connection;
    }
  }

  private static ClockedPool opened(@Nullable ClockedPool pool) {
    if (pool == null) {
      throw new IllegalStateException("register TestStores as a static field of the test class");
    }
    return pool;
  }

  /** A port on 127.0.0.1 that nothing listens on. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Migrated once; each class gets copies. Stopped when the last test of the JVM is over. */
  private static final class Server implements AutoCloseable {
    private final PostgresServer postgres;

    Server() {
      try {
        postgres = PostgresServer.start(FOLDER, TestStores::freePort);
        execute("DROP DATABASE IF EXISTS template_dm WITH (FORCE)");
        execute("DROP DATABASE IF EXISTS template_env WITH (FORCE)");
        TestMigrations.run(postgres.database("template_dm"), postgres.database("template_env"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    /** The name of a fresh copy. */
    String copy(String of) throws SQLException {
      String name = NAMES + "_" + of;
      execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
      execute("CREATE DATABASE " + name + " TEMPLATE template_" + of);
      return name;
    }

    private void execute(String sql) throws SQLException {
      try (Connection connection = DriverManager.getConnection(postgres.database("postgres"));
          Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }

    @Override
    public void close() {
      postgres.close();
    }
  }
}
