package ingest.consumer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a live table and its shadow differ, page by page in the order of the key. One page is one
 * snapshot of both, and every transaction writes both, so what it tells is of one moment.
 */
final class Difference {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Characters of the rows that one page shows; what is more is counted alone. */
  private static final int MOST_SHOWN = 256 * 1024;

  private final Connection tx;
  private final Shape shape;

  /** {@code tx}: one that reads a single snapshot. */
  Difference(Connection tx, Shape shape) {
    this.tx = tx;
    this.shape = shape;
  }

  /**
   * One page.
   *
   * @param after the key behind which it begins, as {@code next} of the page before; null: the
   *     first
   * @param keys of both tables together, at most
   * @param shown rows that are told with their values, at most
   */
  ObjectNode page(@Nullable JsonNode after, int keys, int shown) throws SQLException {
    List<String> from = after == null ? List.of() : texts(after);
    List<String> until = until(from, keys);
    ObjectNode page = JSON.createObjectNode();
    Counts counts = new Counts(shown);
    String range = range(from, until);
    String sql =
        """
        SELECT %s, %s FROM (SELECT * FROM %s%s) l FULL JOIN (SELECT * FROM %s%s) s ON %s
        WHERE %s IS DISTINCT FROM %s
        ORDER BY %s
        """
            .formatted(
                shape.told("l"),
                shape.told("s"),
                shape.live(),
                range,
                shape.shadow(),
                range,
                shape.key("l.%s = s.%s", " AND "),
                shape.told("l"),
                shape.told("s"),
                shape.key("coalesce(l.%s, s.%s)"));
    try (PreparedStatement query = tx.prepareStatement(sql)) {
      int p = 0;
      for (int side = 0; side < 2; side++) {
        for (String bound : from) {
          query.setString(++p, bound);
        }
        for (String bound : until) {
          query.setString(++p, bound);
        }
      }
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          counts.add(json(rows.getString(1)), json(rows.getString(2)));
        }
      }
    }
    counts.tell(page);
    if (until.isEmpty()) {
      page.putNull("next");
    } else {
      until.forEach(page.putArray("next")::add);
    }
    return page;
  }

  /** The key at which a page ends; empty where it is the last. */
  private List<String> until(List<String> from, int keys) throws SQLException {
    String range = range(from, List.of());
    String part =
        "(SELECT %s FROM %%s%s ORDER BY %s LIMIT %d)"
            .formatted(shape.key("%s"), range, shape.key("%s"), keys);
    String sql =
        "SELECT %s FROM (%s UNION %s) k ORDER BY %s LIMIT 1 OFFSET %d"
            .formatted(
                shape.key("%s::text"),
                part.formatted(shape.live()),
                part.formatted(shape.shadow()),
                shape.key("k.%s"),
                keys - 1);
    List<String> key = new ArrayList<>();
    try (PreparedStatement query = tx.prepareStatement(sql)) {
      int p = 0;
      for (int side = 0; side < 2; side++) {
        for (String bound : from) {
          query.setString(++p, bound);
        }
      }
      try (ResultSet row = query.executeQuery()) {
        if (row.next()) {
          for (int i = 1; i <= shape.key().size(); i++) {
            key.add(row.getString(i));
          }
        }
      }
    }
    return key;
  }

  private String range(List<String> from, List<String> until) {
    List<String> bounds = new ArrayList<>();
    if (!from.isEmpty()) {
      bounds.add("(%s) > (%s)".formatted(shape.key("%s"), shape.keyParameters()));
    }
    if (!until.isEmpty()) {
      bounds.add("(%s) <= (%s)".formatted(shape.key("%s"), shape.keyParameters()));
    }
    return bounds.isEmpty() ? "" : " WHERE " + String.join(" AND ", bounds);
  }

  private List<String> texts(JsonNode key) {
    List<String> texts = new ArrayList<>();
    key.forEach(part -> texts.add(part.asText()));
    if (texts.size() != shape.key().size()) {
      throw new Refusal(400, "after is no place of an answer");
    }
    return texts;
  }

  private static @Nullable JsonNode json(@Nullable String row) {
    try {
      return row == null ? null : JSON.readTree(row);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("jsonb that is no JSON", e);
    }
  }

  /** What a page comes to. */
  private final class Counts {
    private final int shown;
    private final Map<String, Integer> columns = new TreeMap<>();
    private final ArrayNode rows = JSON.createArrayNode();
    private int onlyLive;
    private int onlyShadow;
    private int different;
    private int room = MOST_SHOWN;

    Counts(int shown) {
      this.shown = shown;
    }

    void add(@Nullable JsonNode live, @Nullable JsonNode shadow) {
      ObjectNode row = JSON.createObjectNode();
      if (live != null && shadow != null) {
        different++;
        ObjectNode old = row.putObject("live");
        ObjectNode made = row.putObject("shadow");
        live.fieldNames()
            .forEachRemaining(
                column -> {
                  if (!live.path(column).equals(shadow.path(column))) {
                    columns.merge(column, 1, Integer::sum);
                    old.set(column, live.path(column));
                    made.set(column, shadow.path(column));
                  }
                });
        show(row, live);
      } else if (live != null) {
        onlyLive++;
        row.set("live", live);
        show(row, live);
      } else if (shadow != null) {
        onlyShadow++;
        row.set("shadow", shadow);
        show(row, shadow);
      }
    }

    private void show(ObjectNode row, JsonNode whole) {
      if (rows.size() >= shown || room <= 0) {
        return;
      }
      ObjectNode key = row.putObject("key");
      shape.key().forEach(column -> key.set(column, whole.path(column)));
      room -= row.toString().length();
      if (room > 0) {
        rows.add(row);
      }
    }

    void tell(ObjectNode page) {
      page.put("only_live", onlyLive).put("only_shadow", onlyShadow).put("different", different);
      columns.forEach(page.putObject("columns")::put);
      page.set("rows", rows);
    }
  }
}
