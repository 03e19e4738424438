package ingest.balance;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/**
 * Puts deliveries right, in the outbox's own rows: the lanes do the rest. Each can be done again,
 * and what a worker has under its lease is left to it.
 */
final class Repairs {
  /**
   * Opens deliveries again: of a chunk that is lacking as a whole the chunk, else each event by
   * itself. An event that is on its way by now, or never was to be delivered, stays as it is.
   */
  private static final String SEND =
      """
      WITH k AS MATERIALIZED (
          SELECT e.id, e.day, e.chunk, e.pos FROM ingest.event_key e WHERE e.id = ANY (?)
      ), whole AS (
          UPDATE ingest.delivery_chunk c
          SET status = 0, attempts = c.attempts + 1, claims = 0, token = NULL, due_at = ingest.now(), settled_at = NULL
          FROM (SELECT day, chunk, count(*) AS n FROM k GROUP BY day, chunk) g
          WHERE c.day = g.day AND c.chunk = g.chunk AND c.target = ? AND c.status = 1 AND c.n_exc = 0 AND c.n = g.n
            AND NOT EXISTS (SELECT FROM k JOIN ingest.delivery_item i ON i.day = k.day AND i.target = ? AND i.event_id = k.id
                            WHERE k.day = c.day AND k.chunk = c.chunk)
          RETURNING c.day, c.chunk, c.n
      ), again AS (
          UPDATE ingest.delivery_item i
          SET status = 'pending', attempts = 1, claims = 0, token = NULL, due_at = ingest.now(), actor = 'balance', reason = 'sent again'
          FROM k WHERE i.day = k.day AND i.target = ? AND i.event_id = k.id AND i.status = 'delivered'
          RETURNING i.event_id
      ), fresh AS (
          INSERT INTO ingest.delivery_item
              (day, target, event_id, chunk, pos, type, status, attempts, due_at, actor, reason)
          SELECT o.day, c.target, o.event_id, o.chunk, o.pos, o.type, 'pending', c.attempts + 1, ingest.now(), 'balance', 'sent again'
          FROM k
          JOIN ingest.delivery_chunk c ON c.day = k.day AND c.chunk = k.chunk AND c.target = ? AND c.status IN (1, 3)
                                      AND (c.mask IS NULL OR get_bit(c.mask, k.pos) = 1)
          JOIN ingest.ingest_outbox o ON o.day = k.day AND o.chunk = k.chunk AND o.pos = k.pos
          WHERE NOT EXISTS (SELECT FROM whole w WHERE w.day = k.day AND w.chunk = k.chunk)
            AND NOT EXISTS (SELECT FROM ingest.delivery_item i
                            WHERE i.day = k.day AND i.target = c.target AND i.event_id = k.id)
          ON CONFLICT (day, target, event_id) DO NOTHING
          RETURNING day, chunk, target
      ), counted AS (
          UPDATE ingest.delivery_chunk c SET n_exc = c.n_exc + f.n
          FROM (SELECT day, chunk, target, count(*) AS n FROM fresh GROUP BY day, chunk, target) f
          WHERE c.day = f.day AND c.chunk = f.chunk AND c.target = f.target
      )
      SELECT (SELECT coalesce(sum(n), 0) FROM whole) + (SELECT count(*) FROM again) + (SELECT count(*) FROM fresh) AS events
      """;

  /** The number of exceptions of a chunk is that of its items. */
  private static final String RECOUNT =
      """
      WITH x AS MATERIALIZED (
          SELECT DISTINCT day, chunk FROM ingest.event_key WHERE id = ANY (?)
      ), i AS MATERIALIZED (
          SELECT day, chunk, count(*) AS n FROM ingest.delivery_item
          WHERE day = ANY (ARRAY(SELECT day FROM x)) AND chunk = ANY (ARRAY(SELECT chunk FROM x)) AND target = ?
          GROUP BY day, chunk
      )
      UPDATE ingest.delivery_chunk c SET n_exc = coalesce(i.n, 0)
      FROM x LEFT JOIN i ON i.day = x.day AND i.chunk = x.chunk
      WHERE c.day = x.day AND c.chunk = x.chunk AND c.target = ? AND c.status IN (1, 3) AND c.n_exc <> coalesce(i.n, 0)
      """;

