package ingest.erasure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.Tombstone;
import ingest.operation.Held;
import ingest.store.ClickHouse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * ClickHouse. A search by day notes in {@code vf.erasing} the events that name the person; then
 * each table has one mutation, which is waited for: raw events become tombstones under their keys,
 * rows of all others go. Found is what the person's needles stand in, and is theirs only once the
 * JSON of it was read: an id may be a count elsewhere.
 */
final class Archive {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PAGE = 500;
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS").withZone(ZoneOffset.UTC);

  /** A day's search reads that day's envelopes, and nothing else is bounded by. */
  private static final Duration SEARCH = Duration.ofMinutes(5);

  private static final String ANY_NEEDLE =
      "arrayExists(n -> positionCaseInsensitive(%s, n) > 0, {needles:Array(String)})";

  private static final String EVENTS =
      """
      SELECT event_id, envelope FROM vf.raw_events_log
      WHERE time >= toDateTime64({day:String}, 3, 'UTC') AND time < toDateTime64({end:String}, 3, 'UTC')
        AND time <= toDateTime64({until:String}, 3, 'UTC') AND event_id > {after:UUID} AND %s
      ORDER BY event_id LIMIT 1 BY event_id LIMIT {most:UInt32} FORMAT JSONEachRow
      """
          .formatted(ANY_NEEDLE.formatted("envelope"));

  private static final String CALLS =
      """
      SELECT event_id, source, payload FROM vf.webhook_inbox_log
      WHERE received_at >= toDateTime64({day:String}, 3, 'UTC') AND received_at < toDateTime64({end:String}, 3, 'UTC')
        AND received_at <= toDateTime64({until:String}, 3, 'UTC') AND event_id > {after:UUID} AND %s
      ORDER BY event_id LIMIT 1 BY event_id LIMIT {most:UInt32} FORMAT JSONEachRow
      """
          .formatted(ANY_NEEDLE.formatted("payload"));

  private static final String NEXT_DAY =
      "SELECT toString(toDate(min(%2$s), 'UTC')) FROM vf.%1$s WHERE %2$s >= toDateTime64({day:String}, 3, 'UTC') HAVING count() > 0";

  /** What is searched, by the column whose days it is searched by. */
  enum Search {
    EVENTS_BY_TIME("raw_events_log", "time", EVENTS),
    CALLS_BY_ARRIVAL("webhook_inbox_log", "received_at", CALLS);

    final String table;
    private final String column;
    private final String query;

    Search(String table, String column, String query) {
      this.table = table;
      this.column = column;
      this.query = query;
    }
  }

  /** The same bytes as {@link Tombstone#of} has, of a tombstone too. */
  private static final String BURIED =
      """
      concat('{"specversion":"1.0","id":"', JSONExtractString(envelope, 'id'), '","source":"', source,
             '","type":"', type, '","dataschema":"', type, '/0","datacontenttype":"application/json","subject":"erased","time":"',
             JSONExtractString(envelope, 'time'), '","rev":"', JSONExtractString(envelope, 'rev'), '",',
             if(JSONHas(envelope, 'replayof'), concat('"replayof":"', JSONExtractString(envelope, 'replayof'), '",'), ''),
             '"traceparent":"', JSONExtractString(envelope, 'traceparent'), '","data":{}}')
      """;

  private static final String EVENT_IDS =
      "event_id IN (SELECT event_id FROM vf.erasing WHERE erasure = %d AND call = 0)";
  private static final String ALL_IDS =
      "event_id IN (SELECT event_id FROM vf.erasing WHERE erasure = %d)";

  /**
   * A table, and which of its rows are the person's: by the events that were found, and where it
   * has columns of its own by these, since an event may be gone that its row outlives.
   */
  private record Rows(String table, String change, String ids, String own) {}

  private static final List<Rows> TABLES =
      List.of(
          new Rows(
              "kick_chat_message_log",
              "DELETE",
              EVENT_IDS,
              "(has(%1$s, concat('kick:', platform_user_id)) OR has(%1$s, concat('channel:', toString(channel_id)))) AND created_at <= %2$s"),
          new Rows(
              "kick_channel_activity_log",
              "DELETE",
              EVENT_IDS,
              "(has(%1$s, concat(platform, ':', platform_user_id)) OR has(%1$s, concat(platform, ':', ifNull(user_id, ''))) OR arrayExists(o -> has(%1$s, concat(platform, ':', o)), others)) AND ts <= %2$s"),
          new Rows(
              "kick_streamer_probe_log",
              "DELETE",
              EVENT_IDS,
              "has(%1$s, concat(platform, ':', platform_user_id)) AND ts <= %2$s"),
          new Rows(
              "streamer_trust_score_history_log",
              "DELETE",
              EVENT_IDS,
              "has(%1$s, concat(platform, ':', platform_user_id)) AND ts <= %2$s"),
          new Rows(
              "sumsub_webhooks_log",
              "DELETE",
              ALL_IDS,
              "has(%1$s, concat('sumsub:', applicant_id)) AND created_at <= %2$s"),
          new Rows("webhook_inbox_log", "DELETE", ALL_IDS, "0"),
          // last, since where an event has been is known by it
          new Rows(
              "raw_events_log",
              "UPDATE subject = 'erased', envelope = " + BURIED + " WHERE subject <> 'erased' AND",
              EVENT_IDS,
              "0"));

  private final ClickHouse clickHouse;

  Archive(ClickHouse clickHouse) {
    this.clickHouse = clickHouse;
  }

  /** Tables there are to change. */
  static int tables() {
    return TABLES.size();
  }

  static String table(int number) {
    return TABLES.get(number).table;
  }

  /** The table that is exported: it is not changed while an export is at it. */
  static boolean exported(int number) {
    return table(number).equals("kick_chat_message_log");
  }

