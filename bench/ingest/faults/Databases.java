package ingest.faults;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;

/**
 * Databases of the embedded PostgreSQL as they were at a time, and put back: what a restore to a
 * point in time does. Whoever is connected is thrown out; nobody may come meanwhile.
 */
final class Databases {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Somebody came in between. */
  private static final String IN_USE = "55006";

  private final String url;

  /** {@code url}: of any database of the server, whose superuser is {@code postgres}. */
  Databases(String url) {
    this.url = url.replaceFirst("/[^/?]+(\\?.*)?$", "/postgres?user=postgres");
  }

  /** The name of the database of a URL. */
  static String name(String url) {
    return url.replaceFirst("\\?.*", "").replaceFirst(".*/", "");
  }

  /** Remembers a database as it is now. */
  void copy(String name, String copy) throws SQLException, InterruptedException {
    execute(name, "CREATE DATABASE %s TEMPLATE %s".formatted(copy, name));
  }

  /** Puts the copy in its place; what was there is gone. */
  void restore(String name, String copy) throws SQLException, InterruptedException {
    execute(name, "DROP DATABASE %s WITH (FORCE)".formatted(name));
    execute(copy, "ALTER DATABASE %s RENAME TO %s".formatted(copy, name));
  }

  private void execute(String emptied, String statement) throws SQLException, InterruptedException {
    Instant until = Instant.now().plus(PATIENCE);
    try (Connection connection = DriverManager.getConnection(url);
        Statement execute = connection.createStatement()) {
      while (true) {
        execute.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'"
                .formatted(emptied));
        try {
          execute.execute(statement);
          return;
        } catch (SQLException e) {
          if (!IN_USE.equals(e.getSQLState()) || Instant.now().isAfter(until)) {
            throw e;
          }
        }
        Thread.sleep(100);
      }
    }
  }
}
