package ingest.balance;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Which hours are to be looked at, and what the last look at each has found. */
public final class Hours {
  /** Hours of one run: a run ends before the next begins. */
  private static final int RUN = 60;

  /** How long one instance has an hour to itself; longer than a look takes. */
  private static final Duration LOOK = Duration.ofMinutes(20);

  /** Ids of a mismatch that are kept, to look at; how many there are is kept whole. */
  static final int SAMPLE = 20;

  /**
   * An hour is due once it is over and settled, then whenever its last look is half its age ago, or
   * a day; where something was found, in every run. Hours of odd times, which a late event told,
   * are due as long as their keys are there.
   */
  private static final String DUE =
      """
      WITH hours AS (
          SELECT h AS hour FROM generate_series(
              date_trunc('hour', ingest.now() - make_interval(secs => ?)) + interval '1 hour',
              ingest.now() - interval '1 hour' - make_interval(secs => ?), interval '1 hour') h
          UNION
          SELECT DISTINCT to_timestamp(
              ('x' || encode(substring(uuid_send(id) FROM 1 FOR 6), 'hex'))::bit(48)::bigint / 3600000 * 3600)
          FROM ingest.event_key_default
      ), due AS (
          SELECT h.hour FROM hours h LEFT JOIN ingest.balance_hour b USING (hour)
          WHERE h.hour <= ingest.now() - interval '1 hour' - make_interval(secs => ?)
            AND (b.claimed_at IS NULL OR b.claimed_at <= ingest.now() - make_interval(secs => ?))
            AND (b.looked_at IS NULL OR b.looked_at < h.hour + interval '1 hour'
                 OR ingest.now() - b.looked_at >= least((ingest.now() - h.hour) / 2, interval '1 day')
                 OR EXISTS (SELECT FROM ingest.balance_mismatch m
                            WHERE m.hour = h.hour AND m.told_at IS NULL))
          ORDER BY b.looked_at NULLS FIRST, h.hour DESC
          LIMIT ?
      )
      INSERT INTO ingest.balance_hour AS b (hour, claimed_at) SELECT hour, ingest.now() FROM due
      ON CONFLICT (hour) DO UPDATE SET claimed_at = excluded.claimed_at
      WHERE b.claimed_at IS NULL OR b.claimed_at <= ingest.now() - make_interval(secs => ?)
      RETURNING hour
      """;

  private static final String LOOKED =
      """
      INSERT INTO ingest.balance_hour AS b (hour, looked_at, events) VALUES (?, CASE WHEN ? THEN ingest.now() END, ?)
      ON CONFLICT (hour) DO UPDATE SET claimed_at = NULL, events = excluded.events,
          looked_at = coalesce(excluded.looked_at, b.looked_at)
      """;

  private static final String FOUND =
      """
      INSERT INTO ingest.balance_mismatch AS m (hour, target, kind, repair, events, sample, found_at, seen_at)
      VALUES (?, ?, ?, ?, ?, ?, ingest.now(), ingest.now())
      ON CONFLICT (hour, target, kind, repair) DO UPDATE SET
          events = excluded.events, sample = excluded.sample, seen_at = excluded.seen_at,
          told_at = CASE WHEN excluded.events <= m.events THEN m.told_at END
      """;

  /** Found before and not any more, of those that were looked at. */
  private static final String GONE =
      """
      DELETE FROM ingest.balance_mismatch
      WHERE hour = ? AND seen_at < ingest.now()
        AND (target = ANY (?) OR (? AND (target = 'outbox' OR repair IN ('deliver', 'recount'))))
      """;

  private static final String UNASKED =
      """
      INSERT INTO ingest.balance_store (target, unasked_since, silent, detail) VALUES (?, ingest.now(), ?, left(?, 500))
      ON CONFLICT (target) DO UPDATE SET silent = excluded.silent, detail = excluded.detail
      """;

  private static final String ASKED = "DELETE FROM ingest.balance_store WHERE target = ANY (?)";

