package ingest.poll;

import java.sql.SQLException;
import java.util.List;

/** How far a poller is behind its schedule, over all instances. */
public interface Lag {
  /**
   * One class of what it polls.
   *
   * @param due channels whose time has come, those that are being asked for among them
   * @param seconds for how long the longest due of them is
   */
  record Behind(String name, long due, double seconds) {}

  String poller();

  /** Every class, who goes first before the others. */
  List<Behind> behind() throws SQLException;
}
