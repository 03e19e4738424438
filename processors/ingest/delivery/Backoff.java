package ingest.delivery;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** When a refused event is tried again: 15 attempts, doubling from 5 s, about 23 hours in all. */
public final class Backoff {
  private static final int ATTEMPTS = 15;
  private static final Duration FIRST = Duration.ofSeconds(5);
  private static final Duration LONGEST_ASKED = Duration.ofHours(6);

  /** How long a type that its target does not know waits before it is offered again. */
  static final Duration PARKED = Duration.ofMinutes(1);

  boolean exhausted(int attempts) {
    return attempts >= ATTEMPTS;
  }

  /**
   * The pause after {@code attempts} refusals, a fifth shorter or longer by chance; what the target
   * asked for counts when it is longer, up to six hours.
   */
  Duration after(int attempts, @Nullable Duration asked) {
    double jitter = ThreadLocalRandom.current().nextDouble(0.8, 1.2);
    Duration pause =
        Duration.ofMillis((long) (FIRST.toMillis() * Math.pow(2, attempts - 1) * jitter));
    if (asked == null || asked.compareTo(pause) < 0) {
      return pause;
    }
    return asked.compareTo(LONGEST_ASKED) < 0 ? asked : LONGEST_ASKED;
  }
}
