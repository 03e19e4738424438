package ingest.delivery;

import ingest.outbox.OutboxEvent;
import ingest.store.Columns;
import ingest.store.DmDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what became of a batch, one fenced statement for its chunks and one for its items.
 *
 * <p>A chunk whose events all have an outcome is done; its exceptions are written by the statement
 * that settles it, joined to the rows the token still owned, so a late owner leaves nothing behind.
 * A chunk that was not sent to its end is given back as it was, with the claim that this was: what
 * its target got already, the target's dedupe will know. What was tried on a target that is broken
 * has no lost claims any more, because its worker lives.
 */
public final class Settlement {
  private static final String SETTLE_CHUNKS =
      """
      WITH s AS (
          UPDATE ingest.delivery_chunk c
          SET status = 1, settled_at = ingest.now(), token = NULL, n_exc = c.n_exc + d.n_exc
          FROM unnest(?::bigint[], ?::int[]) AS d(chunk, n_exc)
          WHERE c.target = ? AND c.day = ANY (?) AND c.chunk = ANY (?) AND c.chunk = d.chunk AND c.token = ?
          RETURNING c.day, c.chunk, c.target
      ), x AS (
          INSERT INTO ingest.delivery_item
              (day, target, event_id, chunk, pos, type, status, attempts, due_at, attempted_at, last_error, fingerprint, response)
          SELECT s.day, s.target, e.event_id, s.chunk, e.pos, e.type, e.status, e.attempts,
                 ingest.now() + make_interval(secs => e.delay), ingest.now(), e.error, e.fingerprint, e.response
          FROM unnest(?::bigint[], ?::uuid[], ?::smallint[], ?::text[], ?::text[], ?::int[], ?::float8[], ?::text[], ?::text[], ?::text[])
              AS e(chunk, event_id, pos, type, status, attempts, delay, error, fingerprint, response)
          JOIN s USING (chunk)
      )
      SELECT count(*) FROM s
      """;

  private static final String SETTLE_ITEMS =
      """
      UPDATE ingest.delivery_item i
      SET status = e.status, attempts = e.attempts, claims = 0, token = NULL, attempted_at = ingest.now(),
          due_at = ingest.now() + make_interval(secs => e.delay), last_error = e.error, fingerprint = e.fingerprint,
          response = e.response
      FROM unnest(?::uuid[], ?::text[], ?::int[], ?::float8[], ?::text[], ?::text[], ?::text[])
          AS e(event_id, status, attempts, delay, error, fingerprint, response)
      WHERE i.day = ANY (?) AND i.target = ? AND i.event_id = e.event_id AND i.token = ?
      """;

  private static final String RELEASE_CHUNKS =
      """
      UPDATE ingest.delivery_chunk
      SET token = NULL, due_at = ingest.now(), claims = CASE WHEN ? THEN 0 ELSE greatest(claims - 1, 0) END
      WHERE target = ? AND day = ANY (?) AND chunk = ANY (?) AND token = ?
      """;

  private static final String RELEASE_ITEMS =
      """
      UPDATE ingest.delivery_item
      SET token = NULL, due_at = ingest.now() + interval '1 second',
          claims = CASE WHEN ? THEN 0 ELSE greatest(claims - 1, 0) END
      WHERE target = ? AND day = ANY (?) AND event_id = ANY (?) AND token = ?
      """;

  /** Of what a target said of an event; the rest is cut. */
  private static final int KEPT_BYTES = 2 * 1024;

  private final DmDatabase dm;
  private final Backoff backoff;

  public Settlement(DmDatabase dm, Backoff backoff) {
    this.dm = dm;
    this.backoff = backoff;
  }

  /** One event that is not simply delivered, as its row will stand. */
  private record Row(
      OutboxEvent event,
      String status,
      int attempts,
      Duration delay,
      @Nullable String error,
      @Nullable String fingerprint,
      @Nullable String response) {
    Row {
      error = kept(error);
      fingerprint = kept(fingerprint);
      response = kept(response);
    }
  }

