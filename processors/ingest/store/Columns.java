package ingest.store;

import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Rows as PostgreSQL arrays, one per column: what a set-based statement unnests. */
public final class Columns {
  private Columns() {}

  /** The value of a row in one column. */
  public interface Column<R> {
    @Nullable Object of(R row);
  }

  /**
   * A column of {@code type}. Arrays of a class that the driver knows travel in binary, which
   * spares both ends the text of an array with its quotes.
   */
  public static <R> Array of(
      Connection connection, String type, Collection<R> rows, Column<R> column)
      throws SQLException {
    Object[] values = rows.stream().map(column::of).toArray();
    return connection.createArrayOf(
        type,
        switch (type) {
          case "text" -> Arrays.copyOf(values, values.length, String[].class);
          case "bigint" -> Arrays.copyOf(values, values.length, Long[].class);
          case "int4" -> Arrays.copyOf(values, values.length, Integer[].class);
          case "smallint" -> Arrays.copyOf(values, values.length, Short[].class);
          default -> values;
        });
  }

  /** Bytes of a row. */
  public interface Bytes<R> {
    byte @Nullable [] of(R row);
  }

  /**
   * A column of {@code bytea}; a large text goes cheaper this way, and becomes one by {@code
   * convert_from}.
   */
  public static <R> Array bytes(Connection connection, Collection<R> rows, Bytes<R> column)
      throws SQLException {
    return connection.createArrayOf("bytea", rows.stream().map(column::of).toArray(byte[][]::new));
  }
}
