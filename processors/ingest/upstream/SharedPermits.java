package ingest.upstream;

import ingest.store.DmDatabase;
import ingest.upstream.Pace.Decision;
import ingest.upstream.Pace.Refusal;
import ingest.upstream.Pace.Turn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Permits that all instances share: each is a turn in the upstream's row of {@code dm.upstream},
 * which whoever asks locks for a moment. Turns are in the future, not in the past: who comes too
 * late for its own takes another, so a process that stood still makes no minute too full.
 */
public final class SharedPermits implements Permits {
  private static final String LOCK =
      """
      WITH mine AS MATERIALIZED (SELECT * FROM dm.upstream WHERE upstream = ? FOR UPDATE)
      SELECT mine.*, ingest.clock() AS at FROM mine
      """;

  private static final String ADD =
      """
      INSERT INTO dm.upstream (upstream, next_at, day)
      VALUES (?, ingest.now(), (ingest.now() AT TIME ZONE 'UTC')::date)
      ON CONFLICT DO NOTHING
      """;

  private static final String GRANT =
      """
      UPDATE dm.upstream
      SET next_at = ?, open_until = coalesce(?, open_until), remaining = remaining - 1,
          calls = CASE WHEN day = ? THEN calls ELSE 0 END + 1,
          credits = CASE WHEN day = ? THEN credits ELSE 0 END + ?, day = ?
      WHERE upstream = ?
      """;

  /** What every answer may bring: costs, and limits unless an older answer overtook this one. */
  private static final String BOOK =
      """
      UPDATE dm.upstream u
      SET credits = CASE WHEN day = ? THEN greatest(0, credits + ?) ELSE credits END,
          call_limit = coalesce(h.call_limit, u.call_limit),
          remaining = CASE WHEN h.remaining IS NULL THEN u.remaining
                           WHEN abs(extract(epoch FROM h.resets_at - u.resets_at)) < 5 THEN least(u.remaining, h.remaining)
                           ELSE h.remaining END,
          resets_at = coalesce(h.resets_at, u.resets_at)%s
      FROM (VALUES (?::int, ?::bigint, ?::timestamptz)) h (call_limit, remaining, resets_at)
      WHERE u.upstream = ?
      """;

  private static final String SPENT = BOOK.formatted("");

  private static final String ANSWERED =
      BOOK.formatted(", failures = 0, refusals = 0, open_until = NULL");

  /** Half a minute, and twice as long for each probe that fails, up to ten minutes. */
  private static final String FAILED =
      BOOK.formatted(
          ", failures = failures + 1, open_until = CASE WHEN failures + 1 < "
              + Pace.BROKEN
              + " THEN open_until ELSE ingest.clock() + least(interval '10 minutes', interval '30 seconds' * power(2,"
              + " least(failures + 1 - "
              + Pace.BROKEN
              + ", 10))) END");

  /**
   * Five seconds where it did not say, twice as long for each refusal in a row, up to five minutes.
   */
  private static final String REFUSED =
      BOOK.formatted(
          ", refusals = refusals + 1, paused_why = 'it answered 429 or asked for a pause', paused_until ="
              + " greatest(paused_until, ingest.clock() + coalesce(make_interval(secs => ?), least(interval '5 minutes',"
              + " interval '5 seconds' * power(2, least(refusals, 10)))))");

  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

  /** A turn that is this old is given up: the call would arrive among those of a later minute. */
  private static final Duration STALE = Duration.ofSeconds(1);

  private final DmDatabase dm;
  private final Map<String, Limits> limits;
  private final UpstreamMetrics metrics;

  /** {@code limits} by upstream; who is not among them is neither paced nor paid. */
  public SharedPermits(DmDatabase dm, Map<String, Limits> limits, UpstreamMetrics metrics) {
    this.dm = dm;
    this.limits = Map.copyOf(limits);
    this.metrics = metrics;
  }

  @Override
  public Permit take(String upstream, int credits)
      throws NotPermitted, SQLException, InterruptedException {
    Limits allowed = limits.getOrDefault(upstream, Limits.NONE);
    int reckoned = allowed.paid() ? credits : 0;
    int toBook = reckoned;
    long began = System.nanoTime();
    while (true) {
      long asked = System.nanoTime();
      Asked answer = ask(upstream, allowed, toBook);
      if (answer.decision() instanceof Refusal refusal) {
        metrics.refused(upstream, refusal.reason());
        throw new NotPermitted(upstream, refusal.reason(), refusal.until(), refusal.said());
      }
      Duration wait = Duration.between(answer.now(), ((Turn) answer.decision()).at());
      TimeUnit.NANOSECONDS.sleep(wait.toNanos());
      if (System.nanoTime() - asked - wait.toNanos() <= STALE.toNanos()) {
        metrics.permitted(upstream, System.nanoTime() - began);
        return new Permit(
            upstream,
            answer.now().atOffset(ZoneOffset.UTC).toLocalDate(),
            reckoned,
            answer.troubled());
      }
      toBook = 0; // this call's credits are on the book already
    }
  }

  private record Asked(Decision decision, Instant now, boolean troubled) {}

