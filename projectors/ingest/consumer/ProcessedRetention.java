package ingest.consumer;

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
 * How long {@code public.processed_events} keeps an id: for longer than its event can be sent
 * again. By the database's clock, which wrote the times.
 */
public final class ProcessedRetention {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessedRetention.class);

  /** Ids that one statement moves or deletes. */
  private static final int BATCH = 10_000;

  /** Partitions whose whole day is that old; by their names, which the making function gives. */
  private static final String OLD_DAYS =
      """
      SELECT d FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
           LATERAL (SELECT to_date(substring(c.relname FROM '_([0-9]{8})$'), 'YYYYMMDD') AS d) day
      WHERE i.inhparent = 'public.processed_events'::regclass
        AND d + 1 <= ((now() - make_interval(secs => ?)) AT TIME ZONE 'UTC')::date
      ORDER BY d
      """;

  private final EnvDatabase env;
  private final Duration kept;

  public ProcessedRetention(EnvDatabase env, Duration kept) {
    this.env = env;
    this.kept = kept;
  }

  /**
   * Drops the days of ids that are past retention, and a batch of what is as old among the ids of
   * odd times.
   *
   * @throws SQLException with state 55P03 when others kept a lock for too long: try again
   */
  public void drop() throws SQLException {
    try (Connection connection = env.connection()) {
      for (LocalDate day : oldDays(connection)) {
        if (!gone(connection, day)) {
          LOG.info("processed ids of {} stay: more than {} of them are young", day, BATCH);
        }
      }
      try (PreparedStatement prune =
          connection.prepareStatement(
              "SELECT public.processed_events_prune(now() - make_interval(secs => ?), ?)")) {
        prune.setLong(1, kept.toSeconds());
        prune.setInt(2, BATCH);
        prune.execute();
      }
    }
  }

  private List<LocalDate> oldDays(Connection connection) throws SQLException {
    List<LocalDate> days = new ArrayList<>();
    try (PreparedStatement query = connection.prepareStatement(OLD_DAYS)) {
      query.setLong(1, kept.toSeconds());
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          days.add(rows.getObject(1, LocalDate.class));
        }
      }
    }
    return days;
  }

  private boolean gone(Connection connection, LocalDate day) throws SQLException {
    try (PreparedStatement drop =
        connection.prepareStatement(
            "SELECT public.processed_events_drop(?, now() - make_interval(secs => ?), ?)")) {
      drop.setObject(1, day);
      drop.setLong(2, kept.toSeconds());
      drop.setInt(3, BATCH);
      try (ResultSet row = drop.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }
}
