package ingest.maintenance;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of events past their retention: dropped by the day of their ids, and deleted in batches
 * where their ids have odd times and no day of their own.
 */
public final class EventKeys {
  private static final Logger LOG = LoggerFactory.getLogger(EventKeys.class);

  /** Keys that one statement moves or deletes. */
  private static final int BATCH = 10_000;

  /** Statements of one run; the next run goes on. */
  private static final int MOST = 100;

  private static final String OLD_DAYS =
      """
      SELECT d FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
           LATERAL (SELECT to_date(substring(c.relname FROM '_([0-9]{8})$'), 'YYYYMMDD') AS d) day
      WHERE i.inhparent = 'ingest.event_key'::regclass
        AND d + 1 <= ((ingest.now() - make_interval(secs => ?)) AT TIME ZONE 'UTC')::date
      ORDER BY d
      """;

  private final DmDatabase dm;
  private final Duration retention;

  public EventKeys(DmDatabase dm, Duration retention) {
    this.dm = dm;
    this.retention = retention;
  }

  /** The days of ids that are past retention as a whole. */
  public List<LocalDate> due() throws SQLException {
    List<LocalDate> days = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(OLD_DAYS)) {
      query.setLong(1, retention.toSeconds());
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          days.add(rows.getObject(1, LocalDate.class));
        }
      }
    }
    return days;
  }

  /**
   * Drops the keys of a day; young ones among them are kept.
   *
   * @return false when too many of them are young, so that the day stays
   * @throws SQLException with state 55P03 when others kept a lock for too long: try again
   */
  public boolean drop(LocalDate day) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement drop =
            connection.prepareStatement(
                "SELECT ingest.drop_event_keys(?, ingest.now() - make_interval(secs => ?), ?)")) {
      drop.setObject(1, day);
      drop.setLong(2, retention.toSeconds());
      drop.setInt(3, BATCH);
      try (ResultSet row = drop.executeQuery()) {
        row.next();
        boolean gone = row.getBoolean(1);
        if (!gone) {
          LOG.info("event keys of {} stay: more than {} of them are young", day, BATCH);
        }
        return gone;
      }
    }
  }

  /** Deletes old keys whose ids have odd times. */
  public void prune() throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement prune =
            connection.prepareStatement(
                "SELECT ingest.prune_event_keys(ingest.now() - make_interval(secs => ?), ?)")) {
      prune.setLong(1, retention.toSeconds());
      prune.setInt(2, BATCH);
      for (int i = 0; i < MOST; i++) {
        try (ResultSet row = prune.executeQuery()) {
          row.next();
          if (row.getInt(1) < BATCH) {
            return;
          }
        }
      }
    }
  }
}
