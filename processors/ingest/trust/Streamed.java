package ingest.trust;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One stream that is over, as {@code dm.stream_session} has it.
 *
 * @param peak the most viewers that a poll saw; null where none saw any number
 * @param samples polls that saw a number
 * @param viewers the sum of these numbers
 * @param follows that began while it ran
 */
public record Streamed(
    Instant startedAt,
    Instant endedAt,
    @Nullable Integer peak,
    int samples,
    long viewers,
    int follows) {
  /** What runs longer was not closed in time. */
  private static final Duration LONGEST = Duration.ofHours(24);

  /** Whether anybody counted. */
  boolean counted() {
    return samples > 0 && peak != null;
  }

  double hours() {
    Duration ran = Duration.between(startedAt, endedAt);
    return (ran.compareTo(LONGEST) > 0 ? LONGEST : ran).toSeconds() / 3600.0;
  }

  /** Viewers on average; 0 where nobody counted. */
  double average() {
    return samples == 0 ? 0 : (double) viewers / samples;
  }

  /** The peak over the average: 1 is a curve as flat as a table. */
  double peakiness() {
    return peak == null || viewers == 0 ? 1 : peak / average();
  }
}
