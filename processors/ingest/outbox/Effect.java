package ingest.outbox;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** A change of {@code dm} state that belongs to the events it is committed with. */
public interface Effect {
  /**
   * Set-based statements in the transaction of the intake, after it. May run again after a commit
   * whose outcome stayed unknown, so it has to be fenced or idempotent.
   *
   * @param fresh the events that were not known before; the others changed the state already
   * @return events that this decided, which are committed with it; their ids follow from what
   *     caused them
   */
  List<Derived> write(Connection tx, Set<UUID> fresh) throws SQLException;
}
