package ingest.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.TestMigrations;
import ingest.embedded.clickhouse.EngineServer;
import ingest.settings.Settings;
import ingest.store.ClickHouse;
import ingest.store.TestStores;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a span's objects hold, on the ClickHouse engine. */
class ChatRunTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Yesterday, so that no TTL has anything to say. */
  private static final Instant DAY =
      ProcessHandle.current()
          .info()
          .startInstant()
          .orElseThrow()
          .truncatedTo(ChronoUnit.DAYS)
          .minus(1, ChronoUnit.DAYS);

  private static final Instant TEN = DAY.plus(Duration.ofHours(10));
  private static final Instant ELEVEN = DAY.plus(Duration.ofHours(11));
  private static final Instant NOON = DAY.plus(Duration.ofHours(12));

  @TempDir static Path folder = Path.of("");
  private static EngineServer engine;
  private static ClickHouse clickHouse;
  private int ids;

  @BeforeAll
  static void start() throws IOException {
    engine =
        EngineServer.start(
            Settings.load(Path.of("no-such-folder"), Map.of()), folder, TestStores::freePort);
    String url = "http://127.0.0.1:" + engine.port();
    TestMigrations.clickHouse(url);
    clickHouse = new ClickHouse(url);
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  @Test
  void equal_times_across_the_edges_of_pages_and_parts_are_neither_lost_nor_repeated()
      throws Exception {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < ChatRows.PAGE + 5000; i++) {
      rows.add(row("edges", 1, TEN.plusMillis(1), TEN, "x"));
    }
    insert(rows);
    ChatSpan span = span("edges", TEN, ELEVEN, Instant.EPOCH, NOON, ChatRows.PAGE + 1000);
    List<ChatObject> parts = parts(span);
    assertEquals(2, parts.size());
    assertEquals(ChatRows.PAGE + 1000, parts.get(0).rows());
    assertEquals(new HashSet<>(ids(rows)), new HashSet<>(events(parts)));
    assertEquals(rows.size(), events(parts).size());
    assertEquals(events(parts).stream().sorted().toList(), events(parts), "ordered by the event");
  }

  @Test
  void a_span_is_half_open_and_cut_by_day_and_channel() throws Exception {
    Instant midnight = DAY.plus(Duration.ofDays(1));
    insert(
        List.of(
            row("cut", 2, DAY.plus(Duration.ofHours(23)), TEN, "begin"),
            row("cut", 2, midnight.minusMillis(1), TEN, "before midnight"),
            row("cut", 2, midnight, TEN, "midnight"),
            row("cut", 3, midnight, TEN, "of another"),
            row("cut", 2, midnight.plusSeconds(1), TEN, "end")));
    ChatSpan span =
        span(
            "cut",
            DAY.plus(Duration.ofHours(23)),
            midnight.plusSeconds(1),
            Instant.EPOCH,
            NOON,
            100);
    List<ChatObject> parts = parts(span);
    assertEquals(
        List.of(List.of("begin", "before midnight"), List.of("midnight"), List.of("of another")),
        parts.stream().map(ChatRunTest::contents).toList());
    String first = "cut/" + DAY.toString().substring(0, 10) + "/2/";
    assertTrue(parts.get(0).key().startsWith(first), parts.get(0).key());
    assertTrue(parts.get(0).key().endsWith(".0001.ndjson.gz"), parts.get(0).key());
  }

  @Test
  void what_comes_behind_the_watermark_is_late_once_and_what_comes_again_is_nothing()
      throws Exception {
    List<String> first =
        List.of(
            row("late", 4, TEN.plusMillis(1), TEN, "one"),
            row("late", 4, TEN.plusMillis(1), TEN, "two"));
    insert(first);
    ChatSpan before = span("late", TEN, ELEVEN, Instant.EPOCH, TEN.plusSeconds(10), 100);
    assertEquals(
        List.of("one", "two"),
        parts(before).stream().flatMap(p -> contents(p).stream()).sorted().toList());

    // again, now; and a third that is as old
    insert(first.stream().map(row -> row.replace(time(TEN), time(TEN.plusSeconds(20)))).toList());
    insert(List.of(row("late", 4, TEN, TEN.plusSeconds(20), "three")));
    ChatSpan after = span("late", ELEVEN, NOON, TEN.plusSeconds(10), TEN.plusSeconds(30), 100);
    for (int i = 0; i < 2; i++) {
      List<ChatObject> parts = parts(after);
      assertEquals(1, parts.size());
      assertEquals(List.of("three"), contents(parts.get(0)));
      assertTrue(parts.get(0).late());
      assertTrue(parts.get(0).key().contains("/late-"), parts.get(0).key());
      // merged, the first copies are the ones that are left
      clickHouse.execute("OPTIMIZE TABLE vf.kick_chat_message_log FINAL");
    }
  }

  @Test
  void a_span_has_the_same_objects_whatever_came_meanwhile() throws Exception {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      rows.add(row("same", 5 + i % 3, TEN.plusMillis(i / 10), TEN, "line \u2603 / \n" + i));
    }
    insert(rows);
    ChatSpan span = span("same", TEN, ELEVEN, Instant.EPOCH, TEN.plusSeconds(10), 70);
    List<ChatObject> once = parts(span);
    insert(List.of(row("same", 5, TEN, TEN.plusSeconds(10), "later")));
    insert(rows.subList(0, 50));
    List<ChatObject> twice = parts(span);
    assertEquals(6, once.size());
    assertEquals(
        once.stream().map(ChatObject::key).toList(), twice.stream().map(ChatObject::key).toList());
    for (int i = 0; i < once.size(); i++) {
      assertArrayEquals(once.get(i).gzip(), twice.get(i).gzip());
    }
  }

  private static List<ChatObject> parts(ChatSpan span) throws Exception {
    ChatRun run = new ChatRun(span, new ChatRows(clickHouse));
    List<ChatObject> parts = new ArrayList<>();
    for (ChatObject part = run.next(); part != null; part = run.next()) {
      parts.add(part);
    }
    return parts;
  }

  private static ChatSpan span(
      String env, Instant from, Instant until, Instant after, Instant before, int rows) {
    return new ChatSpan(env, from, until, after, before, rows);
  }

  private String row(String env, int channel, Instant created, Instant inserted, String content) {
    return JSON.createObjectNode()
        .put("env", env)
        .put("channel_id", channel)
        .put("created_at", created.toString())
        .put(
            "event_id",
            UUID.nameUUIDFromBytes(new byte[] {(byte) (ids >> 8), (byte) ids++}).toString())
        .put("content", content)
        .put("inserted_at", time(inserted))
        .toString();
  }

  private static String time(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static void insert(List<String> rows) throws Exception {
    clickHouse.insert(
        "vf.kick_chat_message_log",
        UUID.randomUUID().toString(),
        String.join("\n", rows).getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> ids(List<String> rows) throws IOException {
    List<String> ids = new ArrayList<>();
    for (String row : rows) {
      ids.add(JSON.readTree(row).path("event_id").textValue());
    }
    return ids;
  }

  private static List<String> events(List<ChatObject> parts) throws IOException {
    List<String> events = new ArrayList<>();
    for (ChatObject part : parts) {
      for (JsonNode line : lines(part)) {
        events.add(line.path("event_id").textValue());
      }
    }
    return events;
  }

  private static List<String> contents(ChatObject part) {
    try {
      return lines(part).stream().map(line -> line.path("content").textValue()).toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static List<JsonNode> lines(ChatObject part) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    try (GZIPInputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(part.gzip()))) {
      for (String line :
          new String(unpacked.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        lines.add(JSON.readTree(line));
      }
    }
    return lines;
  }
}
