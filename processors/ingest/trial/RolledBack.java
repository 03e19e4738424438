package ingest.trial;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * A database of which nothing is changed: every connection is the same transaction, which ends in a
 * rollback. A commit is a savepoint there, so that later statements see what earlier ones wrote.
 *
 * <p>Rows that it claims are locked until it ends and free again at once; others skip them, and it
 * waits for nobody's.
 */
public final class RolledBack extends AbstractDataSource implements AutoCloseable {
  private final Connection transaction;

  private RolledBack(Connection transaction) {
    this.transaction = transaction;
  }

  /**
   * Begins the transaction.
   *
   * @throws SQLException when the database cannot be reached
   */
  public static RolledBack begin(String jdbcUrl) throws SQLException {
    Properties options = new Properties();
    options.setProperty("ApplicationName", "ingest try");
    options.setProperty("connectTimeout", "3");
    options.setProperty("socketTimeout", "30");
    Connection connection = DriverManager.getConnection(jdbcUrl, options);
    try (Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("SET LOCAL TIME ZONE 'UTC'");
      statement.execute("SET LOCAL lock_timeout = '500ms'");
      statement.execute("SET LOCAL statement_timeout = '10s'");
      statement.execute("SET LOCAL idle_in_transaction_session_timeout = '120s'");
      return new RolledBack(connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public Connection getConnection() throws SQLException {
    Lease lease = new Lease();
    return (Connection)
        Proxy.newProxyInstance(
            Connection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, args) -> lease.call(method, args));
  }

  /** What one borrower did since its last commit; a failed statement spoils no more than that. */
  private final class Lease {
    private Savepoint since = transaction.setSavepoint();
    private boolean autoCommit = true;
    private boolean closed;

    Lease() throws SQLException {}

    @Nullable Object call(java.lang.reflect.Method method, Object @Nullable [] args)
        throws Throwable {
      switch (method.getName()) {
        case "commit" -> keep();
        case "rollback" -> transaction.rollback(since);
        case "close" -> {
          if (!closed) {
            closed = true;
            keep();
          }
        }
        case "isClosed" -> {
          return closed;
        }
        case "getAutoCommit" -> {
          return autoCommit;
        }
        case "setAutoCommit" -> autoCommit = args != null && Boolean.TRUE.equals(args[0]);
        case "setReadOnly", "setTransactionIsolation" -> {
          // of a transaction that has begun neither can be changed
        }
        default -> {
          try {
            return method.invoke(transaction, args);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        }
      }
      return null;
    }

    private void keep() throws SQLException {
      try {
        transaction.releaseSavepoint(since);
      } catch (SQLException e) { // a statement failed since then
        transaction.rollback(since);
      }
      if (!closed) {
        since = transaction.setSavepoint();
      }
    }
  }

  /** Takes back whatever was done. */
  @Override
  public void close() throws SQLException {
    try (transaction) {
      transaction.rollback();
    }
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    return getConnection();
  }

  /** How long a pool waits for its threads when it is closed. */
  @Override
  public int getLoginTimeout() {
    return 2;
  }
}
