package ingest.jmx;

import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a database says, asked at most every two seconds: a console reads all attributes of all
 * MBeans at once. Thread-safe.
 */
final class Fresh<T> {
  private static final Duration FRESH = Duration.ofSeconds(2);

  /** Asks the database. */
  interface Source<T> {
    T ask() throws SQLException;
  }

  private final Source<T> source;
  private @Nullable T last;
  private long askedAt;

  Fresh(Source<T> source) {
    this.source = source;
  }

  /**
   * What it says, or said just now.
   *
   * @throws IllegalStateException when it is away; of a class that consoles know
   */
  synchronized T get() {
    long now = System.nanoTime();
    T known = last;
    if (known == null || now - askedAt >= FRESH.toNanos()) {
      try {
        known = source.ask();
      } catch (SQLException e) {
        throw new IllegalStateException("the store is away or busy: " + e.getMessage());
      }
      last = known;
      askedAt = now;
    }
    return known;
  }

  /** The next one asks: something was changed. */
  synchronized void stale() {
    last = null;
  }
}
