package ingest.consumer;

import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import ingest.projection.Projector;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes envelopes by their projector, in a transaction that goes on whatever is wrong with an
 * event.
 */
final class Projecting {
  /** What became of each envelope. */
  interface Ends {
    void applied(Envelope envelope);

    /** {@code reason} quotes no value. */
    void failed(Envelope envelope, String reason);
  }

  private Projecting() {}

  /**
   * Tells each envelope's end.
   *
   * @throws SQLException when no event is to blame
   */
  static <R> void project(
      Connection tx, Projector<R> projector, List<Envelope> envelopes, Ends ends)
      throws SQLException {
    Map<Envelope, List<R>> rows = new LinkedHashMap<>();
    for (Envelope envelope : envelopes) {
      try {
        if (!envelope.source().equals(projector.source())) {
          throw new InvalidEnvelope("source of " + projector.type() + " is " + projector.source());
        }
        rows.put(envelope, projector.rows(envelope));
      } catch (RuntimeException e) {
        ends.failed(envelope, reason(e));
      }
    }
    write(tx, projector, List.copyOf(rows.entrySet()), ends);
  }

  /**
   * Writes them at once; on an error each half by itself, down to the event that is to blame: at
   * most 2 log2 n savepoints for one bad event among n.
   */
  private static <R> void write(
      Connection tx, Projector<R> projector, List<Map.Entry<Envelope, List<R>>> part, Ends ends)
      throws SQLException {
    if (part.isEmpty()) {
      return;
    }
    Savepoint savepoint = tx.setSavepoint();
    try {
      projector.write(tx, part.stream().flatMap(e -> e.getValue().stream()).toList());
      tx.releaseSavepoint(savepoint);
      part.forEach(e -> ends.applied(e.getKey()));
    } catch (SQLException | RuntimeException e) {
      if (e instanceof SQLException sql && !aboutTheData(sql)) {
        throw sql;
      }
      tx.rollback(savepoint);
      tx.releaseSavepoint(savepoint);
      if (part.size() == 1) {
        ends.failed(part.get(0).getKey(), reason(e));
      } else {
        int middle = part.size() / 2;
        write(tx, projector, part.subList(0, middle), ends);
        write(tx, projector, part.subList(middle, part.size()), ends);
      }
    }
  }

  /** Classes 22 (data), 23 (constraint) and 42 (the projector's statement) are an event's fault. */
  private static boolean aboutTheData(SQLException e) {
    String state = e.getSQLState();
    return state != null
        && (state.startsWith("22") || state.startsWith("23") || state.startsWith("42"));
  }

  private static String reason(Exception error) {
    return error instanceof SQLException sql
        ? "SQLSTATE " + sql.getSQLState() // its message may quote values
        : error instanceof InvalidEnvelope
            ? String.valueOf(error.getMessage())
            : error.getClass().getSimpleName();
  }
}
