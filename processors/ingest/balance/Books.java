package ingest.balance;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/** What each target was to get of the retained days, and what became of it, at one instant. */
public final class Books {
  /** {@code accepted} is what was to be delivered; the others are what became of it. */
  public record Account(long accepted, long delivered, long pending, long dead, long abandoned) {
    /** What is accounted for too little, or too much where it is negative. */
    public long difference() {
      return accepted - delivered - pending - dead - abandoned;
    }
  }

  /** From chunk rows, whose number does not grow with the events, and from the exceptions. */
  private static final String ACCOUNTS =
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
             coalesce(i.dead, 0) AS dead, coalesce(i.abandoned, 0) AS abandoned
      FROM ingest.target t LEFT JOIN chunks c ON c.target = t.name LEFT JOIN items i ON i.target = t.name
      ORDER BY t.name
      """;

  private final DmDatabase dm;

  public Books(DmDatabase dm) {
    this.dm = dm;
  }

  /** By target. */
  public Map<String, Account> accounts() throws SQLException {
    Map<String, Account> accounts = new TreeMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(ACCOUNTS);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        accounts.put(
            rows.getString("name"),
            new Account(
                rows.getLong("accepted"),
                rows.getLong("delivered"),
                rows.getLong("pending"),
                rows.getLong("dead"),
                rows.getLong("abandoned")));
      }
    }
    return accounts;
  }
}
