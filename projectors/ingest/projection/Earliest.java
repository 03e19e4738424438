package ingest.projection;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A column that holds the earliest time that was told of something, so that the order in which it
 * is told is of no matter. In an {@code ON CONFLICT DO UPDATE} the table is called {@code s}.
 */
public record Earliest(String column) {
  public static @Nullable Instant of(@Nullable Instant one, @Nullable Instant other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.isBefore(other) ? one : other;
  }

  /** What to set. */
  public String assignment() {
    return "%1$s = least(s.%1$s, excluded.%1$s)".formatted(column);
  }

  /** Whether that would change it. */
  public String isEarlier() {
    return "least(s.%1$s, excluded.%1$s) IS DISTINCT FROM s.%1$s".formatted(column);
  }
}
