package ingest.upstream;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.upstream.Pace.Decision;
import ingest.upstream.Pace.Refusal;
import ingest.upstream.Pace.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** X's limit of 300 calls in a quarter of an hour, of which somebody else takes a part at times. */
final class XPaceTest {
  private static final int LIMIT = 300;
  private static final Duration WINDOW = Duration.ofMinutes(15);
  private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

  @Test
  void however_unevenly_the_calls_are_left_the_limit_is_never_hit() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      Instant now = START;
      Instant resetsAt = START;
      int used = 0;
      int others = 0;
      int ours = 0;
      Standing standing = standing(START, null, null);
      while (now.isBefore(START.plus(WINDOW.multipliedBy(4)))) {
        Decision decision = Pace.decide(standing, new Limits(0, 0), 0, now);
        if (decision instanceof Refusal refusal) {
          now = refusal.until();
          continue;
        }
        Turn turn = (Turn) decision;
        now = turn.at();
        if (!now.isBefore(resetsAt)) {
          resetsAt = now.plus(WINDOW);
          used = 0;
          others = random.nextInt(LIMIT); // taken at once, at the beginning or later
          if (random.nextBoolean()) {
            used = others;
            others = 0;
          } else {
            others = Math.min(others, LIMIT / 5);
          }
        }
        if (others > 0 && random.nextInt(40) == 0) {
          used += others;
          others = 0;
        }
        used++;
        ours++;
        int finalUsed = used;
        int finalSeed = seed;
        assertTrue(used <= LIMIT, () -> "seed " + finalSeed + ": call " + finalUsed);
        standing = standing(turn.nextAt(), (long) (LIMIT - used), resetsAt);
      }
      int calls = ours;
      int shown = seed;
      assertTrue(calls > 4, () -> "seed " + shown + ": " + calls + " calls in an hour");
    }
  }

  private static Standing standing(
      Instant nextAt, @Nullable Long remaining, @Nullable Instant resetsAt) {
    return new Standing(
        "x",
        nextAt,
        0,
        0,
        remaining == null ? null : LIMIT,
        remaining,
        resetsAt,
        null,
        null,
        0,
        null);
  }
}
