package ingest.consumer;

import ingest.envelope.EventId;
import ingest.envelope.InvalidEnvelope;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.camel.StaticService;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedOperation;
import org.apache.camel.api.management.ManagedResource;
import org.apache.camel.spi.IdempotentRepository;

/**
 * {@code public.processed_events}: the ids whose effect this environment has.
 *
 * <p>The batch path records ids in the transaction of their effect. As Camel's {@link
 * IdempotentRepository} it serves a route's {@code idempotentConsumer}, which has no such
 * transaction: with {@code eager: false} the id is recorded when the steps are over, so that a
 * process that is killed in between repeats them, and they have to bear that; eager, as Camel does
 * it unless told, it would skip them. Keys are event ids, as ULID or as UUID.
 */
@ManagedResource(description = "The ids of public.processed_events")
public final class ProcessedEvents implements IdempotentRepository, StaticService {
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

  private static final Duration HOUR = Duration.ofHours(1);

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

  /**
   * Records an id whose effect is there, or is being made.
   *
   * @return false when it was recorded before
   */
  @Override
  public boolean add(String key) {
    UUID id = id(key);
    return asked("recording", key, tx -> !record(tx, List.of(id)).isEmpty());
  }

  /** Whether the effect of this event is there. */
  @Override
  @ManagedOperation(description = "Whether the effect of this event is there")
  public boolean contains(String key) {
    UUID id = id(key);
    return asked(
        "looking for",
        key,
        tx -> {
          try (PreparedStatement query =
              tx.prepareStatement(
                  "SELECT EXISTS (SELECT FROM public.processed_events WHERE event_id = ?)")) {
            query.setObject(1, id);
            try (ResultSet rows = query.executeQuery()) {
              rows.next();
              return rows.getBoolean(1);
            }
          }
        });
  }

  /**
   * Forgets an id: its event is applied again when it comes again.
   *
   * @return false when it was not recorded
   */
  @Override
  @ManagedOperation(description = "Forgets an id: its event is applied again when it comes again")
  public boolean remove(String key) {
    UUID id = id(key);
    return asked(
        "forgetting",
        key,
        tx -> {
          try (PreparedStatement delete =
              tx.prepareStatement("DELETE FROM public.processed_events WHERE event_id = ?")) {
            delete.setObject(1, id);
            return delete.executeUpdate() > 0;
          }
        });
  }

  /** Nothing is left to do: {@link #add} has committed it. */
  @Override
  public boolean confirm(String key) {
    return true;
  }

  /**
   * Refused: whatever is sent again would be applied again. Retention drops what is old.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public void clear() {
    throw new UnsupportedOperationException("processed events are forgotten by retention alone");
  }

  /** Ids of the last hour; -1 while the database cannot say. */
  @ManagedAttribute(description = "Ids that were recorded within the last hour")
  public long getProcessedWithinHour() {
    try {
      Instant now = Instant.now();
      return count(now.minus(HOUR), now.plus(HOUR));
    } catch (SQLException e) {
      return -1;
    }
  }

  @Override
  public void start() {
    // the pool is there before the routes
  }

  @Override
  public void stop() {
    // and is closed after them
  }

  private interface Work {
    boolean run(Connection tx) throws SQLException;
  }

  /** What a JMX client is told has to be of a class that it knows, its cause too. */
  private boolean asked(String doing, String key, Work work) {
    try (Connection connection = env.connection()) {
      return work.run(connection);
    } catch (SQLException e) {
      throw new IllegalStateException(
          "%s processed event %s: %s".formatted(doing, key, e.getMessage()));
    }
  }

  private static UUID id(String key) {
    try {
      return key.length() == 36 ? UUID.fromString(key) : EventId.parse(key);
    } catch (InvalidEnvelope e) {
      throw new IllegalArgumentException("the key is no event id");
    }
  }
}
