package ingest.projection;

import java.util.Map;

/** A row that can say where it is, for whoever asks what an event has become. */
public interface Placed {
  /**
   * A row of the environment's own.
   *
   * @param table of schema {@code public}
   * @param key its primary key, by column
   */
  record Place(String table, Map<String, Object> key) {}

  Place place();
}
