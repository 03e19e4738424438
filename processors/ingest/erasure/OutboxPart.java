package ingest.erasure;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.Tombstone;
import ingest.operation.Held;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The outbox, some hundred chunks at a time in the order of its key: the whole of it is read once.
 * An event that names the person becomes its tombstone; one whose call alone names them loses its
 * call.
 */
final class OutboxPart {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CHUNKS = 500;

  private static final String NEXT =
      """
      SELECT day, chunk FROM ingest.ingest_outbox
      WHERE (day, chunk) > (CAST(? AS date), ?) ORDER BY day, chunk LIMIT 1
      """;

  /** Case folded, and of calls whatever bytes they have, so that no encoding stops it. */
  private static final String CANDIDATES =
      """
      SELECT chunk, pos, event_id, source, envelope, raw
      FROM ingest.ingest_outbox
      WHERE day = ? AND chunk >= ? AND chunk < ?
        AND EXISTS (SELECT FROM unnest(?::text[]) n
                    WHERE position(n IN lower(envelope)) > 0
                       OR position(n IN lower(encode(raw, 'escape'))) > 0)
      """;

  private static final String BURY =
      """
      UPDATE ingest.ingest_outbox
      SET subject = ?, channelid = NULL, envelope = ?, raw = NULL, raw_headers = NULL
      WHERE day = ? AND chunk = ? AND pos = ?
      """;

  private static final String DROP_CALL =
      "UPDATE ingest.ingest_outbox SET raw = NULL, raw_headers = NULL WHERE day = ? AND chunk = ? AND pos = ?";

  /** A target may repeat in its answer what it was sent. */
  private static final String DROP_ANSWERS =
      """
      UPDATE ingest.delivery_item SET response = NULL, last_error = NULL, subject_key = NULL
      WHERE day = ? AND event_id = ANY (?) AND (response IS NOT NULL OR last_error IS NOT NULL OR subject_key IS NOT NULL)
      """;

  private static final String NOTE =
      """
      INSERT INTO ingest.erased_chunk (erasure, day, chunk)
      SELECT ?, ?, c FROM unnest(?::bigint[]) c ON CONFLICT DO NOTHING
      """;

  /** An event that has to change: to its tombstone, or where that is null to one without a call. */
  private record Found(long chunk, int pos, UUID event, @Nullable Envelope tombstone) {}

  private OutboxPart() {}

  /**
   * Does one page in the caller's transaction.
   *
   * @param at day and chunk where the last page ended; moved on
   * @return false when there is nothing behind it
   */
  static boolean page(Connection tx, Erasure erasure, ObjectNode at, Held held)
      throws SQLException {
    LocalDate day;
    long from;
    try (PreparedStatement next = tx.prepareStatement(NEXT)) {
      next.setString(1, at.path("day").asText("-infinity"));
      next.setLong(2, at.path("chunk").asLong(-1));
      try (ResultSet row = next.executeQuery()) {
        if (!row.next()) {
          return false;
        }
        day = row.getObject("day", LocalDate.class);
        from = row.getLong("chunk");
      }
    }
    List<Found> found = found(tx, erasure, day, from);
    long events = found.stream().filter(f -> f.tombstone != null).count();
    held.count("outbox.found", events);
    held.count("calls.found", found.size() - events);
    if (!erasure.dryRun() && !found.isEmpty()) {
      write(tx, erasure, day, found);
      held.count("outbox.erased", events);
      held.count("calls.erased", found.size() - events);
    }
    at.put("day", day.toString()).put("chunk", from + CHUNKS - 1);
    return true;
  }

  private static List<Found> found(Connection tx, Erasure erasure, LocalDate day, long from)
      throws SQLException {
    Person person = erasure.person();
    List<Found> found = new ArrayList<>();
    try (PreparedStatement query = tx.prepareStatement(CANDIDATES)) {
      query.setObject(1, day);
      query.setLong(2, from);
      query.setLong(3, from + CHUNKS);
      query.setArray(4, tx.createArrayOf("text", person.needles().toArray()));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          Envelope event = envelope(rows.getString("envelope"));
          if (event.time().isAfter(erasure.until())) {
            continue;
          }
          byte[] raw = rows.getBytes("raw");
          boolean inCall =
              raw != null
                  && person.isIn(rows.getString("source"), new String(raw, StandardCharsets.UTF_8));
          boolean inEvent =
              !Tombstone.is(event)
                  && (person.isIn(event) || (inCall && Related.learn(person, event)));
          if (inEvent) {
            Related.learn(person, event);
          }
          if (inEvent || inCall) {
            found.add(
                new Found(
                    rows.getLong("chunk"),
                    rows.getInt("pos"),
                    rows.getObject("event_id", UUID.class),
                    inEvent ? Tombstone.of(event) : null));
          }
        }
      }
    }
    return found;
  }

  private static void write(Connection tx, Erasure erasure, LocalDate day, List<Found> found)
      throws SQLException {
    try (PreparedStatement bury = tx.prepareStatement(BURY);
        PreparedStatement drop = tx.prepareStatement(DROP_CALL);
        PreparedStatement answers = tx.prepareStatement(DROP_ANSWERS);
        PreparedStatement note = tx.prepareStatement(NOTE)) {
      for (Found f : found) {
        Envelope tombstone = f.tombstone;
        PreparedStatement update = tombstone == null ? drop : bury;
        int p = 0;
        if (tombstone != null) {
          update.setString(++p, Tombstone.SUBJECT);
          update.setString(++p, tombstone.toJson());
        }
        update.setObject(++p, day);
        update.setLong(++p, f.chunk);
        update.setInt(++p, f.pos);
        update.addBatch();
      }
      bury.executeBatch();
      drop.executeBatch();
      answers.setObject(1, day);
      answers.setArray(2, tx.createArrayOf("uuid", found.stream().map(Found::event).toArray()));
      answers.executeUpdate();
      note.setLong(1, erasure.id());
      note.setObject(2, day);
      note.setArray(
          3, tx.createArrayOf("bigint", found.stream().map(Found::chunk).distinct().toArray()));
      note.executeUpdate();
    }
  }

  private static Envelope envelope(String json) {
    try {
      return Envelope.of(JSON.readTree(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an envelope of the outbox is no JSON", e);
    }
  }
}
