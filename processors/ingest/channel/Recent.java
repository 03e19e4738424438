package ingest.channel;

import java.util.LinkedHashMap;
import java.util.Map;

/** Keeps what was used last; the least recently used goes first. Not thread-safe. */
final class Recent<K, V> extends LinkedHashMap<K, V> {
  private static final long serialVersionUID = 1;

  /** Twice the channels that are expected. */
  private static final int MOST = 100_000;

  Recent() {
    super(1024, 0.75f, true);
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > MOST;
  }
}
