package ingest.letter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.envelope.EventId;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one target: the events of its open chunks, and the exceptions among them, which
 * are rows of their own. What a worker has under its lease is left to it, and told, so that the
 * caller comes back to it.
 */
final class Waiting {
  /** Chunks of one page of a count: at most 128 events each. */
  private static final int COUNTED = 500;

  /** Where the open chunks end: a cause belongs to exceptions alone. */
  private static final long NONE = -1;

  private final Filter filter;
  private final String target;

  /** {@code filter}: names the target. */
  Waiting(Filter filter) {
    this.filter = filter;
    this.target = String.valueOf(filter.target());
  }

  /**
   * How many there are.
   *
   * @param complete false where the count was ended before it was done: there are at least so many
   */
  record Count(long events, boolean complete) {}

  /**
   * What became of a page of chunks.
   *
   * @param last its last chunk; null when there was none
   * @param again the first of it that a worker has; null when there is none
   */
  record ChunkPage(@Nullable Long last, long events, @Nullable Long again) {}

  /** Where an exception of one target stands. */
  record ItemPlace(LocalDate day, UUID eventId) {
    static ItemPlace of(JsonNode json) {
      return new ItemPlace(
          LocalDate.parse(json.path(0).asText()), EventId.parse(json.path(1).asText()));
    }

    ArrayNode json() {
      return JsonNodeFactory.instance.arrayNode().add(day.toString()).add(EventId.text(eventId));
    }
  }

  /**
   * What became of a page of exceptions.
   *
   * @param last where it ended; null when there was none
   * @param again whether a worker has one of it
   */
  record ItemPage(@Nullable ItemPlace last, long events, boolean again) {}

  /** Whether there can be chunks at all. */
  boolean inChunks() {
    return filter.fingerprint() == null;
  }

  /** Counts for as long as {@code goOn} says; statements are short, so that it is asked often. */
  Count count(DmDatabase dm, String seen, BooleanSupplier goOn) throws SQLException {
    long events = 0;
    try (Connection connection = dm.connection()) {
      try (PreparedStatement count = countingItems(seen).prepare(connection);
          ResultSet row = count.executeQuery()) {
        row.next();
        events += row.getLong(1);
      }
      Long after = inChunks() ? NONE : null;
      while (after != null) {
        if (!goOn.getAsBoolean()) {
          return new Count(events, false);
        }
        try (PreparedStatement count = countingChunks(after, seen).prepare(connection);
            ResultSet row = count.executeQuery()) {
          row.next();
          after = row.getObject("last", Long.class);
          events += row.getLong("events");
        }
      }
    }
    return new Count(events, true);
  }

  private Query countingItems(String seen) {
    return new Query().add("SELECT count(*) FROM ingest.delivery_item i WHERE").add(item(seen));
  }

  private Query countingChunks(long after, String seen) {
    return new Query()
        .add("WITH page AS MATERIALIZED (")
        .add(chunks(after, COUNTED))
        .add(
            """
            )
            SELECT (SELECT max(chunk) FROM page) AS last, count(o.event_id) AS events
            FROM page p JOIN ingest.ingest_outbox o ON o.day = p.day AND o.chunk = p.chunk
            WHERE""")
        .add(pending())
        .add("AND ingest.was_there(o.xmin, CAST(? AS pg_snapshot))", seen)
        .add(filter.ofEvent());
  }

  /** That an event {@code o} of an open chunk {@code p} is no item of its own. */
  private Query pending() {
    return new Query()
        .add(
            """
            (p.mask IS NULL OR get_bit(p.mask, o.pos) = 1)
            AND (p.n_exc = 0 OR (SELECT i.status FROM ingest.delivery_item i
                                 WHERE i.day = o.day AND i.target = ? AND i.event_id = o.event_id) IS NULL)""",
            target);
  }

  /** By the index that claims use. */
  private Query chunks(long after, int most) {
    Query query =
        new Query()
            .add(
                "SELECT c.day, c.chunk, c.mask, c.n_exc FROM ingest.delivery_chunk c WHERE c.target = ? AND c.status = 0 AND c.chunk > ?",
                target,
                after)
            .add(filter.ofDay("c"));
    UUID event = filter.event();
    if (event != null) {
      query.add(
          "AND (c.day, c.chunk) = (SELECT k.day, k.chunk FROM ingest.event_key k WHERE k.id = ?)",
          event);
    }
    return query.add("ORDER BY c.chunk LIMIT ?", most);
  }

  private Query item(String seen) {
    Query query =
        new Query()
            .add("i.target = ? AND i.status = 'pending'", target)
            .add(filter.ofItem())
            .add(
                """
                AND EXISTS (SELECT FROM ingest.ingest_outbox o
                            WHERE o.day = i.day AND o.chunk = i.chunk AND o.pos = i.pos
                              AND ingest.was_there(o.xmin, CAST(? AS pg_snapshot))""",
                seen);
    String subject = filter.subject();
    if (subject != null) {
      query.add("AND o.subject = ?", subject);
    }
    return query.add(")");
  }

