package ingest.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.upstream.NotPermitted.Reason;
import ingest.upstream.Pace.Refusal;
import ingest.upstream.Pace.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PaceTest {
  private static final Instant NOW = Instant.parse("2026-11-20T23:59:00Z");

  @Test
  void turns_are_so_far_apart_that_late_calls_fit_into_every_minute() {
    Instant next = NOW;
    Deque<Instant> turns = new ArrayDeque<>();
    for (int call = 0; call < 3_000; call++) {
      Instant now = next.isAfter(NOW) ? next : NOW;
      Turn turn = assertInstanceOf(Turn.class, decide(at(next), new Limits(600, 0), 0, now));
      turns.add(turn.at());
      // Each arrives up to LATENESS after its turn, so a minute holds what had a turn in so much
      // more.
      while (turns
          .getFirst()
          .isBefore(turn.at().minus(Duration.ofSeconds(60)).minus(Pace.LATENESS))) {
        turns.removeFirst();
      }
      assertTrue(turns.size() <= 601, () -> turns.size() + " calls in a minute");
      next = turn.nextAt();
    }
  }

  @Test
  void without_a_limit_nobody_waits() {
    Turn turn = assertInstanceOf(Turn.class, decide(at(NOW.minusSeconds(5)), Limits.NONE, 0, NOW));
    assertEquals(NOW, turn.at());
    assertEquals(NOW, turn.nextAt());
    assertNull(turn.openUntil());
  }

  @Test
  void who_would_wait_too_long_is_told_when_to_come() {
    Instant far = NOW.plus(Pace.LONGEST_WAIT).plusMillis(1);
    Refusal refusal = refusal(decide(at(far), new Limits(60, 0), 0, NOW));
    assertEquals(Reason.PACE, refusal.reason());
    assertEquals(far, refusal.until());
  }

  @Test
  void a_short_pause_is_waited_for_and_a_long_one_refused() {
    Instant soon = NOW.plusSeconds(3);
    assertEquals(
        soon, assertInstanceOf(Turn.class, decide(paused(soon), Limits.NONE, 0, NOW)).at());
    Instant late = NOW.plusSeconds(60);
    Refusal refusal = refusal(decide(paused(late), Limits.NONE, 0, NOW));
    assertEquals(Reason.PAUSED, refusal.reason());
    assertEquals("it said so", refusal.said());
  }

  @Test
  void an_open_breaker_lets_one_call_probe_when_its_time_is_over() {
    Standing open = broken(NOW.plusSeconds(1));
    assertEquals(Reason.BREAKER, refusal(decide(open, Limits.NONE, 0, NOW)).reason());
    Turn probe = assertInstanceOf(Turn.class, decide(broken(NOW), Limits.NONE, 0, NOW));
    assertEquals(NOW.plus(Pace.PROBE), probe.openUntil());
  }

  @Test
  void the_last_credit_of_the_day_is_spent_and_no_more() {
    Limits paid = new Limits(0, 1_000);
    assertInstanceOf(Turn.class, decide(spent(990), paid, 10, NOW));
    Refusal refusal = refusal(decide(spent(991), paid, 10, NOW));
    assertEquals(Reason.CREDITS, refusal.reason());
    assertEquals(Instant.parse("2026-11-21T00:00:00Z"), refusal.until());
    assertInstanceOf(Turn.class, decide(spent(991), new Limits(0, 0), 10, NOW));
  }

  @Test
  void the_upper_half_of_what_an_upstream_allows_may_be_used_at_once() {
    Turn turn =
        assertInstanceOf(
            Turn.class, decide(told(300, 151, NOW.plusSeconds(900)), Limits.NONE, 0, NOW));
    assertEquals(NOW, turn.nextAt());
  }

  @Test
  void the_lower_half_is_used_evenly_until_the_last_fifth() {
    Turn turn =
        assertInstanceOf(
            Turn.class, decide(told(300, 150, NOW.plusSeconds(900)), Limits.NONE, 0, NOW));
    assertEquals(NOW.plusSeconds(10), turn.nextAt(), "900 s for 150 - 60 calls");
    Refusal refusal = refusal(decide(told(300, 60, NOW.plusSeconds(900)), Limits.NONE, 0, NOW));
    assertEquals(Reason.PAUSED, refusal.reason());
    assertEquals(NOW.plusSeconds(900), refusal.until());
  }

  @Test
  void what_an_upstream_said_is_forgotten_when_its_limit_begins_anew() {
    assertInstanceOf(Turn.class, decide(told(300, 0, NOW), Limits.NONE, 0, NOW));
  }

  private static Pace.Decision decide(Standing standing, Limits limits, int credits, Instant now) {
    return Pace.decide(standing, limits, credits, now);
  }

  private static Refusal refusal(Pace.Decision decision) {
    return assertInstanceOf(Refusal.class, decision);
  }

  private static Standing at(Instant nextAt) {
    return standing(nextAt, 0, null, null, null, null, 0, null);
  }

  private static Standing paused(Instant until) {
    return standing(NOW, 0, null, null, null, until, 0, null);
  }

  private static Standing broken(Instant openUntil) {
    return standing(NOW, 0, null, null, null, null, Pace.BROKEN, openUntil);
  }

  private static Standing spent(long credits) {
    return standing(NOW, credits, null, null, null, null, 0, null);
  }

  private static Standing told(int limit, long remaining, Instant resetsAt) {
    return standing(NOW, 0, limit, remaining, resetsAt, null, 0, null);
  }

  private static Standing standing(
      Instant nextAt,
      long credits,
      @Nullable Integer limit,
      @Nullable Long remaining,
      @Nullable Instant resetsAt,
      @Nullable Instant pausedUntil,
      int failures,
      @Nullable Instant openUntil) {
    return new Standing(
        "kick",
        nextAt,
        0,
        credits,
        limit,
        remaining,
        resetsAt,
        pausedUntil,
        "it said so",
        failures,
        openUntil);
  }
}
