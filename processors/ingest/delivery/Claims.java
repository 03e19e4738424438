package ingest.delivery;

import ingest.envelope.EventId;
import ingest.outbox.Original;
import ingest.outbox.OutboxEvent;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what is due under a lease, by status, never by an id cursor: ids commit out of order.
 *
 * <p>Leases and due times are the database's clock alone. SKIP LOCKED lets instances work side by
 * side; the token fences: who settles late settles nothing. Only a target whose mode is {@code
 * live} is claimed for. Thread-safe.
 *
 * <p>A claim that ended without a word lost its worker, and nobody can tell whether one of its
 * events took the worker down or an operator killed the process. What tells is repetition, alone
 * and over time: a chunk that was lost twice is taken apart; an item that was lost once is sent
 * alone from then on, each time after a longer pause ({@link #CLAIM_ITEMS}), and is dead only when
 * five such tries in a row lost their worker, over some six hours. A kill hits what happens to be
 * on its way, and whatever comes back to a living worker is cleared, so that a process may be
 * killed any number of times and no event pays.
 */
public final class Claims {
  private static final Logger LOG = LoggerFactory.getLogger(Claims.class);

  /** From this claim on a chunk is taken apart: its batch has been lost twice before. */
  private static final int EXPLODE_AT = 3;

  /** A single event that took its worker down this often, alone, is dead. */
  private static final int CRASHES = 5;

  /**
   * Envelopes and calls of one batch: with what its rows are made of, four times this is in memory.
   * Only what one chunk has more goes beyond it.
   */
  static final int BATCH_BYTES = 8 << 20;

  /** HOT, because due_at is in no index of open chunks. floor: see {@link Lane#floor}. */
  private static final String CLAIM_CHUNKS =
      """
      UPDATE ingest.delivery_chunk
      SET claims = claims + 1, token = ?, due_at = ingest.now() + make_interval(secs => ?)
      WHERE target = ? AND (day, chunk) IN (
          SELECT day, chunk FROM ingest.delivery_chunk
          WHERE target = ? AND status = 0 AND chunk >= ? AND due_at <= ingest.now()
            AND EXISTS (SELECT FROM ingest.target WHERE name = ? AND mode = 'live')
          ORDER BY chunk
          LIMIT ?
          FOR UPDATE SKIP LOCKED
      )
      RETURNING day, chunk, claims, attempts
      """;

  /**
   * The same for the archive, which gets the calls with their events: of the oldest chunks as many
   * as have the bytes of a batch, and one at least. Lengths are read without the values.
   */
  private static final String CLAIM_CHUNKS_OF_ARCHIVE =
      """
      WITH open AS MATERIALIZED (
          SELECT day, chunk FROM ingest.delivery_chunk
          WHERE target = ? AND status = 0 AND chunk >= ? AND due_at <= ingest.now()
            AND EXISTS (SELECT FROM ingest.target WHERE name = ? AND mode = 'live')
          ORDER BY chunk
          LIMIT ?
          FOR UPDATE SKIP LOCKED
      ), sized AS (
          SELECT open.day, open.chunk, sum(o.bytes) OVER (ORDER BY open.chunk) - o.bytes AS before
          FROM open, LATERAL (
              SELECT coalesce(sum(octet_length(envelope) + coalesce(octet_length(raw), 0)), 0) AS bytes
              FROM ingest.ingest_outbox WHERE day = open.day AND chunk = open.chunk
          ) AS o
      )
      UPDATE ingest.delivery_chunk c
      SET claims = claims + 1, token = ?, due_at = ingest.now() + make_interval(secs => ?)
      FROM sized s
      WHERE c.target = ? AND c.day = s.day AND c.chunk = s.chunk AND s.before < ?
      RETURNING c.day, c.chunk, c.claims, c.attempts
      """;

  /** An event of an open chunk that is an item already was abandoned out of it. */
  private static final String READ_CHUNKS =
      """
      SELECT o.day, o.chunk, o.pos, o.event_id, o.type, o.envelope, o.created_at, %s
      FROM ingest.ingest_outbox o
      JOIN ingest.delivery_chunk c ON c.day = o.day AND c.chunk = o.chunk AND c.target = ?
      WHERE o.day = ANY (?) AND o.chunk = ANY (?) AND c.day = ANY (?) AND c.chunk = ANY (?)
        AND (c.mask IS NULL OR get_bit(c.mask, o.pos) = 1)
        AND (c.n_exc = 0 OR (SELECT i.status FROM ingest.delivery_item i
                             WHERE i.day = o.day AND i.target = c.target AND i.event_id = o.event_id) IS NULL)
      ORDER BY o.chunk, o.pos
      """;

  /** A chunk that keeps losing its workers: each of its events becomes an item of its own. */
  private static final String EXPLODE =
      """
      WITH c AS (
          UPDATE ingest.delivery_chunk SET status = 3, n_exc = n, token = NULL, settled_at = ingest.now()
          WHERE target = ? AND day = ? AND chunk = ? AND token = ?
          RETURNING day, chunk, target, mask
      )
      INSERT INTO ingest.delivery_item (day, target, event_id, chunk, pos, type, status, due_at)
      SELECT o.day, c.target, o.event_id, o.chunk, o.pos, o.type, 'pending', ingest.now()
      FROM c JOIN ingest.ingest_outbox o USING (day, chunk)
      WHERE c.mask IS NULL OR get_bit(c.mask, o.pos) = 1
      ON CONFLICT (day, target, event_id) DO NOTHING
      """;

  /**
   * Items that were never lost go in a batch; those that were, one at a time: at once, then 3, 15,
   * 63 and 255 minutes after the lease that was lost. The first loss was in company and proves
   * nothing; what was lost five times more is dead.
   */
  private static final String CLAIM_ITEMS =
      """
      WITH due AS MATERIALIZED (
          SELECT day, target, event_id, chunk, pos, due_at FROM ingest.delivery_item
          WHERE target = ? AND status = 'pending' AND due_at <= ingest.now() AND (claims > 0) = ?
            AND (claims NOT BETWEEN 1 AND ?
                 OR due_at <= ingest.now() - make_interval(mins => (4 ^ (claims - 1))::int - 1))
            AND EXISTS (SELECT FROM ingest.target WHERE name = ? AND mode = 'live')
          ORDER BY due_at
          LIMIT ?
          FOR UPDATE SKIP LOCKED
      ), picked AS (
          SELECT due.*, sum(o.bytes) OVER (ORDER BY due.due_at, due.event_id) - o.bytes AS before
          FROM due, LATERAL (
              SELECT coalesce(sum(octet_length(envelope) + coalesce(octet_length(raw), 0)), 0) AS bytes
              FROM ingest.ingest_outbox WHERE day = due.day AND chunk = due.chunk AND pos = due.pos
          ) AS o
      )
      UPDATE ingest.delivery_item i
      SET claims = i.claims + 1, token = ?, due_at = ingest.now() + make_interval(secs => ?),
          status = CASE WHEN i.claims > ? THEN 'dead' ELSE i.status END,
          last_error = CASE WHEN i.claims > ? THEN 'took its worker down ' || i.claims - 1 || ' times' ELSE i.last_error END,
          fingerprint = CASE WHEN i.claims > ? THEN 'crash' ELSE i.fingerprint END
      FROM picked p
      WHERE i.day = p.day AND i.target = p.target AND i.event_id = p.event_id AND p.before < ?
      RETURNING i.day, i.event_id, i.chunk, i.claims, i.attempts, i.status
      """;

  private static final String READ_ITEMS =
      """
      SELECT o.day, o.chunk, o.pos, o.event_id, o.type, o.envelope, o.created_at, %s
      FROM ingest.ingest_outbox o
      WHERE o.day = ANY (?) AND o.chunk = ANY (?) AND o.event_id = ANY (?)
      ORDER BY o.chunk, o.pos
      """;

  private static final String RENEW_CHUNKS =
      """
      UPDATE ingest.delivery_chunk SET due_at = ingest.now() + make_interval(secs => ?)
      WHERE target = ? AND day = ANY (?) AND chunk = ANY (?) AND token = ?
      """;

  private static final String RENEW_ITEMS =
      """
      UPDATE ingest.delivery_item SET due_at = ingest.now() + make_interval(secs => ?)
      WHERE target = ? AND day = ANY (?) AND event_id = ANY (?) AND token = ?
      """;

  private static final String FLOOR =
      """
      SELECT coalesce(min(chunk), (SELECT last_value FROM ingest.chunk_seq))
      FROM ingest.delivery_chunk WHERE target = ? AND status = 0
      """;

  private final DmDatabase dm;
  private final Duration lease;
  private final Duration margin;
  private final LongSupplier nanos;

  /**
   * Claims for {@code lease}; what is sent in its last {@code margin} could not be settled in time.
   */
  public Claims(DmDatabase dm, Duration lease, Duration margin) {
    this(dm, lease, margin, System::nanoTime);
  }

  /** The same by another clock than {@link System#nanoTime()}. */
  Claims(DmDatabase dm, Duration lease, Duration margin, LongSupplier nanos) {
    this.dm = dm;
    this.lease = lease;
    this.margin = margin;
    this.nanos = nanos;
  }

  /** This process's clock, for what is measured and never compared with the database's. */
  long nanos() {
    return nanos.getAsLong();
  }

  /** When a lease that began at {@code since} must have seen its last request. */
  long deadline(long since) {
    return since + lease.minus(margin).toNanos();
  }

  /**
   * Keeps a batch for as long as it is worked on: once half its lease is over, the lease begins
   * again. Asked before each request.
   *
   * @return false when nothing more of it may be sent: another has a part of it, or what is sent
   *     now could not be settled in time
   */
  boolean keep(Batch batch) {
    long now = nanos();
    long untilDeadline = batch.deadline() - now;
    if (lease.minus(margin).toNanos() - untilDeadline < lease.toNanos() / 2) {
      return untilDeadline >= 0;
    }
    try {
      if (renew(batch) < batch.chunks().size() + batch.items().size()) {
        return false;
      }
      batch.renewed(deadline(now));
      return true;
    } catch (SQLException e) {
      LOG.debug("lane {}: renewing a lease: {}", batch.target().name(), e.getMessage());
      return untilDeadline >= 0;
    }
  }

  /** How many of its rows are still the batch's own; their leases begin again. */
  private int renew(Batch batch) throws SQLException {
    boolean chunks = batch.items().isEmpty();
    try (Connection connection = dm.connection();
        PreparedStatement renew =
            connection.prepareStatement(chunks ? RENEW_CHUNKS : RENEW_ITEMS)) {
      renew.setDouble(1, seconds(lease));
      renew.setString(2, batch.target().name());
      renew.setArray(
          3,
          dates(
              connection,
              chunks
                  ? batch.chunks().stream().map(Batch.ChunkClaim::day).toList()
                  : batch.items().stream().map(Batch.ItemClaim::day).toList()));
      renew.setArray(
          4,
          chunks
              ? connection.createArrayOf(
                  "bigint", batch.chunks().stream().map(Batch.ChunkClaim::chunk).toArray())
              : connection.createArrayOf(
                  "uuid", batch.items().stream().map(Batch.ItemClaim::eventId).toArray()));
      renew.setObject(5, batch.token());
      return renew.executeUpdate();
    }
  }

  /**
   * At most {@code limit} of the oldest open chunks from {@code floor} on; null when none is due.
   */
  public @Nullable Batch chunks(Target target, long floor, int limit) throws SQLException {
    UUID token = UUID.randomUUID();
    long deadline = deadline(nanos());
    try (Connection connection = dm.connection()) {
      List<Batch.ChunkClaim> claimed = new ArrayList<>();
      try (PreparedStatement claim =
          archive(target)
              ? claimOfArchive(connection, target, token, floor, limit)
              : claim(connection, target, token, floor, limit)) {
        try (ResultSet rows = claim.executeQuery()) {
          while (rows.next()) {
            claimed.add(
                new Batch.ChunkClaim(
                    rows.getObject("day", LocalDate.class),
                    rows.getLong("chunk"),
                    rows.getInt("claims"),
                    rows.getInt("attempts")));
          }
        }
      }
      List<Batch.ChunkClaim> whole = new ArrayList<>();
      for (Batch.ChunkClaim chunk : claimed) {
        if (chunk.claims() >= EXPLODE_AT) {
          explode(connection, target, chunk, token);
          LOG.warn(
              "lane {}: chunk {} lost its worker {} times; its events go one by one",
              target.name(),
              chunk.chunk(),
              chunk.claims() - 1);
        } else {
          whole.add(chunk);
        }
      }
      if (whole.isEmpty()) {
        return null;
      }
      return new Batch(
          target, token, deadline, whole, List.of(), readChunks(connection, target, whole));
    }
  }

  private PreparedStatement claim(
      Connection connection, Target target, UUID token, long floor, int limit) throws SQLException {
    PreparedStatement claim = connection.prepareStatement(CLAIM_CHUNKS);
    claim.setObject(1, token);
    claim.setDouble(2, seconds(lease));
    claim.setString(3, target.name());
    claim.setString(4, target.name());
    claim.setLong(5, floor);
    claim.setString(6, target.name());
    claim.setInt(7, limit);
    return claim;
  }

  private PreparedStatement claimOfArchive(
      Connection connection, Target target, UUID token, long floor, int limit) throws SQLException {
    PreparedStatement claim = connection.prepareStatement(CLAIM_CHUNKS_OF_ARCHIVE);
    claim.setString(1, target.name());
    claim.setLong(2, floor);
    claim.setString(3, target.name());
    claim.setInt(4, limit);
    claim.setObject(5, token);
    claim.setDouble(6, seconds(lease));
    claim.setString(7, target.name());
    claim.setLong(8, BATCH_BYTES);
    return claim;
  }

  private static boolean archive(Target target) {
    return target.kind().equals(Target.CLICKHOUSE);
  }

  /** The columns of the call that an event came with, for the archive alone. */
  private static String call(Target target) {
    return archive(target)
        ? "o.raw, o.raw_headers"
        : "NULL::bytea AS raw, NULL::text AS raw_headers";
  }

  /**
   * At most {@code limit} exceptions whose time has come, or one that lost its worker before; null
   * when none is due.
   */
  public @Nullable Batch items(Target target, int limit) throws SQLException {
    try (Connection connection = dm.connection()) {
      Batch fresh = items(connection, target, false, limit);
      return fresh != null ? fresh : items(connection, target, true, 1);
    }
  }

  private @Nullable Batch items(Connection connection, Target target, boolean lost, int limit)
      throws SQLException {
    UUID token = UUID.randomUUID();
    long deadline = deadline(nanos());
    List<Batch.ItemClaim> claimed = new ArrayList<>();
    List<Long> chunks = new ArrayList<>();
    try (PreparedStatement claim = connection.prepareStatement(CLAIM_ITEMS)) {
      claim.setString(1, target.name());
      claim.setBoolean(2, lost);
      claim.setInt(3, CRASHES);
      claim.setString(4, target.name());
      claim.setInt(5, limit);
      claim.setObject(6, token);
      claim.setDouble(7, seconds(lease));
      claim.setInt(8, CRASHES);
      claim.setInt(9, CRASHES);
      claim.setInt(10, CRASHES);
      claim.setLong(11, BATCH_BYTES);
      try (ResultSet rows = claim.executeQuery()) {
        while (rows.next()) {
          if (rows.getString("status").equals("pending")) {
            claimed.add(
                new Batch.ItemClaim(
                    rows.getObject("day", LocalDate.class),
                    rows.getObject("event_id", UUID.class),
                    rows.getInt("claims"),
                    rows.getInt("attempts")));
            chunks.add(rows.getLong("chunk"));
          } else {
            LOG.warn(
                "lane {}: event {} is dead: it took its worker down {} times",
                target.name(),
                EventId.text(rows.getObject("event_id", UUID.class)),
                CRASHES);
          }
        }
      }
    }
    if (claimed.isEmpty()) {
      return null;
    }
    try (PreparedStatement read = connection.prepareStatement(READ_ITEMS.formatted(call(target)))) {
      read.setArray(1, dates(connection, claimed.stream().map(Batch.ItemClaim::day).toList()));
      read.setArray(2, connection.createArrayOf("bigint", chunks.toArray()));
      read.setArray(
          3,
          connection.createArrayOf(
              "uuid", claimed.stream().map(Batch.ItemClaim::eventId).toArray()));
      return new Batch(target, token, deadline, List.of(), claimed, events(read));
    }
  }

  /**
   * The lowest open chunk of the target; where none is open, the last number that any chunk had, so
   * that a claim from there on finds what is committed next.
   */
  public long lowestOpen(Target target) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement statement = connection.prepareStatement(FLOOR)) {
      statement.setString(1, target.name());
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  private static void explode(
      Connection connection, Target target, Batch.ChunkClaim chunk, UUID token)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(EXPLODE)) {
      statement.setString(1, target.name());
      statement.setObject(2, chunk.day());
      statement.setLong(3, chunk.chunk());
      statement.setObject(4, token);
      statement.executeUpdate();
    }
  }

  private static List<OutboxEvent> readChunks(
      Connection connection, Target target, List<Batch.ChunkClaim> chunks) throws SQLException {
    try (PreparedStatement read =
        connection.prepareStatement(READ_CHUNKS.formatted(call(target)))) {
      java.sql.Array days = dates(connection, chunks.stream().map(Batch.ChunkClaim::day).toList());
      java.sql.Array numbers =
          connection.createArrayOf(
              "bigint", chunks.stream().map(Batch.ChunkClaim::chunk).toArray());
      read.setString(1, target.name());
      read.setArray(2, days);
      read.setArray(3, numbers);
      read.setArray(4, days);
      read.setArray(5, numbers);
      return events(read);
    }
  }

  private static List<OutboxEvent> events(PreparedStatement read) throws SQLException {
    List<OutboxEvent> events = new ArrayList<>();
    try (ResultSet rows = read.executeQuery()) {
      while (rows.next()) {
        events.add(
            new OutboxEvent(
                rows.getObject("day", LocalDate.class),
                rows.getLong("chunk"),
                rows.getInt("pos"),
                rows.getObject("event_id", UUID.class),
                rows.getString("type"),
                rows.getBytes("envelope"),
                rows.getObject("created_at", Timestamp.class).toInstant(),
                original(rows)));
      }
    }
    return events;
  }

  private static @Nullable Original original(ResultSet rows) throws SQLException {
    byte[] raw = rows.getBytes("raw");
    String about = rows.getString("raw_headers");
    return raw == null || about == null ? null : Original.of(about, raw);
  }

  static java.sql.Array dates(Connection connection, List<LocalDate> days) throws SQLException {
    return connection.createArrayOf("date", days.stream().distinct().toArray());
  }

  static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