  /** Before what can be compared, and not come up again as an odd time. */
  private static final String OLD =
      """
      WITH old AS (
          DELETE FROM ingest.balance_hour
          WHERE hour < ingest.now() - make_interval(secs => ?) AND coalesce(looked_at, claimed_at) < ingest.now() - interval '2 days'
          RETURNING hour
      )
      DELETE FROM ingest.balance_mismatch m USING old WHERE m.hour = old.hour
      """;

  private static final String MISMATCHES =
      """
      SELECT hour, target, kind, repair, events, sample, found_at, seen_at, told_at FROM ingest.balance_mismatch
      ORDER BY hour DESC, target, kind, repair LIMIT ?
      """;

  private static final String TOTALS =
      """
      SELECT target, kind, repair = 'none' AS beyond, told_at IS NOT NULL AS told, sum(events)::bigint AS events
      FROM ingest.balance_mismatch GROUP BY 1, 2, 3, 4
      """;

  private static final String STORES =
      "SELECT target, unasked_since, silent, detail FROM ingest.balance_store ORDER BY target";

  private static final String LOOKS =
      "SELECT count(looked_at) AS hours, min(looked_at) AS oldest, max(looked_at) AS latest FROM ingest.balance_hour";

  private static final String TO_MEND =
      """
      SELECT min(hour) FROM ingest.balance_mismatch
      WHERE hour >= ? AND hour >= ? AND hour < ? AND (told_at IS NULL OR repair <> 'none') AND (? IS NULL OR target = ?)
      """;

  private static final String TOLD =
      "UPDATE ingest.balance_mismatch SET told_at = ingest.now() WHERE hour = ? AND repair = 'none' AND told_at IS NULL";

  /** A mismatch as it is kept. */
  public record Found(
      Instant hour,
      String target,
      Kind kind,
      Repair repair,
      long events,
      List<UUID> sample,
      Instant foundAt,
      Instant seenAt,
      boolean told) {}

  /** How many events of a target are wrong in one way. */
  public record Total(String target, Kind kind, boolean beyondRepair, boolean told, long events) {}

  /** A store that could not be asked. */
  public record Unasked(String target, Instant since, boolean silent, String why) {}

  /** How many hours were looked at, and when. */
  public record Looks(long hours, @Nullable Instant oldest, @Nullable Instant latest) {}

  private final DmDatabase dm;
  private final Duration keys;
  private final Duration settle;

  /**
   * Keeps what looks find.
   *
   * @param keys how long every accepted id is known
   * @param settle how long after its end an hour is looked at by itself
   */
  public Hours(DmDatabase dm, Duration keys, Duration settle) {
    this.dm = dm;
    this.keys = keys;
    this.settle = settle;
  }

  /** The hours that are due and that no other instance looks at now. */
  public List<Instant> due() throws SQLException {
    List<Instant> hours = new ArrayList<>();
    try (Connection connection = dm.connection()) {
      try (PreparedStatement old = connection.prepareStatement(OLD)) {
        old.setLong(1, keys.toSeconds());
        old.executeUpdate();
      }
      try (PreparedStatement claim = connection.prepareStatement(DUE)) {
        claim.setLong(1, keys.minusDays(1).toSeconds());
        claim.setLong(2, settle.toSeconds());
        claim.setLong(3, settle.toSeconds());
        claim.setLong(4, LOOK.toSeconds());
        claim.setInt(5, RUN);
        claim.setLong(6, LOOK.toSeconds());
        try (ResultSet rows = claim.executeQuery()) {
          while (rows.next()) {
            hours.add(time(rows, "hour"));
          }
        }
      }
    }
    return hours.stream().sorted().toList();
  }

