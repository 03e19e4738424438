package ingest.store;

import java.sql.SQLException;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a store says, asked at most once in a while: a scrape reads many gauges of one answer. While
 * the store cannot say, nothing is told, and it is asked again after as long a while. Thread-safe.
 */
public final class Lately<T> {
  /** Asks the store. */
  public interface Source<T> {
    T ask() throws SQLException;
  }

  private final long fresh;
  private final LongSupplier nanos;
  private final Source<T> source;
  private @Nullable T last;
  private long askedAt;

  public Lately(Duration fresh, Source<T> source) {
    this(fresh, System::nanoTime, source);
  }

  /** The same by another clock than {@link System#nanoTime()}. */
  public Lately(Duration fresh, LongSupplier nanos, Source<T> source) {
    this.fresh = fresh.toNanos();
    this.nanos = nanos;
    this.source = source;
    this.askedAt = nanos.getAsLong() - this.fresh;
  }

  /** Null while the store cannot say. */
  public synchronized @Nullable T answer() {
    long now = nanos.getAsLong();
    if (now - askedAt >= fresh) {
      askedAt = now;
      try {
        last = source.ask();
      } catch (SQLException e) {
        last = null;
      }
    }
    return last;
  }

  /** The next one asks: something was changed. */
  public synchronized void stale() {
    askedAt = nanos.getAsLong() - fresh;
  }

  /** A number of it; NaN while the store cannot say. */
  public double number(ToDoubleFunction<T> of) {
    T known = answer();
    return known == null ? Double.NaN : of.applyAsDouble(known);
  }
}
