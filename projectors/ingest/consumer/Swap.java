package ingest.consumer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Brings a live table to what its shadow holds, row by row, in a transaction that has it to itself.
 * The live table stays the table that it is, with its grants, triggers and views, and rows that are
 * equal are not written.
 */
final class Swap {
  private final Connection tx;
  private final Shape shape;
  private long removed;
  private long changed;
  private long added;

  Swap(Connection tx, Shape shape) {
    this.tx = tx;
    this.shape = shape;
  }

  void run() throws SQLException {
    String same = shape.key("l.%s = s.%s", " AND ");
    String differs = shape.told("l") + " IS DISTINCT FROM " + shape.told("s");
    removed =
        run(
            "DELETE FROM %s l WHERE NOT EXISTS (SELECT FROM %s s WHERE %s)"
                .formatted(shape.live(), shape.shadow(), same));
    changed =
        shape.unique()
            // one after the other, two rows may stand in each other's way that do not together
            ? run(
                "DELETE FROM %s l USING %s s WHERE %s AND %s"
                    .formatted(shape.live(), shape.shadow(), same, differs))
            : run(
                "UPDATE %s l SET (%s) = ROW(%s) FROM %s s WHERE %s AND %s"
                    .formatted(
                        shape.live(),
                        shape.columns("%s"),
                        shape.columns("s.%s"),
                        shape.shadow(),
                        same,
                        differs));
    long inserted =
        run(
            "INSERT INTO %s (%s) SELECT %s FROM %s s WHERE NOT EXISTS (SELECT FROM %s l WHERE %s)"
                .formatted(
                    shape.live(),
                    shape.columns("%s"),
                    shape.columns("s.%s"),
                    shape.shadow(),
                    shape.live(),
                    same));
    added = shape.unique() ? inserted - changed : inserted;
  }

  private long run(String sql) throws SQLException {
    try (PreparedStatement statement = tx.prepareStatement(sql)) {
      return statement.executeLargeUpdate();
    }
  }

  /** Rows that were in the live table alone. */
  long removed() {
    return removed;
  }

  ObjectNode told() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("removed", removed)
        .put("changed", changed)
        .put("added", added);
  }
}
