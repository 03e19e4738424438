package ingest.upstream;

import ingest.upstream.NotPermitted.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * Decides on one call from how an upstream stands. Pure: the clock is the {@code dm} database's.
 */
final class Pace {
  /** Who would wait longer for a turn comes again with the next run. */
  static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  /**
   * How long after its turn a call may still leave and arrive. Turns are so far apart that calls
   * which come late, up to this, do not make one minute too full.
   */
  static final Duration LATENESS = Duration.ofSeconds(2);

  /** How long the one call that probes a broken upstream has. */
  static final Duration PROBE = Duration.ofSeconds(30);

  /** Failed calls in a row that mean a broken upstream and not a few bad pages. */
  static final int BROKEN = 10;

  private static final Duration MINUTE = Duration.ofMinutes(1);

  private Pace() {}

  /** What comes of it. */
  sealed interface Decision {}

  /**
   * A turn.
   *
   * @param at when the call may leave
   * @param nextAt when the next one may
   * @param openUntil set while this call probes
   */
  record Turn(Instant at, Instant nextAt, @Nullable Instant openUntil) implements Decision {}

  /** None; ask again at {@code until}. */
  record Refusal(Reason reason, Instant until, String said) implements Decision {}

  static Decision decide(Standing standing, Limits limits, int credits, Instant now) {
    Instant earliest = later(standing.nextAt(), now);
    Instant pausedUntil = standing.pausedUntil();
    if (pausedUntil != null && pausedUntil.isAfter(now)) {
      if (pausedUntil.isAfter(now.plus(LONGEST_WAIT))) {
        return new Refusal(Reason.PAUSED, pausedUntil, String.valueOf(standing.pausedWhy()));
      }
      earliest = later(earliest, pausedUntil);
    }
    Instant openUntil = standing.openUntil();
    if (openUntil != null && openUntil.isAfter(now)) {
      return new Refusal(
          Reason.BREAKER, openUntil, "%d calls in a row failed".formatted(standing.failures()));
    }
    if (limits.paid() && standing.credits() + credits > limits.creditsPerDay()) {
      return new Refusal(
          Reason.CREDITS,
          now.atOffset(ZoneOffset.UTC)
              .toLocalDate()
              .plusDays(1)
              .atStartOfDay()
              .toInstant(ZoneOffset.UTC),
          "%d of %d credits of the day are used up"
              .formatted(standing.credits(), limits.creditsPerDay()));
    }
    Duration apart = apart(limits);
    Instant resetsAt = standing.resetsAt();
    Long remaining = standing.remaining();
    Integer limit = standing.limit();
    if (resetsAt != null && resetsAt.isAfter(now) && remaining != null && limit != null) {
      long usable = remaining - spare(limit);
      if (usable <= 0) {
        return new Refusal(
            Reason.PAUSED,
            resetsAt,
            "it says that %d of %d calls are left".formatted(remaining, limit));
      }
      if (remaining <= limit / 2) {
        Duration even = Duration.between(now, resetsAt).dividedBy(usable);
        apart = even.compareTo(apart) > 0 ? even : apart;
      }
    }
    if (earliest.isAfter(now.plus(LONGEST_WAIT))) {
      return new Refusal(Reason.PACE, earliest, "its calls are used up until then");
    }
    return new Turn(
        earliest,
        earliest.plus(apart),
        standing.failures() >= BROKEN ? earliest.plus(PROBE) : null);
  }

  /**
   * Of what an upstream allows, a fifth is left to whoever else calls with our credentials; the
   * half above it may be used at once, the rest evenly.
   */
  static long spare(int limit) {
    return (limit + 4L) / 5;
  }

  private static Duration apart(Limits limits) {
    return limits.callsPerMinute() == 0
        ? Duration.ZERO
        : MINUTE.plus(LATENESS).dividedBy(limits.callsPerMinute());
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }
}
