package ingest.projection;

import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rows as the arrays of a set-based statement, one for each column. */
public final class Columns {
  private Columns() {}

  /** What a column has of one row. */
  public interface Value<R, T> {
    @Nullable T of(R row);
  }

  public static <R> Array texts(Connection tx, Collection<R> rows, Value<R, String> value)
      throws SQLException {
    return array(tx, "text", rows, value);
  }

  public static <R> Array flags(Connection tx, Collection<R> rows, Value<R, Boolean> value)
      throws SQLException {
    return array(tx, "bool", rows, value);
  }

  public static <R> Array ints(Connection tx, Collection<R> rows, Value<R, Integer> value)
      throws SQLException {
    return array(tx, "int", rows, value);
  }

  public static <R> Array bigints(Connection tx, Collection<R> rows, Value<R, Long> value)
      throws SQLException {
    return array(tx, "bigint", rows, value);
  }

  public static <R> Array doubles(Connection tx, Collection<R> rows, Value<R, Double> value)
      throws SQLException {
    return array(tx, "float8", rows, value);
  }

  public static <R> Array uuids(Connection tx, Collection<R> rows, Value<R, UUID> value)
      throws SQLException {
    return array(tx, "uuid", rows, value);
  }

  public static <R> Array times(Connection tx, Collection<R> rows, Value<R, Instant> value)
      throws SQLException {
    return array(
        tx,
        "timestamptz",
        rows,
        row -> {
          Instant time = value.of(row);
          return time == null ? null : time.atOffset(ZoneOffset.UTC).toString();
        });
  }

  private static <R> Array array(Connection tx, String type, Collection<R> rows, Value<R, ?> value)
      throws SQLException {
    return tx.createArrayOf(type, rows.stream().map(value::of).toArray());
  }
}
