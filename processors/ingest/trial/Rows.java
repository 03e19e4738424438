package ingest.trial;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rows as a SQL step would answer them: a whole number is a bigint, an RFC 3339 time a timestamptz,
 * an object or a list the text of a jsonb.
 */
public final class Rows {
  private Rows() {}

  /** The rows of a list of objects. */
  public static List<Map<String, Object>> of(JsonNode list) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (JsonNode given : list) {
      Map<String, Object> row = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> column : given.properties()) {
        Object value = value(column.getValue());
        if (value != null) {
          row.put(column.getKey(), value);
        }
      }
      rows.add(row);
    }
    return rows;
  }

  private static @Nullable Object value(JsonNode value) {
    if (value.isNull()) {
      return null;
    }
    if (value.isIntegralNumber()) {
      return value.longValue();
    }
    if (value.isNumber()) {
      return value.decimalValue();
    }
    if (value.isBoolean()) {
      return value.booleanValue();
    }
    if (value.isContainerNode()) {
      return value.toString();
    }
    try {
      return Timestamp.from(Envelope.time(value.textValue()));
    } catch (InvalidEnvelope e) {
      return value.textValue();
    }
  }
}
