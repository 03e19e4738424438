package ingest.maintenance;

import ingest.maintenance.ArchivedDay.Minute;
import ingest.store.ClickHouse;
import ingest.store.DmDatabase;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The outbox days past retention. A day goes as a whole, and only when nothing of it waits or is
 * dead for a target that is not off, and the archive has every event of it; else it stays, and says
 * why in {@code ingest.old_day}. What it held is written down in the transaction that drops it.
 */
public final class OldDays {
  private static final Logger LOG = LoggerFactory.getLogger(OldDays.class);

  /** Events of one statement: what it reads stays below its time-out. */
  private static final int PAGE = 20_000;

  /** How long one instance has a day to itself; longer than a look takes. */
  private static final Duration LOOK = Duration.ofMinutes(50);

  private static final String DUE =
      """
      INSERT INTO ingest.old_day AS o (day, claimed_at)
      SELECT d, ingest.now()
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
           LATERAL (SELECT to_date(substring(c.relname FROM '_([0-9]{8})$'), 'YYYYMMDD') AS d) day
      WHERE i.inhparent = 'ingest.ingest_outbox'::regclass
        AND d < ((ingest.now() - make_interval(secs => ?)) AT TIME ZONE 'UTC')::date
      ORDER BY d
      ON CONFLICT (day) DO UPDATE SET claimed_at = excluded.claimed_at
      WHERE o.claimed_at <= ingest.now() - make_interval(secs => ?)
      RETURNING day
      """;

  /** By the partial indexes of what is open, and of the exceptions. */
  private static final String UNSETTLED =
      """
      SELECT u.target, u.reason, sum(u.n)::bigint AS events
      FROM (SELECT target, 'open' AS reason, n - n_exc AS n FROM ingest.delivery_chunk WHERE day = ? AND status = 0
            UNION ALL
            SELECT target, 'open', n - n_exc FROM ingest.delivery_chunk WHERE day = ? AND status = 2
            UNION ALL
            SELECT target, CASE status WHEN 'dead' THEN 'dead' ELSE 'open' END, 1
            FROM ingest.delivery_item WHERE day = ? AND status IN ('pending', 'dead')) u
      LEFT JOIN ingest.target t ON t.name = u.target
      WHERE t.mode IS DISTINCT FROM 'off'
      GROUP BY u.target, u.reason ORDER BY u.reason = 'dead', events DESC LIMIT 1
      """;

  /** The last chunk of a page that begins behind one; NULL where there is none. */
  private static final String PAGE_END =
      """
      SELECT max(chunk) FROM (
          SELECT chunk FROM ingest.ingest_outbox WHERE day = ? AND chunk > ? ORDER BY chunk, pos LIMIT ?
      ) page
      """;

  private static final String TOTALS =
      """
      SELECT source, type, '' AS target, 'accepted' AS status, count(*) AS events
      FROM ingest.ingest_outbox WHERE day = ? AND chunk > ? AND chunk <= ? GROUP BY source, type
      UNION ALL
      SELECT o.source, o.type, c.target,
             CASE WHEN i.status IS NOT NULL THEN i.status WHEN c.status = 1 THEN 'delivered' ELSE 'pending' END, count(*)
      FROM ingest.ingest_outbox o
      JOIN ingest.delivery_chunk c ON c.day = o.day AND c.chunk = o.chunk
                                  AND (c.mask IS NULL OR get_bit(c.mask, o.pos) = 1)
      LEFT JOIN ingest.delivery_item i ON i.day = c.day AND i.target = c.target AND i.event_id = o.event_id
      WHERE o.day = ? AND o.chunk > ? AND o.chunk <= ?
      GROUP BY 1, 2, 3, 4
      """;

  private static final String MINUTES =
      """
      SELECT floor(extract(epoch FROM o.created_at) / 60)::bigint AS minute, count(*) AS events,
             bit_xor(('x' || encode(substring(uuid_send(o.event_id) FROM 9), 'hex'))::bit(64)::bigint) AS hash,
             min(o.chunk) AS first, max(o.chunk) AS last
      FROM ingest.ingest_outbox o
      JOIN ingest.delivery_chunk c ON c.day = o.day AND c.chunk = o.chunk
                                  AND (c.mask IS NULL OR get_bit(c.mask, o.pos) = 1)
      JOIN ingest.target t ON t.name = c.target AND t.kind = 'clickhouse' AND t.mode <> 'off'
      LEFT JOIN ingest.delivery_item i ON i.day = c.day AND i.target = c.target AND i.event_id = o.event_id
      WHERE o.day = ? AND o.chunk > ? AND o.chunk <= ? AND i.status IS DISTINCT FROM 'abandoned'
      GROUP BY 1
      """;

