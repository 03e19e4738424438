package ingest.consumer;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

/** {@code public.processed_events}: the ids whose effect this environment has. */
public final class ProcessedEvents {
  /** Days of partitions made ahead, today included. */
  private static final int DAYS = 8;

  private final EnvDatabase env;

  public ProcessedEvents(EnvDatabase env) {
    this.env = env;
  }

  /**
   * Records the ids that are new, in the transaction of their projection.
   *
   * @return those that were new. Ids go in sorted: two batches that overlap in another order would
   *     deadlock
   */
  static Set<UUID> record(Connection tx, Collection<UUID> ids) throws SQLException {
    Set<UUID> fresh = new HashSet<>();
    try (PreparedStatement insert =
        tx.prepareStatement(
            """
            INSERT INTO public.processed_events (event_id)
            SELECT i FROM unnest(?::uuid[]) i ORDER BY i
            ON CONFLICT DO NOTHING RETURNING event_id
            """)) {
      insert.setArray(1, tx.createArrayOf("uuid", ids.toArray()));
      try (ResultSet rows = insert.executeQuery()) {
        while (rows.next()) {
          fresh.add(rows.getObject(1, UUID.class));
        }
      }
    }
    return fresh;
  }

  /** Takes back ids whose projection failed, in the same transaction. */
  static void forget(Connection tx, Collection<UUID> ids) throws SQLException {
    try (PreparedStatement delete =
        tx.prepareStatement("DELETE FROM public.processed_events WHERE event_id = ANY (?)")) {
      delete.setArray(1, tx.createArrayOf("uuid", ids.toArray()));
      delete.executeUpdate();
    }
  }

  /** How many were processed from {@code from} (inclusive) to {@code to} (exclusive). */
  public long count(Instant from, Instant to) throws SQLException {
    try (Connection connection = env.connection();
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT count(*) FROM public.processed_events WHERE processed_at >= ? AND processed_at < ?")) {
      query.setObject(1, from.atOffset(ZoneOffset.UTC));
      query.setObject(2, to.atOffset(ZoneOffset.UTC));
      try (ResultSet rows = query.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  /** Makes the partitions of today and the week ahead; idempotent. */
  public void makePartitions() throws SQLException {
    try (Connection connection = env.connection();
        PreparedStatement make =
            connection.prepareStatement(
                "SELECT public.processed_events_make_partitions((now() AT TIME ZONE 'UTC')::date, ?)")) {
      make.setInt(1, DAYS);
      make.execute();
    }
  }
}
