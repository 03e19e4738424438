package ingest.sheets;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * A row that is not as it was told last.
 *
 * @param cells by column, those that are not empty; none of a row that is gone
 * @param hash of header and cells; of a row that is gone, of what it was
 */
record Change(String key, boolean deleted, Map<String, JsonNode> cells, String hash) {
  Change {
    cells = new TreeMap<>(cells);
  }
}