  /**
   * Searches one page of one day.
   *
   * @param at where the last page ended; moved on
   * @return false when there is nothing behind it
   */
  boolean search(Search what, Erasure erasure, ObjectNode at)
      throws IOException, InterruptedException {
    String day = at.path("day").asText("");
    if (day.isEmpty()) {
      String from = at.path("from").asText("1970-01-01");
      day = clickHouse.text(NEXT_DAY.formatted(what.table, what.column), Map.of("day", from));
      if (day.isEmpty()
          || LocalDate.parse(day)
              .atStartOfDay(ZoneOffset.UTC)
              .toInstant()
              .isAfter(erasure.until())) {
        return false;
      }
    }
    LocalDate end = LocalDate.parse(day).plusDays(1);
    Map<String, String> values = new HashMap<>();
    values.put("day", day);
    values.put("end", end.toString());
    values.put("until", MILLIS.format(erasure.until()));
    values.put("after", at.path("after").asText(new UUID(0, 0).toString()));
    values.put("needles", array(erasure.person().needles()));
    values.put("most", Integer.toString(PAGE));
    List<String> lines = clickHouse.text(what.query, values, SEARCH).lines().toList();
    ByteArrayOutputStream found = new ByteArrayOutputStream();
    String last = "";
    for (String line : lines) {
      JsonNode row = JSON.readTree(line);
      last = row.path("event_id").asText();
      if (what == Search.EVENTS_BY_TIME
          ? event(erasure.person(), row)
          : call(erasure.person(), row)) {
        ObjectNode noted = JSON.createObjectNode();
        noted.put("erasure", erasure.id());
        noted.put("event_id", last);
        noted.put("call", what == Search.CALLS_BY_ARRIVAL ? 1 : 0);
        found.writeBytes((noted + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
    if (found.size() > 0) {
      clickHouse.insert("vf.erasing", UUID.randomUUID().toString(), found.toByteArray());
    }
    if (lines.size() < PAGE) {
      at.remove(List.of("day", "after"));
      at.put("from", end.toString());
    } else {
      at.put("day", day).put("after", last);
    }
    return true;
  }

  private static boolean event(Person person, JsonNode row) throws IOException {
    Envelope event = Envelope.of(JSON.readTree(row.path("envelope").asText()));
    if (Tombstone.is(event) || !person.isIn(event)) {
      return false;
    }
    Related.learn(person, event);
    return true;
  }

  /** An e-mail is known by the id that Resend gave it; its address stands in calls alone. */
  private static boolean call(Person person, JsonNode row) {
    String source = row.path("source").asText();
    String body = row.path("payload").asText();
    if (!person.isIn(source, body)) {
      return false;
    }
    if (source.equals("resend")) {
      try {
        JsonNode email = JSON.readTree(body).at("/data/email_id");
        if (email.isTextual()) {
          person.learn("resend:" + email.textValue());
        }
      } catch (IOException e) {
        // a call that is no JSON tells of no e-mail
      }
    }
    return true;
  }

  /** Between two looks at a mutation that is on its way. */
  interface Meanwhile {
    void pause() throws InterruptedException;
  }

  /** Changes one table; returns when that is done on disk. */
  void change(int number, Erasure erasure, Held held, Meanwhile meanwhile)
      throws IOException, InterruptedException {
    Rows rows = TABLES.get(number);
    String word = rows.table.replaceAll("_log$", "");
    String theirs =
        "(%s OR (%s))"
            .formatted(
                rows.ids.formatted(erasure.id()),
                rows.own.formatted(
                    array(List.copyOf(erasure.person().identities())),
                    "toDateTime64('%s', 3, 'UTC')".formatted(MILLIS.format(erasure.until()))));
    String where = rows.change.equals("DELETE") ? theirs : "subject <> 'erased' AND " + theirs;
    String count = "SELECT count() FROM vf.%s WHERE %s".formatted(rows.table, where);
    long found = number(count);
    held.count(word + ".found", found);
    if (erasure.dryRun() || found == 0) {
      return;
    }
    clickHouse.execute(
        "ALTER TABLE vf.%s %s %s SETTINGS mutations_sync = 0"
            .formatted(
                rows.table, rows.change.equals("DELETE") ? "DELETE WHERE" : rows.change, theirs));
    await(rows.table, meanwhile);
    held.count(word + ".erased", found);
    held.count(word + ".left", number(count));
  }

  private void await(String table, Meanwhile meanwhile) throws IOException, InterruptedException {
    while (true) {
      String failure =
          clickHouse.text(
              "SELECT latest_fail_reason FROM system.mutations WHERE database = 'vf' AND table = {table:String} AND NOT is_done ORDER BY create_time LIMIT 1 FORMAT JSONEachRow",
              Map.of("table", table));
      if (failure.isEmpty()) {
        return;
      }
      String reason = JSON.readTree(failure).path("latest_fail_reason").asText();
      if (!reason.isEmpty()) {
        throw new IOException("a mutation of vf.%s fails: %s".formatted(table, reason));
      }
      meanwhile.pause();
    }
  }

  private long number(String query) throws IOException, InterruptedException {
    return Long.parseLong(clickHouse.text(query, Map.of(), SEARCH));
  }

  /** The ids that were noted are of no more use. */
  void forget(Erasure erasure) throws IOException, InterruptedException {
    clickHouse.execute("ALTER TABLE vf.erasing DROP PARTITION %d".formatted(erasure.id()));
  }

  static String array(List<String> texts) {
    return texts.stream()
        .map(t -> "'" + t.replace("\\", "\\\\").replace("'", "\\'") + "'")
        .collect(Collectors.joining(",", "[", "]"));
  }
}