  /**
   * Writes down what a look found, in place of what was found before.
   *
   * @param whole every target was looked at
   */
  void looked(Look look, boolean whole) throws SQLException {
    dm.transaction(
        tx -> {
          try (PreparedStatement looked = tx.prepareStatement(LOOKED)) {
            looked.setObject(1, look.hour().atOffset(ZoneOffset.UTC));
            looked.setBoolean(2, whole && look.away().isEmpty());
            looked.setLong(3, look.events());
            looked.executeUpdate();
          }
          try (PreparedStatement found = tx.prepareStatement(FOUND)) {
            for (Mismatch mismatch : look.mismatches()) {
              List<UUID> ids = mismatch.ids();
              found.setObject(1, look.hour().atOffset(ZoneOffset.UTC));
              found.setString(2, mismatch.target());
              found.setString(3, mismatch.kind().word());
              found.setString(4, mismatch.repair().word());
              found.setLong(5, ids.size());
              found.setArray(
                  6,
                  tx.createArrayOf("uuid", ids.subList(0, Math.min(SAMPLE, ids.size())).toArray()));
              found.addBatch();
            }
            found.executeBatch();
          }
          List<String> asked = look.targets();
          try (PreparedStatement there = tx.prepareStatement(ASKED)) {
            there.setArray(1, tx.createArrayOf("text", asked.toArray()));
            there.executeUpdate();
          }
          try (PreparedStatement gone = tx.prepareStatement(GONE)) {
            gone.setObject(1, look.hour().atOffset(ZoneOffset.UTC));
            gone.setArray(2, tx.createArrayOf("text", asked.toArray()));
            gone.setBoolean(3, whole);
            gone.executeUpdate();
          }
          try (PreparedStatement unasked = tx.prepareStatement(UNASKED)) {
            for (Look.Unasked store : look.unasked()) {
              unasked.setString(1, store.target());
              unasked.setBoolean(2, store.silent());
              unasked.setString(3, store.why());
              unasked.addBatch();
            }
            unasked.executeBatch();
          }
          return true;
        });
  }

  /** What is wrong, the newest hours first. */
  public List<Found> mismatches(int most) throws SQLException {
    List<Found> found = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(MISMATCHES)) {
      query.setInt(1, most);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          found.add(
              new Found(
                  time(rows, "hour"),
                  rows.getString("target"),
                  Kind.of(rows.getString("kind")),
                  Repair.of(rows.getString("repair")),
                  rows.getLong("events"),
                  List.of((UUID[]) rows.getArray("sample").getArray()),
                  time(rows, "found_at"),
                  time(rows, "seen_at"),
                  rows.getObject("told_at") != null));
        }
      }
    }
    return found;
  }

  /** All that is wrong, in numbers. */
  public List<Total> totals() throws SQLException {
    List<Total> totals = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(TOTALS);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        totals.add(
            new Total(
                rows.getString("target"),
                Kind.of(rows.getString("kind")),
                rows.getBoolean("beyond"),
                rows.getBoolean("told"),
                rows.getLong("events")));
      }
    }
    return totals;
  }

  /** The stores that could not be asked when they were last. */
  public List<Unasked> unasked() throws SQLException {
    List<Unasked> stores = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(STORES);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        stores.add(
            new Unasked(
                rows.getString("target"),
                time(rows, "unasked_since"),
                rows.getBoolean("silent"),
                rows.getString("detail")));
      }
    }
    return stores;
  }

  public Looks looks() throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(LOOKS);
        ResultSet rows = query.executeQuery()) {
      rows.next();
      return new Looks(rows.getLong("hours"), maybe(rows, "oldest"), maybe(rows, "latest"));
    }
  }

  /** The next hour of a window in which something is wrong; null where there is none. */
  @Nullable Instant toMend(Instant at, Span window, @Nullable String target) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(TO_MEND)) {
      query.setObject(1, at.atOffset(ZoneOffset.UTC));
      query.setObject(2, window.from().atOffset(ZoneOffset.UTC));
      query.setObject(3, window.to().atOffset(ZoneOffset.UTC));
      query.setString(4, target);
      query.setString(5, target);
      try (ResultSet rows = query.executeQuery()) {
        rows.next();
        return maybe(rows, "min");
      }
    }
  }

  /** What is beyond repair in an hour has been told to somebody. */
  void told(Instant hour) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement update = connection.prepareStatement(TOLD)) {
      update.setObject(1, hour.atOffset(ZoneOffset.UTC));
      update.executeUpdate();
    }
  }

  private static Instant time(ResultSet rows, String column) throws SQLException {
    return rows.getObject(column, OffsetDateTime.class).toInstant();
  }

  private static @Nullable Instant maybe(ResultSet rows, String column) throws SQLException {
    OffsetDateTime time = rows.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }
}
