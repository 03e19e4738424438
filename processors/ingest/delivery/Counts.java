package ingest.delivery;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The outbox's side of the balance, over the retained days: accepted, and per target what of it.
 */
public final class Counts {
  /**
   * Where one target stands at one instant: {@code accepted} is what was to be delivered, the
   * others are what became of it; {@code oldestPendingSeconds} is 0 when nothing waits.
   */
  public record Deliveries(
      long accepted,
      long pending,
      long delivered,
      long dead,
      long abandoned,
      long oldestPendingSeconds) {
    /** What is accounted for too little, or too much where it is negative. */
    public long difference() {
      return accepted - delivered - pending - dead - abandoned;
    }
  }

  private static final String EVENTS = "SELECT count(*) FROM ingest.ingest_outbox";

  private static final String RETAINED_FROM = "SELECT min(created_at) FROM ingest.ingest_outbox";

  /** From chunk rows, whose number does not grow with the events, and from the exceptions. */
  private static final String DELIVERIES =
      """
      WITH chunks AS (
          SELECT target, sum(n) AS accepted,
                 coalesce(sum(n - n_exc) FILTER (WHERE status IN (0, 2)), 0) AS pending,
                 coalesce(sum(n - n_exc) FILTER (WHERE status = 1), 0) AS delivered
          FROM ingest.delivery_chunk GROUP BY target
      ), items AS (
          SELECT target,
                 count(*) FILTER (WHERE status = 'pending') AS pending,
                 count(*) FILTER (WHERE status = 'delivered') AS delivered,
                 count(*) FILTER (WHERE status = 'dead') AS dead,
                 count(*) FILTER (WHERE status = 'abandoned') AS abandoned
          FROM ingest.delivery_item GROUP BY target
      )
      SELECT t.name, coalesce(c.accepted, 0) AS accepted,
             coalesce(c.pending, 0) + coalesce(i.pending, 0) AS pending,
             coalesce(c.delivered, 0) + coalesce(i.delivered, 0) AS delivered,
             coalesce(i.dead, 0) AS dead, coalesce(i.abandoned, 0) AS abandoned,
             coalesce(extract(epoch FROM ingest.now() - waiting.since), 0) AS oldest
      FROM ingest.target t
      LEFT JOIN chunks c ON c.target = t.name
      LEFT JOIN items i ON i.target = t.name
      CROSS JOIN LATERAL (
          SELECT min(o.created_at) AS since
          FROM ((SELECT day, chunk FROM ingest.delivery_chunk
                 WHERE target = t.name AND status = 0 ORDER BY chunk LIMIT 1)
                UNION ALL
                (SELECT day, chunk FROM ingest.delivery_chunk
                 WHERE target = t.name AND status = 2 ORDER BY chunk LIMIT 1)
                UNION ALL
                (SELECT day, chunk FROM ingest.delivery_item
                 WHERE target = t.name AND status = 'pending' ORDER BY chunk LIMIT 1)) AS first
          JOIN ingest.ingest_outbox o USING (day, chunk)
      ) waiting
      ORDER BY t.name
      """;

  private final DmDatabase dm;

  public Counts(DmDatabase dm) {
    this.dm = dm;
  }

  public long events() throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(EVENTS);
        ResultSet rows = query.executeQuery()) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /** When the oldest retained event was committed; null while there is none. */
  public @Nullable Instant retainedFrom() throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(RETAINED_FROM);
        ResultSet rows = query.executeQuery()) {
      rows.next();
      OffsetDateTime from = rows.getObject(1, OffsetDateTime.class);
      return from == null ? null : from.toInstant();
    }
  }

  /** By target, those too that were never delivered to. */
  public Map<String, Deliveries> deliveries() throws SQLException {
    Map<String, Deliveries> counts = new TreeMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(DELIVERIES);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        counts.put(
            rows.getString("name"),
            new Deliveries(
                rows.getLong("accepted"),
                rows.getLong("pending"),
                rows.getLong("delivered"),
                rows.getLong("dead"),
                rows.getLong("abandoned"),
                rows.getLong("oldest")));
      }
    }
    return counts;
  }
}
