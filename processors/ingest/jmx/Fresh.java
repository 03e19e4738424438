package ingest.jmx;

import ingest.store.Lately;
import java.time.Duration;

/**
 * What a database says, asked at most every two seconds: a console reads all attributes of all
 * MBeans at once. Thread-safe.
 */
final class Fresh<T> {
  private static final Duration FRESH = Duration.ofSeconds(2);

  private final Lately<T> lately;

  Fresh(Lately.Source<T> source) {
    this.lately = new Lately<>(FRESH, source);
  }

  /**
   * What it says, or said just now.
   *
   * @throws IllegalStateException when it is away; of a class that consoles know
   */
  T get() {
    T answer = lately.answer();
    if (answer == null) {
      throw new IllegalStateException("the store is away or busy");
    }
    return answer;
  }

  /** The next one asks: something was changed. */
  void stale() {
    lately.stale();
  }
}
