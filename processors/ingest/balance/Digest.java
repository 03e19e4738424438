package ingest.balance;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a store has of something, so short that two can be compared: how many events, and the XOR of
 * the low halves of their ids.
 */
record Digest(long events, long hash) {
  static final Digest NOTHING = new Digest(0, 0);

  Digest and(Digest more) {
    return new Digest(events + more.events, hash ^ more.hash);
  }

  /** Of several stores' minutes those that are not alike. */
  static Set<Long> differing(Map<Long, Digest> one, Map<Long, Digest> other) {
    Set<Long> minutes = new TreeSet<>(one.keySet());
    minutes.addAll(other.keySet());
    minutes.removeIf(m -> one.getOrDefault(m, NOTHING).equals(other.getOrDefault(m, NOTHING)));
    return minutes;
  }

  /** Both, minute by minute. */
  static Map<Long, Digest> sum(Map<Long, Digest> one, Map<Long, Digest> other) {
    Map<Long, Digest> sum = new HashMap<>(one);
    other.forEach((minute, digest) -> sum.merge(minute, digest, Digest::and));
    return sum;
  }
}