  /** Where the target has no row of the chunk: one for just these events. */
  private static final String DELIVER =
      """
      INSERT INTO ingest.delivery_chunk (day, chunk, target, n, mask, due_at)
      SELECT k.day, k.chunk, CAST(? AS text), count(*), bit_or(set_bit(repeat('0', 128)::bit(128), k.pos, 1)), ingest.now()
      FROM ingest.event_key k WHERE k.id = ANY (?) GROUP BY k.day, k.chunk
      ON CONFLICT (day, chunk, target) DO NOTHING
      """;

  /** Where it has one that nobody works on: they join it as exceptions. */
  private static final String JOIN =
      """
      WITH late AS (
          INSERT INTO ingest.delivery_item (day, target, event_id, chunk, pos, type, status, due_at, actor, reason)
          SELECT o.day, c.target, o.event_id, o.chunk, o.pos, o.type, 'pending', ingest.now(), 'balance', 'was to get it'
          FROM ingest.event_key k
          JOIN ingest.delivery_chunk c ON c.day = k.day AND c.chunk = k.chunk AND c.target = ? AND c.status IN (1, 3)
                                      AND get_bit(c.mask, k.pos) = 0
          JOIN ingest.ingest_outbox o ON o.day = k.day AND o.chunk = k.chunk AND o.pos = k.pos
          WHERE k.id = ANY (?)
          ON CONFLICT DO NOTHING
          RETURNING day, chunk, target, pos
      )
      UPDATE ingest.delivery_chunk c SET mask = c.mask | m.mask, n = c.n + m.n, n_exc = c.n_exc + m.n
      FROM (SELECT day, chunk, target, count(*) AS n, bit_or(set_bit(repeat('0', 128)::bit(128), pos, 1)) AS mask
            FROM late GROUP BY day, chunk, target) m
      WHERE c.day = m.day AND c.chunk = m.chunk AND c.target = m.target
      """;

  private final DmDatabase dm;

  Repairs(DmDatabase dm) {
    this.dm = dm;
  }

  /** Opens the deliveries of events again; how many it were. */
  long send(String target, List<UUID> ids) throws SQLException {
    return dm.transaction(
        tx -> {
          try (PreparedStatement send = tx.prepareStatement(SEND)) {
            send.setArray(1, uuids(tx, ids));
            for (int p = 2; p <= 5; p++) {
              send.setString(p, target);
            }
            try (ResultSet rows = send.executeQuery()) {
              rows.next();
              return rows.getLong("events");
            }
          }
        });
  }

  /** Makes deliveries of what the target was never to get. */
  long deliver(String target, List<UUID> ids) throws SQLException {
    return dm.transaction(
        tx -> {
          try (PreparedStatement join = tx.prepareStatement(JOIN)) {
            join.setString(1, target);
            join.setArray(2, uuids(tx, ids));
            join.executeUpdate();
          }
          try (PreparedStatement make = tx.prepareStatement(DELIVER)) {
            make.setString(1, target);
            make.setArray(2, uuids(tx, ids));
            make.executeUpdate();
          }
          return (long) ids.size();
        });
  }

  /** Counts the exceptions of the events' chunks again; how many chunks it were. */
  long recount(String target, List<UUID> ids) throws SQLException {
    return dm.transaction(
        tx -> {
          try (PreparedStatement recount = tx.prepareStatement(RECOUNT)) {
            recount.setArray(1, uuids(tx, ids));
            recount.setString(2, target);
            recount.setString(3, target);
            return (long) recount.executeUpdate();
          }
        });
  }

  private static java.sql.Array uuids(Connection tx, List<UUID> ids) throws SQLException {
    return tx.createArrayOf("uuid", ids.toArray());
  }
}
