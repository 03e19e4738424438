package ingest.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.store.ClickHouse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads chat in pages that follow the table's order. A row's copies are one, the first that came:
 * its {@code inserted_at} is what it was when the row was first there.
 */
final class ChatRows {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS").withZone(ZoneOffset.UTC);

  /** Rows of one answer; an answer is in memory whole. */
  static final int PAGE = 10_000;

  private static final int GROUPS = 1000;

  private static final String WHEN =
      """
      WHERE env = {env:String}
        AND created_at >= {begin:DateTime64(6, 'UTC')} AND created_at < {end:DateTime64(6, 'UTC')}
        AND inserted_at >= toDateTime({insertedFrom:UInt32}) AND inserted_at < toDateTime({insertedUntil:UInt32})
      """;

  /** Copies that are not merged yet make a channel appear that has nothing; its page is empty. */
  private static final String CHANNELS =
      "SELECT DISTINCT toDate(created_at, 'UTC') AS day, channel_id FROM vf.kick_chat_message_log\n"
          + WHEN
          + """
            AND (day, channel_id) > ({day:Date}, {channel:UInt64})
          ORDER BY day, channel_id LIMIT %d
          FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0
          """
              .formatted(GROUPS);

  /**
   * Copies are merged before anything but the key is looked at: an index or a filter that took the
   * first copy away would make a second one look like a new row. Ids are ordered as text, which is
   * how anybody who reads the lines would order them.
   */
  private static final String ROWS =
      """
      SELECT env, channel_id, created_at, event_id, channel_slug, message_id, platform_user_id, username, content,
             emotes_json, badges_json
      FROM vf.kick_chat_message_log FINAL
      """
          + WHEN
          + """
            AND channel_id = {channel:UInt64}
            AND (created_at > {begin:DateTime64(6, 'UTC')} OR toString(event_id) > {event:String})
          ORDER BY created_at, toString(event_id) LIMIT {rows:UInt32}
          FORMAT JSONEachRow
          SETTINGS use_skip_indexes_if_final = 0, optimize_move_to_prewhere_if_final = 0,
                   date_time_output_format = 'iso', output_format_json_quote_64bit_integers = 0,
                   output_format_json_escape_forward_slashes = 0
          """;

  private final ClickHouse clickHouse;

  ChatRows(ClickHouse clickHouse) {
    this.clickHouse = clickHouse;
  }

  /**
   * ClickHouse's clock less {@code settle}: what is inserted from now on says a later time, and
   * what said an earlier one is there.
   */
  long settled(Duration settle) throws IOException, InterruptedException {
    return clickHouse.number("SELECT toUnixTimestamp(now())", Map.of()) - settle.toSeconds();
  }

  /**
   * When the oldest chat of an environment was created, in milliseconds; null where there is none.
   */
  @Nullable Long oldest(String env) throws IOException, InterruptedException {
    String millis =
        clickHouse.text(
            "SELECT toUnixTimestamp64Milli(min(created_at)) FROM vf.kick_chat_message_log"
                + " WHERE env = {env:String} HAVING count() > 0",
            Map.of("env", env));
    return millis.isEmpty() ? null : Long.valueOf(millis);
  }

  /** Groups of the span behind one, late ones or the others, by day and channel; a page of them. */
  List<ChatSpan.Group> groups(ChatSpan span, ChatSpan.Group behind)
      throws IOException, InterruptedException {
    Map<String, String> values = values(span, behind.late());
    values.put("begin", TIME.format(behind.late() ? Instant.EPOCH : span.from()));
    values.put("end", TIME.format(behind.late() ? span.from() : span.until()));
    values.put("day", behind.day().toString());
    values.put("channel", Long.toString(behind.channel()));
    List<ChatSpan.Group> groups = new ArrayList<>();
    for (String line : lines(clickHouse.text(CHANNELS, values))) {
      JsonNode group = JSON.readTree(line);
      groups.add(
          new ChatSpan.Group(
              behind.late(),
              LocalDate.parse(group.path("day").textValue()),
              group.path("channel_id").longValue()));
    }
    return groups;
  }

  /** Where a page ends; equal times are told apart by the event. */
  record Position(Instant at, String event) {}

  /** Rows, as they are written, and where they end. */
  record Page(List<String> lines, Position end) {}

  Page page(ChatSpan span, ChatSpan.Group group, Position behind, int rows)
      throws IOException, InterruptedException {
    Map<String, String> values = values(span, group.late());
    values.put("channel", Long.toString(group.channel()));
    values.put("begin", TIME.format(behind.at()));
    values.put("end", TIME.format(span.end(group)));
    values.put("event", behind.event());
    values.put("rows", Integer.toString(rows));
    List<String> lines = lines(clickHouse.text(ROWS, values));
    if (lines.isEmpty()) {
      return new Page(lines, behind);
    }
    // what ClickHouse says of an error that comes in the middle of an answer is no row
    JsonNode last = JSON.readTree(lines.get(lines.size() - 1));
    return new Page(
        lines,
        new Position(
            Instant.parse(last.path("created_at").textValue()), last.path("event_id").textValue()));
  }

  private static Map<String, String> values(ChatSpan span, boolean late) {
    Map<String, String> values = new HashMap<>();
    values.put("env", span.env());
    values.put("insertedFrom", late ? Long.toString(span.insertedFrom().getEpochSecond()) : "0");
    values.put("insertedUntil", Long.toString(span.insertedUntil().getEpochSecond()));
    return values;
  }

  private static List<String> lines(String text) {
    return text.isEmpty() ? List.of() : List.of(text.split("\n", -1));
  }
}