  /**
   * Abandons what is meant of the next chunks: they become items of their own, which {@code n_exc}
   * counts, and the chunk goes on without them.
   *
   * @param seen takes what was committed by then
   */
  ChunkPage abandonChunks(
      Connection tx, @Nullable Long after, int most, String seen, String who, String why)
      throws SQLException {
    Query query =
        new Query()
            .add("WITH page AS MATERIALIZED (")
            .add(chunks(after == null ? NONE : after, most))
            .add(
                """
                ), hit AS MATERIALIZED (
                    SELECT o.day, o.chunk, o.pos, o.event_id, o.type
                    FROM page p JOIN ingest.ingest_outbox o ON o.day = p.day AND o.chunk = p.chunk
                    WHERE""")
            .add(pending())
            .add("AND ingest.was_there(o.xmin, CAST(? AS pg_snapshot))", seen)
            .add(filter.ofEvent())
            .add(
                """
                ), free AS MATERIALIZED (
                    SELECT c.day, c.chunk, c.attempts
                    FROM (SELECT DISTINCT day, chunk FROM hit) h
                    JOIN ingest.delivery_chunk c ON c.day = h.day AND c.chunk = h.chunk AND c.target = ?
                    WHERE c.status = 0 AND (c.token IS NULL OR c.due_at <= ingest.now())
                    FOR UPDATE OF c SKIP LOCKED
                ), gone AS (
                    INSERT INTO ingest.delivery_item
                        (day, target, event_id, chunk, pos, type, status, attempts, due_at, actor, reason)
                    SELECT h.day, ?, h.event_id, h.chunk, h.pos, h.type, 'abandoned', f.attempts, ingest.now(), ?, ?
                    FROM hit h JOIN free f ON f.day = h.day AND f.chunk = h.chunk
                    ON CONFLICT (day, target, event_id) DO NOTHING
                    RETURNING day, chunk
                ), without AS (
                    UPDATE ingest.delivery_chunk c
                    SET n_exc = c.n_exc + g.n, token = NULL,
                        status = CASE WHEN c.n_exc + g.n = c.n THEN 1 ELSE 0 END,
                        settled_at = CASE WHEN c.n_exc + g.n = c.n THEN ingest.now() END
                    FROM (SELECT day, chunk, count(*)::int AS n FROM gone GROUP BY day, chunk) g
                    WHERE c.day = g.day AND c.chunk = g.chunk AND c.target = ?
                )
                SELECT (SELECT max(chunk) FROM page) AS last, (SELECT count(*) FROM gone) AS events,
                       (SELECT min(h.chunk) FROM hit h
                        WHERE NOT EXISTS (SELECT FROM free f WHERE f.day = h.day AND f.chunk = h.chunk)) AS again
                """,
                target,
                target,
                who,
                why,
                target);
    try (PreparedStatement abandon = query.prepare(tx);
        ResultSet row = abandon.executeQuery()) {
      row.next();
      return new ChunkPage(
          row.getObject("last", Long.class),
          row.getLong("events"),
          row.getObject("again", Long.class));
    }
  }

  /** Abandons what is meant of the next exceptions. */
  ItemPage abandonItems(
      Connection tx, @Nullable ItemPlace after, int most, String seen, String who, String why)
      throws SQLException {
    Query query =
        new Query()
            .add(
                """
                WITH page AS MATERIALIZED (
                    SELECT i.day, i.event_id
                    FROM ingest.delivery_item i
                    WHERE""")
            .add(item(seen));
    if (after != null) {
      query.add("AND (i.day, i.event_id) > (?, ?)", after.day, after.eventId);
    }
    query.add(
        """
            ORDER BY i.day, i.event_id
            LIMIT ?
        ), free AS MATERIALIZED (
            SELECT i.day, i.event_id,
                   i.status = 'pending' AND (i.token IS NULL OR i.due_at <= ingest.now()) AS taken
            FROM page p JOIN ingest.delivery_item i ON i.day = p.day AND i.target = ? AND i.event_id = p.event_id
            FOR UPDATE OF i SKIP LOCKED
        ), gone AS (
            UPDATE ingest.delivery_item i SET status = 'abandoned', token = NULL, actor = ?, reason = ?
            FROM free f WHERE f.taken AND i.day = f.day AND i.target = ? AND i.event_id = f.event_id
        )
        SELECT p.day, p.event_id, coalesce(f.taken, false) AS taken
        FROM page p LEFT JOIN free f ON f.day = p.day AND f.event_id = p.event_id
        ORDER BY p.day, p.event_id
        """,
        most,
        target,
        who,
        why,
        target);
    ItemPlace last = null;
    boolean again = false;
    long events = 0;
    try (PreparedStatement abandon = query.prepare(tx);
        ResultSet rows = abandon.executeQuery()) {
      while (rows.next()) {
        last =
            new ItemPlace(
                rows.getObject("day", LocalDate.class), rows.getObject("event_id", UUID.class));
        if (rows.getBoolean("taken")) {
          events++;
        } else {
          again = true;
        }
      }
    }
    return new ItemPage(last, events, again);
  }
}
