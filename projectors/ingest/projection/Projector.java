package ingest.projection;

import ingest.envelope.Envelope;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns the events of one (source, type) into rows of the environment. Found by scanning, so an
 * implementation needs a public constructor without arguments; used by several threads.
 *
 * <p>Its statements name the tables that it writes without a schema, so that the transaction
 * decides whether they are the live ones or those that a rebuild fills; what it only reads of the
 * environment, it names with one.
 *
 * @param <R> one row, or what is needed to write it
 */
public interface Projector<R> {
  String source();

  String type();

  /** The version of the type's schema that it reads; another is unknown to this environment. */
  default int version() {
    return 1;
  }

  /**
   * Every table that {@link #write} writes. Who leaves one out loses its part when that table is
   * rebuilt.
   */
  default List<Table> tables() {
    return List.of();
  }

  /** Why its tables cannot be made anew from the archive; null where they can. */
  default @Nullable String notRebuilt() {
    return null;
  }

  /**
   * Pure: the same envelope always gives the same rows.
   *
   * @throws ingest.envelope.InvalidEnvelope when the data is not what its type says
   */
  List<R> rows(Envelope envelope);

  /**
   * Set-based statements, as few as there are, guarded by the revision of each column group they
   * write, in the transaction that records the events' ids. Rows come in the order of the batch,
   * which is any order of their revisions; the same row may come again.
   */
  void write(Connection tx, List<R> rows) throws SQLException;
}