  private Asked ask(String upstream, Limits allowed, int credits) throws SQLException {
    return dm.transaction(
        tx -> {
          Asked asked = decide(tx, upstream, allowed, credits);
          if (asked == null) {
            try (PreparedStatement add = tx.prepareStatement(ADD)) {
              add.setString(1, upstream);
              add.executeUpdate();
            }
            asked = Objects.requireNonNull(decide(tx, upstream, allowed, credits));
          }
          if (asked.decision() instanceof Turn turn) {
            grant(tx, upstream, turn, asked.now(), credits);
          }
          return asked;
        });
  }

  private static @Nullable Asked decide(Connection tx, String upstream, Limits allowed, int credits)
      throws SQLException {
    try (PreparedStatement lock = tx.prepareStatement(LOCK)) {
      lock.setString(1, upstream);
      try (ResultSet row = lock.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        Instant now = instant(row, "at");
        Standing standing = standing(row, now);
        return new Asked(
            Pace.decide(standing, allowed, credits, now),
            now,
            standing.failures() > 0 || row.getInt("refusals") > 0);
      }
    }
  }

  private static void grant(Connection tx, String upstream, Turn turn, Instant now, int credits)
      throws SQLException {
    LocalDate today = now.atOffset(ZoneOffset.UTC).toLocalDate();
    try (PreparedStatement grant = tx.prepareStatement(GRANT)) {
      grant.setObject(1, turn.nextAt().atOffset(ZoneOffset.UTC));
      grant.setObject(2, utc(turn.openUntil()));
      grant.setObject(3, today);
      grant.setObject(4, today);
      grant.setLong(5, credits);
      grant.setObject(6, today);
      grant.setString(7, upstream);
      grant.executeUpdate();
    }
  }

  @Override
  public void answered(Permit permit, Heard heard) throws SQLException {
    if (permit.troubled() || !heard.nothing()) {
      book(ANSWERED, permit, heard, null, false);
    }
  }

  @Override
  public void failed(Permit permit, Heard heard) throws SQLException {
    book(FAILED, permit, heard, null, false);
  }

  @Override
  public void refused(Permit permit, Heard heard, @Nullable Duration asked) throws SQLException {
    book(REFUSED, permit, heard, asked, true);
  }

  @Override
  public void spent(Permit permit, Heard heard) throws SQLException {
    if (!heard.nothing()) {
      book(SPENT, permit, heard, null, false);
    }
  }

  private void book(
      String statement, Permit permit, Heard heard, @Nullable Duration pause, boolean pauses)
      throws SQLException {
    Integer cost = heard.cost();
    boolean paid = limits.getOrDefault(permit.upstream(), Limits.NONE).paid();
    try (Connection connection = dm.connection();
        PreparedStatement book = connection.prepareStatement(statement)) {
      int at = 1;
      book.setObject(at++, permit.day());
      book.setLong(at++, cost == null || !paid ? 0 : cost - permit.credits());
      if (pauses) {
        book.setObject(at++, pause == null ? null : seconds(pause), java.sql.Types.DOUBLE);
      }
      book.setObject(at++, heard.limit(), java.sql.Types.INTEGER);
      book.setObject(at++, heard.remaining(), java.sql.Types.BIGINT);
      book.setObject(at++, utc(heard.resetsAt()));
      book.setString(at, permit.upstream());
      book.executeUpdate();
    }
  }

  private static double seconds(Duration pause) {
    return (pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE).toMillis() / 1000.0;
  }

  @Override
  public void pause(String upstream, Instant until, String why) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement pause =
            connection.prepareStatement(
                "UPDATE dm.upstream SET paused_until = ?, paused_why = left(?, 300) WHERE upstream = ?")) {
      pause.setObject(1, until.atOffset(ZoneOffset.UTC));
      pause.setString(2, why);
      pause.setString(3, upstream);
      pause.executeUpdate();
    }
  }

  @Override
  public List<Standing> standings() throws SQLException {
    List<Standing> standings = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT *, ingest.clock() AS at FROM dm.upstream ORDER BY upstream");
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        standings.add(standing(rows, instant(rows, "at")));
      }
    }
    return standings;
  }

  private static Standing standing(ResultSet row, Instant now) throws SQLException {
    boolean today =
        row.getObject("day", LocalDate.class).equals(now.atOffset(ZoneOffset.UTC).toLocalDate());
    return new Standing(
        row.getString("upstream"),
        instant(row, "next_at"),
        today ? row.getInt("calls") : 0,
        today ? row.getLong("credits") : 0,
        row.getObject("call_limit", Integer.class),
        row.getObject("remaining", Long.class),
        instantOrNull(row, "resets_at"),
        instantOrNull(row, "paused_until"),
        row.getString("paused_why"),
        row.getInt("failures"),
        instantOrNull(row, "open_until"));
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return Objects.requireNonNull(instantOrNull(row, column), column);
  }

  private static @Nullable Instant instantOrNull(ResultSet row, String column) throws SQLException {
    OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
    return value == null ? null : value.toInstant();
  }

  private static @Nullable OffsetDateTime utc(@Nullable Instant instant) {
    return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
  }
}
