package ingest.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The {@code dm} database: schemas {@code dm} and {@code ingest}. */
public record DmDatabase(HikariDataSource pool) implements AutoCloseable {
  private static final Pattern HOST =
      Pattern.compile("(?:\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?");

  private static final String TRANSACTION_RESOLUTION_UNKNOWN = "08007";

  /** A transaction's work; may run again after a lost connection, so its effects must be fenced. */
  public interface Work<R> {
    R run(Connection tx) throws SQLException;
  }

  public static DmDatabase open(Settings settings) {
    return new DmDatabase(
        pool("dm", "dm.database-url", settings, settings.number("dm.pool-size", 2, 200)));
  }

  public Connection connection() throws SQLException {
    return pool.getConnection();
  }

  /**
   * Runs {@code work} in one transaction; it is committed when this returns.
   *
   * @throws SQLException when it is not known to be committed: also when COMMIT came with a
   *     warning, which is what a cancelled wait for the synchronous standby looks like
   */
  public <R> R transaction(Work<R> work) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      connection.setAutoCommit(false);
      try {
        R result = work.run(connection);
        connection.clearWarnings();
        connection.commit();
        SQLWarning doubt = connection.getWarnings();
        if (doubt != null) {
          throw new SQLException(
              "commit in doubt: " + doubt.getMessage(), TRANSACTION_RESOLUTION_UNKNOWN, doubt);
        }
        return result;
      } catch (SQLException | RuntimeException e) {
        rollBack(connection, e);
        throw e;
      }
    }
  }

  /** A connection that is lost has nothing to roll back; what is told is the loss. */
  private static void rollBack(Connection connection, Exception cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    pool.close();
  }

  /**
   * A bounded pool whose sessions are in UTC.
   *
   * @throws SettingException when the database cannot be reached; names the variable, not the DSN
   */
  public static HikariDataSource pool(String name, String key, Settings settings, int size) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    try {
      config.setJdbcUrl(jdbc(settings.text(key)));
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

  /**
   * Accepts libpq's form of a DSN too, credentials in front of the host included.
   *
   * @throws IllegalArgumentException when it is none; its message may quote the DSN
   */
  public static String jdbc(String url) {
    if (url.startsWith("jdbc:postgresql://")) {
      requireHosts(URI.create(url.substring("jdbc:".length())).getRawAuthority());
      return url;
    }
    URI uri = URI.create(url.replaceFirst("^postgres:", "postgresql:"));
    if (!"postgresql".equals(uri.getScheme())
        || uri.getHost() == null
        || uri.getRawPath().length() < 2) {
      throw new IllegalArgumentException("not postgresql://host/database");
    }
    requireHosts(uri.getRawAuthority().substring(uri.getRawAuthority().lastIndexOf('@') + 1));
    StringBuilder jdbc = new StringBuilder("jdbc:postgresql://").append(uri.getHost());
    if (uri.getPort() > 0) {
      jdbc.append(':').append(uri.getPort());
    }
    jdbc.append(uri.getRawPath()).append('?');
    if (uri.getRawQuery() != null) {
      jdbc.append(uri.getRawQuery()).append('&');
    }
    if (uri.getRawUserInfo() != null) {
      String[] user = uri.getRawUserInfo().split(":", 2);
      jdbc.append("user=").append(parameter(user[0]));
      if (user.length == 2) {
        jdbc.append("&password=").append(parameter(user[1]));
      }
    }
    return jdbc.toString();
  }

  /** The driver tells a port that is none in a log of its own, and then knows no such URL. */
  private static void requireHosts(@Nullable String hosts) {
    for (String host : String.valueOf(hosts).split(",", -1)) {
      Matcher parts = HOST.matcher(host);
      if (!parts.matches()
          || (parts.group(1) != null && Integer.parseInt(parts.group(1)) > 65_535)) {
        throw new IllegalArgumentException("not host:port");
      }
    }
  }

  /** What stands for itself before the host and for something else in a query. */
  private static String parameter(String raw) {
    return raw.replace("+", "%2B").replace("&", "%26");
  }

  private static String reason(SQLException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("unknown");
  }
}
