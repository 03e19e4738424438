package ingest.sheets;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What {@code dm} knows of a sheet.
 *
 * @param sync the last one; null before the first
 * @param rows by key
 */
record KnownRows(@Nullable UUID sync, Map<String, KnownRow> rows) {
  /** A row as it was told last. */
  record KnownRow(String hash, boolean deleted) {}

  KnownRows {
    rows = Map.copyOf(rows);
  }

  /** Reads the rows of {@code sheet-read.sql}. */
  static KnownRows of(List<Map<String, Object>> found) {
    UUID sync = null;
    Map<String, KnownRow> rows = new HashMap<>();
    for (Map<String, Object> row : found) {
      sync = row.get("sync") == null ? null : UUID.fromString(row.get("sync").toString());
      if (row.get("row_key") instanceof String key
          && row.get("hash") instanceof String hash
          && row.get("deleted") instanceof Boolean deleted) {
        rows.put(key, new KnownRow(hash, deleted));
      }
    }
    return new KnownRows(sync, rows);
  }

  long live() {
    return rows.values().stream().filter(row -> !row.deleted).count();
  }
}
