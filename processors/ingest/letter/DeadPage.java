package ingest.letter;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A page of dead letters that something else becomes of.
 *
 * @param last where the next page goes on; null when there was nothing
 * @param events how many, by target
 */
record DeadPage(@Nullable Place last, Map<String, Long> events) {

  long total() {
    return events.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Changes the next {@code most} behind {@code after}; in the transaction of the position.
   *
   * @param bound {@link #diedBy} or {@link #committedBy}
   */
  static DeadPage change(
      Connection tx, Filter filter, Query bound, @Nullable Place after, int most, Query becomes)
      throws SQLException {
    Letters.inOrder(tx, filter);
    Place last = null;
    Map<String, Long> events = new TreeMap<>();
    try (PreparedStatement change = changing(filter, bound, after, most, becomes).prepare(tx);
        ResultSet rows = change.executeQuery()) {
      while (rows.next()) {
        last = Place.of(rows);
        events.merge(last.target(), 1L, Long::sum);
      }
    }
    return new DeadPage(last, events);
  }

  /**
   * Rows are locked in their order, so that two that overlap wait for each other and never in a
   * circle; what the other took meanwhile is left out.
   */
  static Query changing(
      Filter filter, Query bound, @Nullable Place after, int most, Query becomes) {
    return new Query()
        .add(
            """
            WITH page AS MATERIALIZED (
                SELECT i.target, i.type, i.fingerprint, i.died_at, i.event_id, i.day
                FROM ingest.delivery_item i
                WHERE""")
        .add(meant(filter, bound, after))
        .add(
            """
                ORDER BY i.target, i.type, i.fingerprint, i.died_at, i.event_id
                LIMIT ?
                FOR UPDATE
            ), changed AS (
                UPDATE ingest.delivery_item i SET""",
            most)
        .add(becomes)
        .add(
            """
                FROM page p
                WHERE i.day = p.day AND i.target = p.target AND i.event_id = p.event_id
            )
            SELECT i.target, i.type, i.fingerprint, i.died_at, i.event_id
            FROM page i
            ORDER BY i.target, i.type, i.fingerprint, i.died_at, i.event_id
            """);
  }

  /** Whether any is left: a page is empty, too, when another took all that it waited for. */
  static boolean left(Connection tx, Filter filter, Query bound, @Nullable Place after)
      throws SQLException {
    Query query =
        new Query()
            .add("SELECT EXISTS (SELECT FROM ingest.delivery_item i WHERE")
            .add(meant(filter, bound, after))
            .add(")");
    try (PreparedStatement any = query.prepare(tx);
        ResultSet row = any.executeQuery()) {
      row.next();
      return row.getBoolean(1);
    }
  }

  private static Query meant(Filter filter, Query bound, @Nullable Place after) {
    Query query = new Query().add(filter.dead());
    if (after != null) {
      query.add(after.behind(filter));
    }
    return query.add(bound);
  }

  /** What was dead at a preview, and is since. */
  static Query diedBy(String seen) {
    return new Query().add("AND ingest.was_there(i.xmin, CAST(? AS pg_snapshot))", seen);
  }

  /** What was committed by a preview, and died before it or since. */
  static Query committedBy(String seen) {
    return new Query()
        .add(
            """
            AND EXISTS (SELECT FROM ingest.ingest_outbox o
                        WHERE o.day = i.day AND o.chunk = i.chunk AND o.pos = i.pos
                          AND ingest.was_there(o.xmin, CAST(? AS pg_snapshot)))""",
            seen);
  }
}
