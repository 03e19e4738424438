package ingest.outbox;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.UUID;

/** A change of {@code dm} state that belongs to the events it is committed with. */
public interface Effect {
  /**
   * One set-based statement, in the transaction of the intake and after it. May run again after a
   * commit whose outcome stayed unknown, so it has to be fenced or idempotent.
   *
   * @param fresh the events that were not known before; the others changed the state already
   */
  void write(Connection tx, Set<UUID> fresh) throws SQLException;
}