  /** True where that is news. */
  private static final String HOLD =
      """
      UPDATE ingest.old_day o
      SET reason = ?, target = ?, events = ?, detail = left(?, 500), held_since = coalesce(held_since, ingest.now())
      FROM (SELECT day, reason, target FROM ingest.old_day WHERE day = ?) was
      WHERE o.day = was.day
      RETURNING (was.reason, was.target) IS DISTINCT FROM (o.reason, o.target)
      """;

  private static final String HELD =
      "SELECT day, reason, detail FROM ingest.old_day WHERE reason IS NOT NULL ORDER BY day";

  private static final String TOTAL =
      """
      INSERT INTO ingest.day_total (day, source, type, target, status, events) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (day, source, type, target, status) DO UPDATE SET events = excluded.events
      """;

  /** Why a day stays; the words of {@code ingest.old_day}. */
  enum Reason {
    /** Something waits, or is parked. */
    OPEN,
    /** Something was given up, and nobody has decided on it. */
    DEAD,
    /** The archive lacks something. */
    ARCHIVE,
    /** The archive cannot be asked. */
    UNASKED;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Reason of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT));
    }
  }

  /** One count of a day: accepted where {@code target} is empty, else of its deliveries. */
  record Total(String source, String type, String target, String status) {}

  /** A day that nothing holds, and what is in it. */
  public record FreeDay(LocalDate day, Map<Total, Long> totals) {}

  /** A day that stays, as status tells it. */
  public record HeldDay(LocalDate day, String reason, String detail) {}

  private record Held(Reason reason, @Nullable String target, long events, String detail) {}

  private record Content(Map<Total, Long> totals, Map<Long, Minute> expected) {}

  private final DmDatabase dm;
  private final @Nullable ClickHouse clickHouse;
  private final Duration retention;
  private final MaintenanceMetrics metrics;

  /** {@code clickHouse}: null in a run without an archive. */
  public OldDays(
      DmDatabase dm,
      @Nullable ClickHouse clickHouse,
      Duration retention,
      MaintenanceMetrics metrics) {
    this.dm = dm;
    this.clickHouse = clickHouse;
    this.retention = retention;
    this.metrics = metrics;
  }

  /** The days past retention that no other instance looks at now, the oldest first. */
  public List<LocalDate> due() throws SQLException {
    List<LocalDate> days = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement claim = connection.prepareStatement(DUE)) {
      claim.setLong(1, retention.toSeconds());
      claim.setLong(2, LOOK.toSeconds());
      try (ResultSet rows = claim.executeQuery()) {
        while (rows.next()) {
          days.add(rows.getObject(1, LocalDate.class));
        }
      }
    }
    return days.stream().sorted().toList();
  }

  /** The days that stay, the oldest first. */
  public List<HeldDay> held() throws SQLException {
    List<HeldDay> days = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(HELD);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        days.add(
            new HeldDay(
                rows.getObject("day", LocalDate.class),
                rows.getString("reason"),
                rows.getString("detail")));
      }
    }
    return days;
  }

  /** Looks at a day: null when it has to stay, and why is written down then. */
  public @Nullable FreeDay look(LocalDate day) throws SQLException, InterruptedException {
    Held held = unsettled(day);
    if (held == null) {
      Content content = read(day);
      held = archived(day, content.expected);
      if (held == null) {
        return new FreeDay(day, content.totals);
      }
    }
    hold(day, held);
    return null;
  }

  /**
   * Drops a day that was free when it was looked at.
   *
   * @return false when something of it is open again, so that it stays
   * @throws SQLException with state 55P03 when others kept a lock for too long: try again
   */
  public boolean drop(FreeDay free) throws SQLException {
    boolean gone =
        dm.transaction(
            tx -> {
              try (PreparedStatement total = tx.prepareStatement(TOTAL)) {
                for (Map.Entry<Total, Long> entry : free.totals.entrySet()) {
                  total.setObject(1, free.day);
                  total.setString(2, entry.getKey().source);
                  total.setString(3, entry.getKey().type);
                  total.setString(4, entry.getKey().target);
                  total.setString(5, entry.getKey().status);
                  total.setLong(6, entry.getValue());
                  total.addBatch();
                }
                total.executeBatch();
              }
              try (PreparedStatement drop = tx.prepareStatement("SELECT ingest.drop_day(?)")) {
                drop.setObject(1, free.day);
                try (ResultSet row = drop.executeQuery()) {
                  row.next();
                  return row.getBoolean(1);
                }
              }
            });
    if (gone) {
      metrics.dayDropped();
      LOG.info("outbox day {} dropped: {} events", free.day, accepted(free.totals));
    }
    return gone;
  }

  private static long accepted(Map<Total, Long> totals) {
    return totals.entrySet().stream()
        .filter(e -> e.getKey().target.isEmpty())
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private @Nullable Held unsettled(LocalDate day) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(UNSETTLED)) {
      for (int i = 1; i <= 3; i++) {
        query.setObject(i, day);
      }
      try (ResultSet row = query.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        String target = row.getString("target");
        Reason reason = row.getString("reason").equals("dead") ? Reason.DEAD : Reason.OPEN;
        long events = row.getLong("events");
        return new Held(
            reason,
            target,
            events,
            "%d events %s for %s"
                .formatted(events, reason == Reason.DEAD ? "are dead" : "wait", target));
      }
    }
  }

  private @Nullable Held archived(LocalDate day, Map<Long, Minute> expected)
      throws SQLException, InterruptedException {
    if (expected.isEmpty()) {
      return null; // nothing was meant for it, or it is off
    }
    if (clickHouse == null) {
      return new Held(Reason.UNASKED, null, 0, "this process runs without ClickHouse");
    }
    try {
      long missing = new ArchivedDay(dm, clickHouse).missing(day, expected);
      return missing == 0
          ? null
          : new Held(
              Reason.ARCHIVE,
              null,
              missing,
              "ClickHouse lacks at least %d events that it had answered for".formatted(missing));
    } catch (IOException e) {
      return new Held(Reason.UNASKED, null, 0, "ClickHouse cannot be asked: " + e.getMessage());
    }
  }

  private Content read(LocalDate day) throws SQLException {
    Map<Total, Long> totals = new HashMap<>();
    Map<Long, Minute> minutes = new TreeMap<>();
    try (Connection connection = dm.connection()) {
      long after = -1;
      Long last = pageEnd(connection, day, after);
      while (last != null) {
        totals(connection, day, after, last, totals);
        minutes(connection, day, after, last, minutes);
        after = last;
        last = pageEnd(connection, day, after);
      }
    }
    return new Content(totals, minutes);
  }

  private static @Nullable Long pageEnd(Connection connection, LocalDate day, long after)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(PAGE_END)) {
      query.setObject(1, day);
      query.setLong(2, after);
      query.setInt(3, PAGE);
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getObject(1, Long.class);
      }
    }
  }

  private static void totals(
      Connection connection, LocalDate day, long after, long last, Map<Total, Long> totals)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(TOTALS)) {
      for (int i = 0; i <= 3; i += 3) {
        query.setObject(i + 1, day);
        query.setLong(i + 2, after);
        query.setLong(i + 3, last);
      }
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          totals.merge(
              new Total(
                  rows.getString("source"),
                  rows.getString("type"),
                  rows.getString("target"),
                  rows.getString("status")),
              rows.getLong("events"),
              Long::sum);
        }
      }
    }
  }

  private static void minutes(
      Connection connection, LocalDate day, long after, long last, Map<Long, Minute> minutes)
      throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(MINUTES)) {
      query.setObject(1, day);
      query.setLong(2, after);
      query.setLong(3, last);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          minutes.merge(
              rows.getLong("minute"),
              new Minute(
                  rows.getLong("events"),
                  rows.getLong("hash"),
                  rows.getLong("first"),
                  rows.getLong("last")),
              Minute::and);
        }
      }
    }
  }

  private void hold(LocalDate day, Held held) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement update = connection.prepareStatement(HOLD)) {
      update.setString(1, held.reason.word());
      update.setString(2, held.target);
      update.setLong(3, held.events);
      update.setString(4, held.detail);
      update.setObject(5, day);
      try (ResultSet row = update.executeQuery()) {
        if (row.next() && row.getBoolean(1)) {
          LOG.warn("outbox day {} is past retention and stays: {}", day, held.detail);
        }
      }
    }
  }
}