  /**
   * As much of a target's words as is kept. A NUL in them would keep the whole batch from settling.
   */
  private static @Nullable String kept(@Nullable String text) {
    if (text == null) {
      return null;
    }
    byte[] bytes = text.replace("\0", "").getBytes(StandardCharsets.UTF_8);
    int end = Math.min(bytes.length, KEPT_BYTES);
    while (end < bytes.length && (bytes[end] & 0xC0) == 0x80) {
      end--; // not within a character
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  /**
   * Settles what has an outcome and gives back the rest.
   *
   * @return how many chunks and items were no longer ours: their lease had run out
   */
  public int settle(Batch batch) throws SQLException {
    try (Connection connection = dm.connection()) {
      return batch.items().isEmpty() ? chunks(connection, batch) : items(connection, batch);
    }
  }

  private int chunks(Connection connection, Batch batch) throws SQLException {
    Map<Long, List<OutboxEvent>> events = batch.byChunk();
    List<Batch.ChunkClaim> done = new ArrayList<>();
    List<Batch.ChunkClaim> rest = new ArrayList<>();
    List<Integer> exceptions = new ArrayList<>();
    List<Row> rows = new ArrayList<>();
    for (Batch.ChunkClaim chunk : batch.chunks()) {
      List<OutboxEvent> members = events.getOrDefault(chunk.chunk(), List.of());
      if (members.stream().anyMatch(e -> batch.outcome(e.id) == null)) {
        rest.add(chunk);
      } else {
        List<Row> own =
            members.stream()
                .map(e -> exception(e, Objects.requireNonNull(batch.outcome(e.id)), 0))
                .filter(r -> !r.status.equals("delivered"))
                .toList();
        done.add(chunk);
        exceptions.add(own.size());
        rows.addAll(own);
      }
    }
    release(connection, batch, rest);
    return done.isEmpty() ? 0 : done.size() - settle(connection, batch, done, exceptions, rows);
  }

  private static int settle(
      Connection connection,
      Batch batch,
      List<Batch.ChunkClaim> done,
      List<Integer> exceptions,
      List<Row> rows)
      throws SQLException {
    Object[] numbers = done.stream().map(Batch.ChunkClaim::chunk).toArray();
    try (PreparedStatement settle = connection.prepareStatement(SETTLE_CHUNKS)) {
      int p = 0;
      settle.setArray(++p, connection.createArrayOf("bigint", numbers));
      settle.setArray(++p, connection.createArrayOf("int", exceptions.toArray()));
      settle.setString(++p, batch.target().name());
      settle.setArray(++p, days(connection, done));
      settle.setArray(++p, connection.createArrayOf("bigint", numbers));
      settle.setObject(++p, batch.token());
      settle.setArray(++p, Columns.of(connection, "bigint", rows, r -> r.event.chunk));
      settle.setArray(++p, Columns.of(connection, "uuid", rows, r -> r.event.id));
      settle.setArray(++p, Columns.of(connection, "smallint", rows, r -> (short) r.event.position));
      settle.setArray(++p, Columns.of(connection, "text", rows, r -> r.event.type));
      outcomes(settle, p, connection, rows);
      try (ResultSet count = settle.executeQuery()) {
        count.next();
        return count.getInt(1);
      }
    }
  }

  private int items(Connection connection, Batch batch) throws SQLException {
    List<Row> rows = new ArrayList<>();
    List<Batch.ItemClaim> rest = new ArrayList<>();
    for (Batch.ItemClaim item : batch.items()) {
      Outcome outcome = batch.outcome(item.eventId());
      OutboxEvent event =
          batch.events().stream().filter(e -> e.id.equals(item.eventId())).findFirst().orElse(null);
      if (outcome == null || event == null) {
        rest.add(item);
      } else {
        rows.add(exception(event, outcome, item.attempts()));
      }
    }
    if (!rest.isEmpty()) {
      try (PreparedStatement release = connection.prepareStatement(RELEASE_ITEMS)) {
        release.setBoolean(1, batch.cleared());
        release.setString(2, batch.target().name());
        release.setArray(
            3, Claims.dates(connection, rest.stream().map(Batch.ItemClaim::day).toList()));
        release.setArray(
            4,
            connection.createArrayOf(
                "uuid", rest.stream().map(Batch.ItemClaim::eventId).toArray()));
        release.setObject(5, batch.token());
        release.executeUpdate();
      }
    }
    if (rows.isEmpty()) {
      return 0;
    }
    try (PreparedStatement settle = connection.prepareStatement(SETTLE_ITEMS)) {
      int p = 0;
      settle.setArray(++p, Columns.of(connection, "uuid", rows, r -> r.event.id));
      p = outcomes(settle, p, connection, rows);
      settle.setArray(++p, Claims.dates(connection, rows.stream().map(r -> r.event.day).toList()));
      settle.setString(++p, batch.target().name());
      settle.setObject(++p, batch.token());
      return rows.size() - settle.executeUpdate();
    }
  }

  private static void release(Connection connection, Batch batch, List<Batch.ChunkClaim> chunks)
      throws SQLException {
    if (chunks.isEmpty()) {
      return;
    }
    try (PreparedStatement release = connection.prepareStatement(RELEASE_CHUNKS)) {
      release.setBoolean(1, batch.cleared());
      release.setString(2, batch.target().name());
      release.setArray(3, days(connection, chunks));
      release.setArray(
          4,
          connection.createArrayOf(
              "bigint", chunks.stream().map(Batch.ChunkClaim::chunk).toArray()));
      release.setObject(5, batch.token());
      release.executeUpdate();
    }
  }

  /** What an outcome makes of an event that had {@code before} attempts. */
  private Row exception(OutboxEvent event, Outcome outcome, int before) {
    if (outcome instanceof Outcome.Failed failed) {
      int attempts = before + 1;
      boolean dead = backoff.exhausted(attempts);
      return new Row(
          event,
          dead ? "dead" : "pending",
          attempts,
          dead ? Duration.ZERO : backoff.after(attempts, failed.retryAfter()),
          failed.reason(),
          Fingerprint.of(failed.reason()),
          failed.response());
    }
    if (outcome instanceof Outcome.Parked parked) {
      return new Row(
          event, "pending", before, Backoff.PARKED, parked.reason(), parked.reason(), null);
    }
    return new Row(event, "delivered", before + 1, Duration.ZERO, null, null, null);
  }

  /** The columns that a refused event has in either statement; returns the last place bound. */
  private static int outcomes(
      PreparedStatement settle, int last, Connection connection, List<Row> rows)
      throws SQLException {
    int p = last;
    settle.setArray(++p, Columns.of(connection, "text", rows, Row::status));
    settle.setArray(++p, Columns.of(connection, "int", rows, Row::attempts));
    settle.setArray(++p, Columns.of(connection, "float8", rows, r -> Claims.seconds(r.delay)));
    settle.setArray(++p, Columns.of(connection, "text", rows, Row::error));
    settle.setArray(++p, Columns.of(connection, "text", rows, Row::fingerprint));
    settle.setArray(++p, Columns.of(connection, "text", rows, Row::response));
    return p;
  }

  private static java.sql.Array days(Connection connection, List<Batch.ChunkClaim> chunks)
      throws SQLException {
    return Claims.dates(connection, chunks.stream().map(Batch.ChunkClaim::day).toList());
  }
}
