package ingest.load;

import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What became of the requests of one run. Read when the run is over. */
public final class Tally {
  private final SortedMap<Integer, Long> statuses = new TreeMap<>();
  private long[] accepted = new long[1024];
  private int size;
  private long longest;
  private long span;
  private boolean sorted;

  Tally() {}

  void add(Answer answer) {
    statuses.merge(answer.status(), 1L, Long::sum);
    if (answer.status() != 0) {
      longest = Math.max(longest, answer.nanos());
    }
    if (answer.accepted()) {
      if (size == accepted.length) {
        accepted = Arrays.copyOf(accepted, size * 2);
      }
      accepted[size++] = answer.nanos();
      sorted = false;
    }
  }

  void end(long nanos) {
    span = nanos;
  }

  /** How many were answered with each status; 0 is no answer. */
  public Map<Integer, Long> statuses() {
    return statuses;
  }

  public long total() {
    return statuses.values().stream().mapToLong(Long::longValue).sum();
  }

  public long of(int status) {
    return statuses.getOrDefault(status, 0L);
  }

  /** How many were answered 2xx. */
  public long accepted() {
    return size;
  }

  /** Of all that were sent; 1 when none was. */
  public double share() {
    return total() == 0 ? 1 : (double) size / total();
  }

  /** Answered 2xx, over the whole run. */
  public double perSecond() {
    return size * 1e9 / Math.max(1, span);
  }

  /** How long an answer of any kind took at most, in milliseconds. */
  public double longestMillis() {
    return longest / 1e6;
  }

  /** Of those that were answered 2xx, in milliseconds, exact; 0 when none was. */
  public double millis(double percentile) {
    if (size == 0) {
      return 0;
    }
    if (!sorted) {
      Arrays.sort(accepted, 0, size);
      sorted = true;
    }
    int place = (int) Math.ceil(size * percentile / 100) - 1;
    return accepted[Math.max(0, Math.min(size - 1, place))] / 1e6;
  }
}
