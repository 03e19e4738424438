package ingest.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.sql.Connection;
import java.sql.SQLException;

/** How a PostgreSQL store is reached: a bounded pool for the DSN of a setting. */
public final class PostgresPool {
  private PostgresPool() {}

  /**
   * A bounded pool whose sessions are in UTC.
   *
   * @throws SettingException when the database cannot be reached; names the variable, not the DSN
   */
  public static HikariDataSource open(String name, String key, Settings settings, int size) {
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
    config.setConnectionInitSql("SET TIME ZONE 'UTC'");
    config.addDataSourceProperty("ApplicationName", "ingest");
    config.addDataSourceProperty("connectTimeout", "5");
    config.addDataSourceProperty("socketTimeout", "60");
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
