package ingest.delivery.clickhouse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class KickStreamerProbeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path ENVELOPES =
      Path.of(
          "src/test/resources/payloads/kick.viewer_count.observed/channels-live-and-offline.envelope.json");
  private static final List<String> KEY =
      List.of("env", "platform", "platform_user_id", "ts", "event_id");

  private static ObjectNode envelope(int index) throws IOException {
    return (ObjectNode) JSON.readTree(Files.readString(ENVELOPES)).get(index);
  }

  private static ObjectNode row(JsonNode envelope) {
    List<ObjectNode> rows = new KickStreamerProbe().rows(Envelope.of(envelope), null);
    assertEquals(1, rows.size());
    return rows.get(0);
  }

  @Test
  void a_live_channel_fills_every_column() throws IOException {
    String id = EventId.parse(envelope(0).path("id").textValue()).toString();
    assertEquals(
        JSON.readTree(
            """
            {"env":"shared","platform":"kick","platform_user_id":"900000001",
             "ts":"2026-09-24 03:15:02.123","event_id":"%s","slug":"maple-channel",
             "viewer_count":325,"is_live":true,"stream_started_at":"2026-09-24 03:01:13.000",
             "title":"Evening stream","category_id":15,"category_name":"Example Category",
             "language":"en"}"""
                .formatted(id)),
        JSON.readTree(row(envelope(0)).toString()));
  }

  @Test
  void what_an_offline_channel_lacks_is_null_and_not_zero() throws IOException {
    ObjectNode row = row(envelope(1));
    assertEquals(0, row.path("viewer_count").longValue());
    assertTrue(row.path("viewer_count").isNumber());
    for (String column :
        List.of("stream_started_at", "title", "category_id", "category_name", "language")) {
      assertTrue(row.path(column).isNull(), column);
    }
  }

  @Test
  void an_event_without_any_data_is_a_row_of_nulls_under_its_key() throws IOException {
    ObjectNode envelope = envelope(0);
    envelope.putObject("data");
    ObjectNode row = row(envelope);
    row.fieldNames()
        .forEachRemaining(
            column -> assertEquals(!KEY.contains(column), row.path(column).isNull(), column));
  }

  @ParameterizedTest(name = "{0} = {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "viewer_count|\"325\"",
        "viewer_count|-1",
        "viewer_count|4294967296",
        "viewer_count|99999999999999999999999",
        "viewer_count|3.5",
        "viewer_count|{}",
        "slug|7",
        "stream/is_live|\"true\"",
        "stream/started_at|\"yesterday\"",
        "stream/started_at|\"0001-01-01T00:00:00Z\"",
        "stream/started_at|\"+10000-01-01T00:00:00Z\"",
        "stream/started_at|7",
        "stream/title|[]",
        "stream/language|false",
        "stream/category/id|-1",
        "stream/category/name|7"
      })
  void a_value_that_does_not_fit_its_column_is_null(String path, String value) throws IOException {
    ObjectNode envelope = envelope(0);
    String name = path.substring(path.lastIndexOf('/') + 1);
    String parent = path.substring(0, Math.max(0, path.lastIndexOf('/')));
    ObjectNode at = (ObjectNode) envelope.path("data").at(parent.isEmpty() ? "" : "/" + parent);
    at.set(name, JSON.readTree(value));
    ObjectNode row = row(envelope);
    String column =
        switch (path) {
          case "stream/started_at" -> "stream_started_at";
          case "stream/category/id" -> "category_id";
          case "stream/category/name" -> "category_name";
          default -> name;
        };
    assertTrue(row.path(column).isNull(), column);
    assertEquals(1, row.properties().stream().filter(e -> e.getValue().isNull()).count());
  }

  @ParameterizedTest
  @CsvSource({"stream, 7", "stream, []", "stream, null"})
  void a_group_of_another_kind_is_nulls(String name, String value) throws IOException {
    ObjectNode envelope = envelope(0);
    ((ObjectNode) envelope.path("data")).set(name, JSON.readTree(value));
    assertTrue(row(envelope).path("is_live").isNull());
    assertEquals(325, row(envelope).path("viewer_count").longValue());
  }

  @ParameterizedTest(name = "{0} becomes {1}")
  @CsvSource({
    "0001-01-01T00:00:00Z, 1970-01-01 00:00:00.000",
    "9999-12-31T23:59:59.999Z, 2104-12-31 23:59:59.999",
    "2026-09-24T03:15:02.9999Z, 2026-09-24 03:15:02.999"
  })
  void a_time_outside_the_column_is_its_edge(String time, String ts) throws IOException {
    assertEquals(ts, row(envelope(0).put("time", time)).path("ts").textValue());
  }

  @Test
  void the_key_comes_from_the_attributes_alone() throws IOException {
    ObjectNode other = envelope(0);
    other.putObject("data").put("platform", "x").put("platform_user_id", "7");
    ObjectNode expected = row(envelope(0));
    KEY.forEach(column -> assertEquals(expected.get(column), row(other).get(column), column));
  }

  @Test
  void a_replay_is_the_row_of_the_original() throws IOException {
    ObjectNode replay = envelope(0);
    replay.set("replayof", replay.get("id"));
    replay.put("id", "01K5X0000000000000000000E1");
    assertEquals(row(envelope(0)), row(replay));
  }

  @Test
  void a_row_has_the_columns_of_the_table() throws IOException {
    String sql = Files.readString(Path.of("clickhouse/V2__kick_streamer_probe.sql"));
    String columns = sql.substring(sql.indexOf("\n(\n"), sql.indexOf("\n)\n"));
    List<String> names =
        Pattern.compile("(?m)^ {4}(\\w+) ")
            .matcher(columns)
            .results()
            .map((MatchResult m) -> m.group(1))
            .toList();
    List<String> row = new ArrayList<>();
    row(envelope(0)).fieldNames().forEachRemaining(row::add);
    assertEquals(names, row);
    assertTrue(sql.contains("ORDER BY (" + String.join(", ", KEY) + ")"));
    assertTrue(sql.contains(new KickStreamerProbe().table() + "\n("));
  }
}
