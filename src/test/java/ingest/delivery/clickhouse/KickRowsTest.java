package ingest.delivery.clickhouse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.webhook.CallPairs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows of Kick's webhooks, each kind by the first call that was recorded of it. */
final class KickRowsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path CALLS = Path.of("src/test/resources/calls/kick");

  static List<TelemetryRows> kinds() {
    return CallPairs.found(TelemetryRows.class).stream()
        .filter(rows -> rows.type().startsWith("kick."))
        .filter(rows -> !(rows instanceof KickStreamerProbe))
        .toList();
  }

  private static ObjectNode envelope(TelemetryRows rows) throws IOException {
    try (Stream<Path> files = Files.list(CALLS)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".events.json")).sorted().toList()) {
        ObjectNode event = (ObjectNode) JSON.readTree(file.toFile()).path("events").path(0);
        if (event.path("type").asText().equals(rows.type())) {
          return event;
        }
      }
    }
    throw new IllegalStateException("no call is recorded of " + rows.type());
  }

  private static ObjectNode row(TelemetryRows rows, ObjectNode envelope) {
    List<ObjectNode> all = rows.rows(Envelope.of(envelope), 7L);
    assertEquals(1, all.size());
    return all.get(0);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void a_row_has_the_columns_of_its_table(TelemetryRows rows) throws IOException {
    String sql = migration(rows.table());
    String columns = sql.substring(sql.indexOf("\n(\n"), sql.indexOf("\n)\n"));
    List<String> names =
        Pattern.compile("(?m)^ {4}(\\w+) (?!DateTime DEFAULT now)")
            .matcher(columns)
            .results()
            .map((MatchResult m) -> m.group(1))
            .toList();
    List<String> row = new ArrayList<>();
    row(rows, envelope(rows)).fieldNames().forEachRemaining(row::add);
    assertEquals(names, row);
  }

  /** One bad row would fail the insert of its batch, and its key must not move. */
  @ParameterizedTest
  @MethodSource("kinds")
  void data_that_is_not_what_it_says_leaves_the_key_and_nothing_unfit(TelemetryRows rows)
      throws IOException {
    ObjectNode expected = row(rows, envelope(rows));
    for (String value : List.of("null", "-1", "4294967296", "1.5", "\"x\"", "[7]", "{\"a\": 1}")) {
      ObjectNode envelope = envelope(rows);
      ObjectNode data = (ObjectNode) envelope.path("data");
      for (String field : List.copyOf(names(data))) {
        data.set(field, JSON.readTree(value));
      }
      ObjectNode row = row(rows, envelope);
      for (String column : key(rows)) {
        assertEquals(expected.get(column), row.get(column), column);
      }
      assertEquals(names(expected), names(row));
      if (row.has("amount")) {
        assertTrue(row.path("amount").isNull(), value);
        assertTrue(row.path("expires_at").isNull(), value);
        assertTrue(row.path("others").isArray());
      }
    }
  }

  private static List<String> key(TelemetryRows rows) throws IOException {
    String sql = migration(rows.table());
    String from = "ORDER BY (";
    int at = sql.indexOf(from) + from.length();
    return List.of(sql.substring(at, sql.indexOf(')', at)).split(", "));
  }

  private static List<String> names(ObjectNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static String migration(String table) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("clickhouse"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String sql = Files.readString(file);
        if (sql.contains(table + "\n(")) {
          return sql;
        }
      }
    }
    throw new IllegalStateException("no migration makes " + table);
  }
}
