package ingest.outbox;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Makes the day partitions of {@code ingest} ahead of time: at start, hourly, and when one is
 * missing.
 */
public final class Partitions {
  /** Days ahead, today included: a week of being stopped by nothing but a clock. */
  private static final int DAYS = 8;

  private final DmDatabase dm;

  public Partitions(DmDatabase dm) {
    this.dm = dm;
  }

  /** Idempotent; returns how many were made. */
  public int make() throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT ingest.make_partitions((ingest.now() AT TIME ZONE 'UTC')::date, ?)")) {
      statement.setInt(1, DAYS);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getInt(1);
      }
    }
  }
}
