package ingest.maintenance;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Abandons what waits, is parked or is dead for longer than {@code park.max}. It can be had again
 * by a replay from the archive, and for that reason what the archive itself lacks is never
 * abandoned: its day stays.
 */
public final class TooOld {
  private static final Logger LOG = LoggerFactory.getLogger(TooOld.class);

  /** Chunks of at most 128 events, or single events, of one statement. */
  private static final int BATCH = 200;

  /** Statements of one run; the next run goes on. */
  private static final int MOST = 500;

  /** What a worker has under its lease is left to it. */
  private static final String CHUNKS =
      """
      WITH old AS (
          SELECT c.day, c.chunk, c.target
          FROM ingest.delivery_chunk c JOIN ingest.target t ON t.name = c.target AND t.kind <> 'clickhouse'
          WHERE c.status IN (0, 2) AND c.day < ((ingest.now() - make_interval(secs => ?)) AT TIME ZONE 'UTC')::date
            AND (c.token IS NULL OR c.due_at <= ingest.now())
          ORDER BY c.chunk LIMIT ?
          FOR UPDATE OF c SKIP LOCKED
      ), closed AS (
          UPDATE ingest.delivery_chunk c SET status = 1, n_exc = n, token = NULL, settled_at = ingest.now()
          FROM old WHERE c.day = old.day AND c.chunk = old.chunk AND c.target = old.target
          RETURNING c.day, c.chunk, c.target, c.mask, c.attempts
      ), gone AS (
          INSERT INTO ingest.delivery_item
              (day, target, event_id, chunk, pos, type, status, attempts, due_at, actor, reason)
          SELECT o.day, c.target, o.event_id, o.chunk, o.pos, o.type, 'abandoned', c.attempts, ingest.now(), 'maintenance', 'too old'
          FROM closed c JOIN ingest.ingest_outbox o ON o.day = c.day AND o.chunk = c.chunk
          WHERE c.mask IS NULL OR get_bit(c.mask, o.pos) = 1
          ON CONFLICT (day, target, event_id) DO NOTHING
          RETURNING target
      )
      SELECT target, count(*) FROM gone GROUP BY target
      """;

  private static final String ITEMS =
      """
      WITH old AS (
          SELECT i.day, i.target, i.event_id
          FROM ingest.delivery_item i JOIN ingest.target t ON t.name = i.target AND t.kind <> 'clickhouse'
          WHERE i.status IN ('pending', 'dead') AND i.day < ((ingest.now() - make_interval(secs => ?)) AT TIME ZONE 'UTC')::date
            AND (i.token IS NULL OR i.due_at <= ingest.now())
          LIMIT ?
          FOR UPDATE OF i SKIP LOCKED
      ), gone AS (
          UPDATE ingest.delivery_item i
          SET status = 'abandoned', token = NULL, actor = 'maintenance', reason = 'too old'
          FROM old WHERE i.day = old.day AND i.target = old.target AND i.event_id = old.event_id
          RETURNING i.target
      )
      SELECT target, count(*) FROM gone GROUP BY target
      """;

  private final DmDatabase dm;
  private final Duration park;
  private final MaintenanceMetrics metrics;

  public TooOld(DmDatabase dm, Duration park, MaintenanceMetrics metrics) {
    this.dm = dm;
    this.park = park;
    this.metrics = metrics;
  }

  /** Works in statements of bounded size; several instances share it. */
  public void abandon() throws SQLException {
    Map<String, Long> abandoned = new TreeMap<>();
    try (Connection connection = dm.connection()) {
      for (String statement : new String[] {CHUNKS, ITEMS}) {
        for (int i = 0; i < MOST && batch(connection, statement, abandoned); i++) {
          // until one finds nothing
        }
      }
    } finally {
      abandoned.forEach(
          (target, events) -> {
            metrics.abandoned(target, events);
            LOG.warn(
                "{} events for {} are abandoned: they waited, or were dead, for {} days",
                events,
                target,
                park.toDays());
          });
    }
  }

  private boolean batch(Connection connection, String statement, Map<String, Long> abandoned)
      throws SQLException {
    boolean any = false;
    try (PreparedStatement abandon = connection.prepareStatement(statement)) {
      abandon.setLong(1, park.toSeconds());
      abandon.setInt(2, BATCH);
      try (ResultSet rows = abandon.executeQuery()) {
        while (rows.next()) {
          any = true;
          abandoned.merge(rows.getString(1), rows.getLong(2), Long::sum);
        }
      }
    }
    return any;
  }
}
