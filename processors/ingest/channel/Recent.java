package ingest.channel;

import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Values that never change, read once for each key and kept; the least recently used goes first. A
 * key that has none is asked for again each time. Thread-safe, bounded.
 */
final class Recent<K, V> {
  /** Twice the channels that are expected. */
  private static final int MOST = 100_000;

  /** Asks the database for those that are not known, all at once. */
  interface Read<K, V> {
    Map<K, V> of(List<K> unknown) throws SQLException;
  }

  private final Map<K, V> known = new Bounded<>();
  private final Read<K, V> read;

  Recent(Read<K, V> read) {
    this.read = read;
  }

  /** Those that there are; one statement, and none where all are known. */
  Map<K, V> of(Collection<K> keys) throws SQLException {
    Map<K, V> values = new HashMap<>();
    synchronized (known) {
      for (K key : keys) {
        V value = known.get(key);
        if (value != null) {
          values.put(key, value);
        }
      }
    }
    List<K> unknown = keys.stream().filter(k -> !values.containsKey(k)).distinct().toList();
    if (!unknown.isEmpty()) {
      Map<K, V> found = read.of(unknown);
      synchronized (known) {
        known.putAll(found);
      }
      values.putAll(found);
    }
    return values;
  }

  /** Whether its value was read here, not long ago. */
  boolean knows(K key) {
    synchronized (known) {
      return known.containsKey(key);
    }
  }

  private static final class Bounded<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1;

    Bounded() {
      super(1024, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
      return size() > MOST;
    }
  }
}
