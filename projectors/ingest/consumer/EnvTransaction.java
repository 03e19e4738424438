package ingest.consumer;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** How a transaction of an environment waits for locks and begins again. */
final class EnvTransaction {
  /** How long a statement waits for a lock before its request is answered 503. */
  private static final String LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'";

  /** How often a transaction is tried that PostgreSQL ends for the sake of another. */
  private static final int TRIES = 4;

  private EnvTransaction() {}

  /** What is done in it; may be done again, after a roll-back. */
  interface Work<R> {
    R run(Connection tx) throws SQLException;
  }

  /**
   * Committed when this returns; when it throws, nothing happened.
   *
   * <p>Several projectors write one table, each in the order of its keys, so two batches may lock
   * crosswise what different projectors of theirs write. PostgreSQL then ends one of them; nothing
   * of it was done, and it begins again.
   */
  static <R> R run(EnvDatabase env, Work<R> work) throws SQLException {
    for (int left = TRIES - 1; ; left--) {
      try {
        return once(env, work);
      } catch (SQLException e) {
        if (left == 0 || !worthAnotherTry(e)) {
          throw e;
        }
      }
    }
  }

  private static <R> R once(EnvDatabase env, Work<R> work) throws SQLException {
    try (Connection tx = env.connection()) {
      tx.setAutoCommit(false);
      try {
        execute(tx, LOCK_TIMEOUT);
        R result = work.run(tx);
        tx.commit();
        return result;
      } catch (SQLException | RuntimeException e) {
        rollBack(tx, e);
        throw e;
      }
    }
  }

  static void execute(Connection tx, String statement) throws SQLException {
    try (Statement statements = tx.createStatement()) {
      statements.execute(statement);
    }
  }

  /** A connection that is lost has nothing to roll back; what is told is the loss. */
  private static void rollBack(Connection tx, Exception cause) {
    try {
      tx.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  /** A deadlock, or a serialization failure. */
  private static boolean worthAnotherTry(SQLException e) {
    return "40P01".equals(e.getSQLState()) || "40001".equals(e.getSQLState());
  }
}
