package ingest.store;

import com.zaxxer.hikari.HikariDataSource;
import ingest.settings.Settings;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;

/** The {@code dm} database: schemas {@code dm} and {@code ingest}. */
public record DmDatabase(HikariDataSource pool) implements AutoCloseable {

  private static final String TRANSACTION_RESOLUTION_UNKNOWN = "08007";

  /** A transaction's work; may run again after a lost connection, so its effects must be fenced. */
  public interface Work<R> {
    R run(Connection tx) throws SQLException;
  }

  public static DmDatabase open(Settings settings) {
    return new DmDatabase(
        PostgresPool.open(
            "dm", "dm.database-url", settings, settings.number("dm.pool-size", 2, 200)));
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
}
