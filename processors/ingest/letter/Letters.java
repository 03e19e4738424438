package ingest.letter;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters as they stand: in groups, one by one, and how many an action would take.
 *
 * <p>All of it is read by the indexes of what is dead, so it costs what the dead are, not what the
 * outbox holds.
 */
public final class Letters {
  /** A dead letter as its group's sample, or one of a list. */
  public record Letter(
      Place place,
      LocalDate day,
      int attempts,
      @Nullable Instant attemptedAt,
      @Nullable String lastError,
      @Nullable String response,
      @Nullable String subject) {}

  /** What died of one cause: how often, from when to when, and the latest of it. */
  public record Group(
      String target,
      String type,
      String fingerprint,
      long events,
      Instant first,
      Instant last,
      Letter sample) {}

  /** The largest groups, and what there is in all. */
  public record Groups(List<Group> shown, long groups, long events) {}

  /**
   * How many are dead.
   *
   * @param seen when they were counted, or the preview of which they are left: {@link Seen}
   * @param events by target
   */
  record Dead(String seen, Map<String, Long> events) {}

  private final DmDatabase dm;

  public Letters(DmDatabase dm) {
    this.dm = dm;
  }

  private interface Read<R> {
    R of(ResultSet rows) throws SQLException;
  }

  private <R> R read(Query query, Read<R> read) throws SQLException {
    return dm.transaction(
        tx -> {
          byIndex(tx);
          try (PreparedStatement statement = query.prepare(tx);
              ResultSet rows = statement.executeQuery()) {
            return read.of(rows);
          }
        });
  }

  /**
   * For this transaction: a partition that was not analysed since much of it died may seem cheaper
   * to be read from end to end; and a plan for any filter is a plan for none.
   */
  static void byIndex(Connection tx) throws SQLException {
    try (Statement set = tx.createStatement()) {
      set.execute(
          "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL plan_cache_mode = force_custom_plan");
    }
  }

  /**
   * The same for a page in the order of {@link Place}: it ends where it is full, and never sorts
   * all that is dead, unless few are meant, which are found another way.
   */
  static void inOrder(Connection tx, Filter filter) throws SQLException {
    byIndex(tx);
    if (filter.subject() == null && filter.event() == null) {
      try (Statement set = tx.createStatement()) {
        set.execute("SET LOCAL enable_sort = off");
      }
    }
  }

  /** The {@code most} largest groups. */
  public Groups groups(Filter filter, int most) throws SQLException {
    return read(
        grouped(filter, most),
        rows -> {
          List<Group> shown = new ArrayList<>();
          long groups = 0;
          long events = 0;
          while (rows.next()) {
            groups = rows.getLong("of_groups");
            events = rows.getLong("of_events");
            shown.add(
                new Group(
                    rows.getString("target"),
                    rows.getString("type"),
                    rows.getString("fingerprint"),
                    rows.getLong("events"),
                    Objects.requireNonNull(time(rows, "first")),
                    Objects.requireNonNull(time(rows, "last")),
                    letter(rows)));
          }
          return new Groups(shown, groups, events);
        });
  }

  static Query grouped(Filter filter, int most) {
    return new Query()
        .add(
            """
            WITH found AS (
                SELECT i.target, i.type, i.fingerprint, count(*) AS events, min(i.died_at) AS first, max(i.died_at) AS last
                FROM ingest.delivery_item i
                WHERE""")
        .add(filter.dead())
        .add(
            """
                GROUP BY i.target, i.type, i.fingerprint
            ), largest AS (
                SELECT f.*, count(*) OVER () AS of_groups, (sum(f.events) OVER ())::bigint AS of_events
                FROM found f
                ORDER BY f.events DESC, f.target, f.type, f.fingerprint LIMIT ?
            )
            SELECT g.events, g.first, g.last, g.of_groups, g.of_events, sample.*
            FROM largest g CROSS JOIN LATERAL (
                SELECT i.target, i.type, i.fingerprint, i.died_at, i.event_id, i.day, i.attempts, i.attempted_at,
                       i.last_error, i.response,
                       (SELECT o.subject FROM ingest.ingest_outbox o
                        WHERE o.day = i.day AND o.chunk = i.chunk AND o.pos = i.pos) AS subject
                FROM ingest.delivery_item i
                WHERE i.target = g.target AND i.type = g.type AND i.fingerprint = g.fingerprint AND i.died_at = g.last
                AND""",
            most)
        .add(filter.dead())
        .add(
            """
                LIMIT 1
            ) sample
            ORDER BY g.events DESC, g.target, g.type, g.fingerprint
            """);
  }

  /** At most {@code most}, in the order of {@link Place}, behind {@code after}. */
  public List<Letter> list(Filter filter, @Nullable Place after, int most) throws SQLException {
    return dm.transaction(
        tx -> {
          inOrder(tx, filter);
          List<Letter> letters = new ArrayList<>();
          try (PreparedStatement statement = listed(filter, after, most).prepare(tx);
              ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              letters.add(letter(rows));
            }
          }
          return letters;
        });
  }

  static Query listed(Filter filter, @Nullable Place after, int most) {
    Query query =
        new Query()
            .add(
                """
                WITH page AS MATERIALIZED (
                    SELECT i.target, i.type, i.fingerprint, i.died_at, i.event_id, i.day, i.chunk, i.pos, i.attempts,
                           i.attempted_at, i.last_error, i.response
                    FROM ingest.delivery_item i
                    WHERE""")
            .add(filter.dead());
    if (after != null) {
      query.add(after.behind(filter));
    }
    return query.add(
        """
            ORDER BY i.target, i.type, i.fingerprint, i.died_at, i.event_id
            LIMIT ?
        )
        SELECT i.*, (SELECT o.subject FROM ingest.ingest_outbox o
                     WHERE o.day = i.day AND o.chunk = i.chunk AND o.pos = i.pos) AS subject
        FROM page i
        ORDER BY i.target, i.type, i.fingerprint, i.died_at, i.event_id
        """,
        most);
  }

  /**
   * How many there are, by target.
   *
   * @param seen of an earlier preview, of which is told what is left; null for what is there now
   */
  Dead count(Filter filter, @Nullable String seen) throws SQLException {
    return read(
        counted(filter, seen),
        rows -> {
          Map<String, Long> events = new TreeMap<>();
          String now = "";
          while (rows.next()) {
            now = rows.getString("seen");
            String target = rows.getString("target");
            if (target != null) {
              events.put(target, rows.getLong("events"));
            }
          }
          return new Dead(seen == null ? now : seen, events);
        });
  }

  static Query counted(Filter filter, @Nullable String seen) {
    Query query =
        new Query()
            .add(
                """
                SELECT pg_current_snapshot()::text AS seen, counted.target, counted.events
                FROM (SELECT) one LEFT JOIN (
                    SELECT i.target, count(*) AS events
                    FROM ingest.delivery_item i
                    WHERE""")
            .add(filter.dead());
    if (seen != null) {
      query.add(DeadPage.diedBy(seen));
    }
    return query.add("GROUP BY i.target) counted ON true");
  }

  private static Letter letter(ResultSet rows) throws SQLException {
    return new Letter(
        Place.of(rows),
        rows.getObject("day", LocalDate.class),
        rows.getInt("attempts"),
        time(rows, "attempted_at"),
        rows.getString("last_error"),
        rows.getString("response"),
        rows.getString("subject"));
  }

  private static @Nullable Instant time(ResultSet rows, String column) throws SQLException {
    OffsetDateTime time = rows.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }
}
