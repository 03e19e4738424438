package ingest.outbox;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Follows what is committed, page by page, for somebody who looks on. Keeps nothing here: how far a
 * follower is goes with them, so that any instance serves the next page.
 *
 * <p>Chunks commit out of order, so a follower's place is no number but a snapshot of PostgreSQL:
 * what it did not see and the next one sees is new, once. Where a page begins to look is a number,
 * since no index knows snapshots: below it stands only what had ended before it was told. A commit
 * that draws its number and then stands still for longer than {@link #MARGIN} before it writes
 * anything would be missed; nothing is told twice.
 */
public final class Tail {
  /** Events that one page looks at, whatever it tells of them. */
  private static final int LOOKED_AT = 2000;

  /** How long a commit may take from its number to its first write. */
  private static final Duration MARGIN = Duration.ofSeconds(10);

  /** Chunks before the latest at which somebody who begins to follow begins to look. */
  private static final long BEFORE = 50_000;

  private static final int MOST_MARKS = 64;
  private static final Duration BETWEEN_MARKS = Duration.ofSeconds(1);

  private static final String DRAWN = "SELECT last_value FROM ingest.chunk_seq";

  private static final String NOW =
      """
      SELECT CAST(pg_current_snapshot() AS text) AS snapshot,
             ingest.clock() AS at
      """;

  /**
   * A transaction of its own: those that have begun are before it. The end of a snapshot is not
   * enough, since those that are under way may be beyond it.
   */
  private static final String BEGUN = "SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)";

  /** A row's 32 bits of its transaction become 64 by the newest there is. */
  private static final String PAGE =
      """
      SELECT o.day, o.chunk, o.pos, o.type, o.created_at,
             CASE WHEN (CAST(? AS text) IS NULL OR o.type = ?
                        OR (right(?, 1) = '*' AND starts_with(o.type, left(?, -1))))
                   AND (CAST(? AS text) IS NULL OR o.subject = ?)
                   AND (CAST(? AS text) IS NULL OR EXISTS (
                        SELECT FROM ingest.target t WHERE t.name = ?
                        AND CASE WHEN o.targets IS NULL THEN ingest.type_matches(t.types, o.type)
                                 ELSE t.kind = 'clickhouse' OR t.name = ANY (o.targets) END))
                  THEN o.envelope END AS envelope
      FROM (SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint) AS newest) m,
           ingest.ingest_outbox o,
           LATERAL (SELECT CAST(CAST(m.newest - ((m.newest - CAST(CAST(o.xmin AS text) AS bigint)) & 4294967295) AS text) AS xid8) AS by) x
      WHERE o.day = ANY (ARRAY(SELECT CAST(d AS date) FROM generate_series(?::timestamp, ?::timestamp, interval '1 day') d))
        AND o.chunk >= ? AND (o.day, o.chunk, o.pos) > (CAST(? AS date), ?, CAST(? AS smallint))
        AND NOT pg_visible_in_snapshot(x.by, CAST(? AS pg_snapshot))
        AND pg_visible_in_snapshot(x.by, CAST(? AS pg_snapshot))
      ORDER BY o.day, o.chunk, o.pos
      LIMIT ?
      """;

  private final DmDatabase dm;

  public Tail(DmDatabase dm) {
    this.dm = dm;
  }

  /** What is asked for; null takes all. A type may end in {@code *}. */
  public record Filter(@Nullable String type, @Nullable String subject, @Nullable String target) {}

  /** Told, as it was committed. */
  public record Told(String type, Instant committedAt, String envelope) {}

  /** By then, so many numbers had been drawn, and each transaction before {@code begun} begun. */
  public record Mark(long millis, long drawn, long begun) {}

  /** The last event that was looked at. */
  public record Position(String day, long chunk, int pos) {}

  /**
   * How far a follower is.
   *
   * @param told the snapshot whose events were told
   * @param telling the one that is being told, up to {@code after}; null between two
   * @param floor the chunk from which on there may be something new
   * @param floorMillis when the floor was drawn
   * @param marks floors of later
   * @param millis when this was
   */
  public record Place(
      String told,
      @Nullable String telling,
      @Nullable Position after,
      long floor,
      long floorMillis,
      List<Mark> marks,
      long millis) {
    public Place {
      marks = List.copyOf(marks);
    }
  }

  /** A page; {@code more}: the next can be had at once. */
  public record Page(List<Told> events, Place next, boolean more) {}

  private record Now(String snapshot, Instant at) {}

  /** The place of somebody who begins to follow: behind all that is committed. */
  public Place end() throws SQLException {
    try (Connection connection = dm.connection()) {
      long drawn = number(connection, DRAWN);
      Now now = now(connection);
      long millis = now.at.toEpochMilli();
      return new Place(
          now.snapshot, null, null, Math.max(0, drawn - BEFORE), millis, List.of(), millis);
    }
  }

  /** What was committed after {@code place}, as far as one page goes. */
  public Page page(Place place, Filter filter) throws SQLException {
    try (Connection connection = dm.connection()) {
      long drawn =
          number(connection, DRAWN); // before the snapshot, and before a mark counts what has begun
      Now now = now(connection);
      String telling = place.telling == null ? now.snapshot : place.telling;
      List<Told> told = new ArrayList<>();
      Position last = read(connection, place, telling, filter, now, told);
      return last == null
          ? new Page(told, caughtUp(connection, place, telling, drawn, now), false)
          : new Page(
              told,
              new Place(
                  place.told,
                  telling,
                  last,
                  place.floor,
                  place.floorMillis,
                  place.marks,
                  now.at.toEpochMilli()),
              true);
    }
  }

  /** All of a snapshot is told: the floor rises to the latest mark whose commits are all in it. */
  private static Place caughtUp(
      Connection connection, Place place, String told, long drawn, Now now) throws SQLException {
    long millis = now.at.toEpochMilli();
    long lowest = Long.parseLong(told.substring(0, told.indexOf(':')));
    long floor = place.floor;
    long floorMillis = place.floorMillis;
    List<Mark> marks = new ArrayList<>();
    for (Mark mark : place.marks) {
      if (mark.begun <= lowest && millis - mark.millis >= MARGIN.toMillis()) {
        floor = Math.max(floor, mark.drawn + 1);
        floorMillis = mark.millis;
      } else {
        marks.add(mark);
      }
    }
    long latest = marks.isEmpty() ? 0 : marks.get(marks.size() - 1).millis;
    if (marks.size() < MOST_MARKS && millis - latest >= BETWEEN_MARKS.toMillis()) {
      marks.add(new Mark(millis, drawn, number(connection, BEGUN)));
    }
    return new Place(told, null, null, floor, floorMillis, marks, millis);
  }

  /** Adds what is told, and returns the last that was looked at where there may be more. */
  private static @Nullable Position read(
      Connection connection, Place place, String telling, Filter filter, Now now, List<Told> told)
      throws SQLException {
    Position after = place.after == null ? new Position("0001-01-01", 0, -1) : place.after;
    try (PreparedStatement query = connection.prepareStatement(PAGE)) {
      int p = 0;
      for (int i = 0; i < 4; i++) {
        query.setString(++p, filter.type);
      }
      for (String asked : new String[] {filter.subject, filter.subject, filter.target}) {
        query.setString(++p, asked);
      }
      query.setString(++p, filter.target);
      query.setString(++p, dayBefore(Instant.ofEpochMilli(place.floorMillis)));
      query.setString(++p, now.at.toString().substring(0, 10));
      query.setLong(++p, place.floor);
      query.setString(++p, after.day);
      query.setLong(++p, after.chunk);
      query.setInt(++p, after.pos);
      query.setString(++p, place.told);
      query.setString(++p, telling);
      query.setInt(++p, LOOKED_AT);
      Position last = null;
      int looked = 0;
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          looked++;
          last = new Position(rows.getString("day"), rows.getLong("chunk"), rows.getInt("pos"));
          String envelope = rows.getString("envelope");
          if (envelope != null) {
            told.add(
                new Told(
                    rows.getString("type"),
                    rows.getObject("created_at", OffsetDateTime.class).toInstant(),
                    envelope));
          }
        }
      }
      return looked == LOOKED_AT ? last : null;
    }
  }

  /** A commit has the day at which its transaction began. */
  private static String dayBefore(Instant floor) {
    return floor.minus(Duration.ofHours(1)).toString().substring(0, 10);
  }

  private static long number(Connection connection, String asked) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(asked);
        ResultSet rows = query.executeQuery()) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static Now now(Connection connection) throws SQLException {
    try (PreparedStatement query = connection.prepareStatement(NOW);
        ResultSet rows = query.executeQuery()) {
      rows.next();
      return new Now(
          rows.getString("snapshot"), rows.getObject("at", OffsetDateTime.class).toInstant());
    }
  }
}
