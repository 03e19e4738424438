package ingest.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** How a PostgreSQL store is reached: a bounded pool for the DSN of a setting. */
public final class PostgresPool {
  /** No statement of the product takes this long: what does, has lost its server. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * How long a transaction may do nothing: a process that stands still (SIGSTOP, a machine that is
   * moved) has locks that others wait for. Its transaction ends, and is tried again where it goes
   * on.
   */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private PostgresPool() {}

  /**
   * A bounded pool whose sessions are in UTC.
   *
   * @throws SettingException when the database cannot be reached; names the variable, not the DSN
   */
  public static HikariDataSource open(String name, String key, Settings settings, int size) {
    return open(name, key, settings, size, PATIENCE, "");
  }

  /** An environment's: its projectors name their tables without a schema, and mean public. */
  public static HikariDataSource environment(Settings settings) {
    return open(
        "env",
        "database.url",
        settings,
        settings.number("env.pool-size", 1, 200),
        PATIENCE,
        "; SET search_path = public");
  }

  /** The same for statements that may take as long as they do: the build of an index, a lock. */
  public static HikariDataSource patient(String name, String key, Settings settings, int size) {
    return open(name, key, settings, size, Duration.ZERO, "");
  }

  private static HikariDataSource open(
      String name, String key, Settings settings, int size, Duration patience, String furtherInit) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    try {
      config.setJdbcUrl(Dsn.jdbc(settings.text(key)));
    } catch (IllegalArgumentException e) { // its message quotes the DSN
      throw new SettingException(
          "%s is not a PostgreSQL DSN (postgresql://user:password@host:5432/database)"
              .formatted(Settings.variable(key)));
    }
    config.setMaximumPoolSize(size);
    config.setConnectionTimeout(5_000);
    config.setInitializationFailTimeout(-1);
    Duration pause = patience.isZero() ? Duration.ZERO : PAUSE;
    config.setConnectionInitSql(
        "SET TIME ZONE 'UTC'; SET plan_cache_mode = force_generic_plan; SET idle_in_transaction_session_timeout = "
            + pause.toMillis()
            + furtherInit);
    config.addDataSourceProperty("ApplicationName", "ingest");
    config.addDataSourceProperty("connectTimeout", "5");
    config.addDataSourceProperty("socketTimeout", Long.toString(patience.toSeconds()));
    config.addDataSourceProperty("tcpKeepAlive", "true");
    HikariDataSource pool = new HikariDataSource(config);
    try (Connection connection = pool.getConnection()) {
      if (connection.getMetaData().getDatabaseMajorVersion() < 15) {
        throw new SettingException(
            "%s: PostgreSQL %s is too old; 15 or later is needed"
                .formatted(
                    Settings.variable(key), connection.getMetaData().getDatabaseProductVersion()));
      }
      return pool;
    } catch (SQLException e) {
      pool.close();
      throw new SettingException(
          "%s: cannot connect: %s".formatted(Settings.variable(key), reason(e)));
    } catch (SettingException e) {
      pool.close();
      throw e;
    }
  }

  private static String reason(SQLException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("unknown");
  }
}
