package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.run.Stores;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Two environments that were sent the same, held against each other row by row. */
final class Twins {
  /** The key of each table; what says when something was written here is not compared. */
  private static final Map<String, List<String>> TABLES = new LinkedHashMap<>();

  private static final List<String> OWN = List.of("updated_at", "processed_at", "refused_at");

  static {
    TABLES.put("public.channel_snapshot", List.of("platform", "platform_user_id"));
    TABLES.put("public.kyc_status", List.of("applicant_id"));
    TABLES.put("public.email_delivery", List.of("email_id"));
    TABLES.put("public.streamer_trust_scores", List.of("channel_id"));
    TABLES.put("public.streamer_channel_link", List.of("streamer_id", "channel_id"));
    TABLES.put("public.channel_claim", List.of("event_id"));
    TABLES.put("public.processed_events", List.of("event_id"));
    TABLES.put("public.faults_follow", List.of("event_id"));
  }

  /**
   * How a table differs.
   *
   * @param rows that the right one has
   * @param different rows that the other has otherwise, or not at all, in words
   * @param invented keys of rows that the other has alone
   */
  record Difference(String table, int rows, List<String> different, List<String> invented) {}

  private final Stores right;
  private final Stores other;

  Twins(Stores right, Stores other) {
    this.right = right;
    this.other = other;
  }

  /** Of every table. */
  List<Difference> differences() throws SQLException, IOException {
    List<Difference> all = new ArrayList<>();
    for (Map.Entry<String, List<String>> table : TABLES.entrySet()) {
      Map<String, JsonNode> expected = rows(right, table);
      Map<String, JsonNode> found = rows(other, table);
      List<String> different = new ArrayList<>();
      expected.forEach(
          (key, row) -> {
            JsonNode own = found.remove(key);
            if (!row.equals(own)) {
              different.add("%s %s: %s".formatted(table.getKey(), key, told(row, own)));
            }
          });
      all.add(
          new Difference(table.getKey(), expected.size(), different, List.copyOf(found.keySet())));
    }
    return all;
  }

  private static String told(JsonNode row, @Nullable JsonNode own) {
    if (own == null) {
      return "is not there";
    }
    List<String> columns = new ArrayList<>();
    row.properties()
        .forEach(
            column -> {
              JsonNode has = own.path(column.getKey());
              if (!has.equals(column.getValue())) {
                columns.add("%s is %s, not %s".formatted(column.getKey(), has, column.getValue()));
              }
            });
    return String.join("; ", columns);
  }

  private static Map<String, JsonNode> rows(Stores stores, Map.Entry<String, List<String>> table)
      throws SQLException, IOException {
    Map<String, JsonNode> rows = new TreeMap<>();
    for (JsonNode row : stores.envRows("SELECT * FROM " + table.getKey())) {
      List<String> key = new ArrayList<>();
      table.getValue().forEach(column -> key.add(row.path(column).asText()));
      rows.put(String.join(" ", key), ((ObjectNode) row).without(OWN));
    }
    return rows;
  }
}
