package ingest.trust;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a channel at a time: all that its score is made of.
 *
 * @param at the end of the window of {@link #WINDOW}
 * @param firstSeenAt when the channel became known to us
 * @param followers null where nobody told
 * @param followsHeard whether we would have been told of follows
 * @param streams that are over and began in the window; in any order
 */
public record Known(
    Instant at,
    Instant firstSeenAt,
    @Nullable Integer followers,
    boolean followsHeard,
    List<Streamed> streams) {
  static final int WEEKS = 12;

  /** How far back a score looks: twelve weeks. */
  public static final Duration WINDOW = Duration.ofDays(7L * WEEKS);

  public Known {
    streams = streams.stream().sorted(Comparator.comparing(Streamed::startedAt)).toList();
  }

  /** The streams that somebody counted the viewers of. */
  List<Streamed> counted() {
    return streams.stream().filter(Streamed::counted).toList();
  }

  /** Whole weeks of the window in which the channel was known. */
  int observedWeeks() {
    long weeks = Duration.between(firstSeenAt, at).toDays() / 7;
    return (int) Math.max(0, Math.min(WEEKS, weeks));
  }

  /** Those of them in which it streamed. */
  int activeWeeks() {
    return (int)
        streams.stream()
            .mapToLong(s -> Duration.between(s.startedAt(), at).toDays() / 7)
            .filter(week -> week < observedWeeks())
            .distinct()
            .count();
  }
}
