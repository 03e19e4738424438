package ingest.embedded.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * A sheet of twenty partners, the same under every id and range. As Google does, it leaves out what
 * is empty at the end of rows and of the sheet, and all values where there are none.
 */
public final class SimulatedSheet {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PARTNERS = 20;

  private ArrayNode rows = partners();

  private static ArrayNode partners() {
    ArrayNode rows = JsonNodeFactory.instance.arrayNode();
    rows.addArray().add("id").add("name").add("share").add("active").add("notes");
    for (int partner = 1; partner <= PARTNERS; partner++) {
      rows.addArray()
          .add("p-" + partner)
          .add("Partner " + partner)
          .add(partner * 0.5)
          .add(partner % 3 != 0)
          .add(partner % 4 == 0 ? "since 2025" : "");
    }
    return rows;
  }

  /** Whether the call does not show the key. */
  public boolean refuses(@Header("X-Goog-Api-Key") @Nullable String key) {
    return !Simulator.API_KEY.equals(key);
  }

  /** The values as {@code values.get} answers them. */
  public synchronized byte[] answer() {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    answer.put("range", "Partners!A1:E" + Math.max(1, rows.size())).put("majorDimension", "ROWS");
    ArrayNode values = JsonNodeFactory.instance.arrayNode();
    rows.forEach(row -> values.add(trimmed(row)));
    while (!values.isEmpty() && values.get(values.size() - 1).isEmpty()) {
      values.remove(values.size() - 1);
    }
    if (!values.isEmpty()) {
      answer.set("values", values);
    }
    return answer.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static ArrayNode trimmed(JsonNode row) {
    ArrayNode cells = row.deepCopy();
    while (!cells.isEmpty() && cells.get(cells.size() - 1).asText().isEmpty()) {
      cells.remove(cells.size() - 1);
    }
    return cells;
  }

  /**
   * Replaces all rows, header included.
   *
   * @throws InvalidRequest when they are no list of lists
   */
  public synchronized void replace(@Body @Nullable String json) {
    try {
      JsonNode wanted = JSON.readTree(json == null ? "" : json);
      for (JsonNode row : wanted) {
        if (!row.isArray()) {
          throw new InvalidRequest("the rows of a sheet are a list of lists of cells");
        }
      }
      if (wanted instanceof ArrayNode list) {
        rows = list;
        return;
      }
    } catch (JsonProcessingException e) { // told below
    }
    throw new InvalidRequest("the rows of a sheet are a list of lists of cells");
  }

  /** All rows, as they can be replaced. */
  public synchronized String list() {
    return rows.toString();
  }
}
