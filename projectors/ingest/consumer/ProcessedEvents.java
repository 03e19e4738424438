package ingest.consumer;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** {@code public.processed_events}: the ids whose effect this environment has. */
public final class ProcessedEvents {
  /** Days of partitions made ahead, today included. */
  private static final int DAYS = 8;

  private static final String MINUTES =
      """
      SELECT ('x' || encode(substring(uuid_send(event_id) FROM 1 FOR 6), 'hex'))::bit(48)::bigint / 60000 AS minute,
             count(*) AS events,
             bit_xor(('x' || encode(substring(uuid_send(event_id) FROM 9), 'hex'))::bit(64)::bigint) AS hash
      FROM public.processed_events WHERE event_id >= ? AND event_id < ? GROUP BY 1 ORDER BY 1
      """;

  private static final String IDS =
      """
      SELECT event_id, processed_at FROM public.processed_events
      WHERE event_id >= ? AND event_id > ? AND event_id < ? ORDER BY event_id LIMIT ?
      """;

  /** What there is of one minute of ids: how many, and the XOR of their low halves. */
  public record Minute(long minute, long events, long hash) {}

  /** An id and when it was recorded. */
  public record Processed(UUID id, Instant at) {}

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

  /** Minute by minute of the ids, from {@code first} (inclusive) to {@code end} (exclusive). */
  public List<Minute> minutes(UUID first, UUID end) throws SQLException {
    List<Minute> minutes = new ArrayList<>();
    try (Connection connection = env.connection();
        PreparedStatement query = connection.prepareStatement(MINUTES)) {
      query.setObject(1, first);
      query.setObject(2, end);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          minutes.add(
              new Minute(rows.getLong("minute"), rows.getLong("events"), rows.getLong("hash")));
        }
      }
    }
    return minutes;
  }

  /**
   * At most {@code most} ids from {@code first} (inclusive) to {@code end} (exclusive) and behind
   * {@code after}, in their order.
   */
  public List<Processed> ids(UUID first, UUID after, UUID end, int most) throws SQLException {
    List<Processed> ids = new ArrayList<>();
    try (Connection connection = env.connection();
        PreparedStatement query = connection.prepareStatement(IDS)) {
      query.setObject(1, first);
      query.setObject(2, after);
      query.setObject(3, end);
      query.setInt(4, most);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          ids.add(
              new Processed(
                  rows.getObject("event_id", UUID.class),
                  rows.getObject("processed_at", OffsetDateTime.class).toInstant()));
        }
      }
    }
    return ids;
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
