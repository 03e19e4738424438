package ingest.letter;

import ingest.store.DmDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells what an action would take before it does. Of what is dead that number is exact; what waits
 * goes on being delivered, so an action takes what is left of it.
 */
public final class Previews {
  /** Whoever asks waits for it. */
  private static final Duration LONGEST_COUNT = Duration.ofSeconds(10);

  private final DmDatabase dm;
  private final Letters letters;
  private final Duration longestCount;

  public Previews(DmDatabase dm, Letters letters) {
    this(dm, letters, LONGEST_COUNT);
  }

  Previews(DmDatabase dm, Letters letters, Duration longestCount) {
    this.dm = dm;
    this.letters = letters;
    this.longestCount = longestCount;
  }

  /**
   * What is there.
   *
   * @param filter names a target where what waits is meant
   * @param seen of an earlier preview, of which is told what is left; null for what is there now
   */
  public Preview of(Filter filter, Order.Of of, @Nullable String seen) throws SQLException {
    Letters.Dead dead = letters.count(filter, seen);
    Map<String, Preview.Counts> targets = new TreeMap<>();
    if (of.dead()) {
      dead.events().forEach((target, events) -> targets.put(target, new Preview.Counts(events, 0)));
    }
    boolean complete = true;
    if (of.pending()) {
      long end = System.nanoTime() + longestCount.toNanos();
      Waiting.Count waiting =
          new Waiting(filter).count(dm, dead.seen(), () -> System.nanoTime() < end);
      String target = String.valueOf(filter.target());
      Preview.Counts known = targets.getOrDefault(target, new Preview.Counts(0, 0));
      targets.put(target, new Preview.Counts(known.dead(), waiting.events()));
      complete = waiting.complete();
    }
    return new Preview(dead.seen(), targets, complete);
  }
}
