package ingest.store;

import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Rows as PostgreSQL arrays, one per column: what a set-based statement unnests. */
public final class Columns {
  private Columns() {}

  /** The value of a row in one column. */
  public interface Column<R> {
    @Nullable Object of(R row);
  }

  public static <R> Array of(
      Connection connection, String type, Collection<R> rows, Column<R> column)
      throws SQLException {
    return connection.createArrayOf(type, rows.stream().map(column::of).toArray());
  }
}
