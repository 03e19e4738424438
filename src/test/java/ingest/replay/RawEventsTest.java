package ingest.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.TestMigrations;
import ingest.embedded.clickhouse.EngineServer;
import ingest.settings.Settings;
import ingest.store.ClickHouse;
import ingest.store.TestStores;
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
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive, read by page; merges are off, so that copies stay. */
class RawEventsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> TYPES = List.of("acme.apple.seen", "acme.pear.seen");

  /** Within what is kept. */
  private static final Instant BEGIN =
      ProcessHandle.current()
          .info()
          .startInstant()
          .orElseThrow()
          .truncatedTo(ChronoUnit.DAYS)
          .minus(Duration.ofDays(40));

  private static final Instant END = BEGIN.plus(Duration.ofDays(39));

  @TempDir static Path folder;
  private static EngineServer engine;
  private static ClickHouse archive;

  private final Random random = new Random(7);
  private int inserts;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    engine =
        EngineServer.start(
            Settings.load(Path.of("no-such-folder"), Map.of()), folder, TestStores::freePort);
    String there = "http://127.0.0.1:" + engine.port();
    TestMigrations.clickHouse(there);
    archive = new ClickHouse(there);
    archive.execute("SYSTEM STOP MERGES vf.raw_events_log");
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  @BeforeEach
  void empty() throws IOException, InterruptedException {
    archive.execute("TRUNCATE TABLE vf.raw_events_log");
  }

  private record Event(Instant time, UUID id, String type, String subject, String envelope) {}

  /** Bursts with many events to the millisecond, and days with none, of both types. */
  private List<Event> events(int number, int bytes) {
    List<Event> events = new ArrayList<>();
    Instant time = BEGIN;
    for (int i = 0; i < number; i++) {
      switch (random.nextInt(100)) {
        case 0 -> time = time.plus(Duration.ofHours(random.nextInt(30)));
        case 1, 2, 3 -> time = time.plus(Duration.ofSeconds(random.nextInt(100)));
        default -> time = time.plusMillis(random.nextInt(2));
      }
      events.add(
          new Event(
              time,
              new UUID(random.nextLong(), random.nextLong()),
              TYPES.get(random.nextInt(TYPES.size())),
              "acme:" + random.nextInt(3),
              "{\"told\":\"" + "ä\n".repeat(bytes / 3).replace("\n", "\\n") + "\"}"));
    }
    return events;
  }

  private void write(List<Event> events) throws IOException, InterruptedException {
    StringBuilder lines = new StringBuilder();
    for (Event event : events) {
      lines
          .append(
              JSON.createObjectNode()
                  .put("event_id", event.id().toString())
                  .put("source", "acme")
                  .put("type", event.type())
                  .put("subject", event.subject())
                  .put("rev", 1)
                  .put("time", event.time().toString())
                  .put("created_at", event.time().toString())
                  .put("envelope", event.envelope()))
          .append('\n');
    }
    archive.insert(
        "vf.raw_events_log",
        "insert " + ++inserts,
        lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static RawEvents.Window window(Instant from, Instant to) {
    return new RawEvents.Window(from, to, TYPES, List.of());
  }

  /** By page, each place written down and read again. */
  private List<RawEvents.Row> read(RawEvents.Window window, int most)
      throws IOException, InterruptedException {
    List<RawEvents.Row> rows = new ArrayList<>();
    RawEvents.Place place = null;
    do {
      RawEvents.Page page = new RawEvents(archive).page(window, place, most);
      assertTrue(page.rows().size() <= most, () -> page.rows().size() + " rows");
      rows.addAll(page.rows());
      place = again(page.next());
    } while (place != null);
    return rows;
  }

  private static RawEvents.@Nullable Place again(RawEvents.@Nullable Place place)
      throws IOException {
    return place == null ? null : RawEvents.Place.of(JSON.readTree(place.json().toString()));
  }

  private static void same(List<Event> expected, List<RawEvents.Row> rows) {
    Set<Event> read = new HashSet<>();
    rows.forEach(r -> read.add(new Event(r.time(), r.id(), r.type(), r.subject(), r.envelope())));
    assertEquals(new HashSet<>(expected), read);
    assertEquals(expected.size(), rows.size(), "none comes twice");
    for (int i = 1; i < rows.size(); i++) {
      assertTrue(!rows.get(i).time().isBefore(rows.get(i - 1).time()), "by time, over all types");
    }
  }

  @Test
  void every_event_comes_once_in_the_order_of_time() throws Exception {
    List<Event> events = events(3000, 30);
    write(events);
    for (int most : List.of(1000, 97)) {
      same(events, read(window(BEGIN, END), most));
    }
  }

  @Test
  void a_page_of_one_event_goes_on_behind_it() throws Exception {
    List<Event> events = events(60, 30);
    write(events);
    same(events, read(window(BEGIN, END), 1));
  }

  @Test
  void copies_that_are_not_merged_are_one_event() throws Exception {
    List<Event> events = events(1000, 30);
    write(events);
    write(events.subList(200, 900));
    write(events.subList(500, 1000));
    assertEquals(2200, new RawEvents(archive).count(window(BEGIN, END)));
    for (int most : List.of(1000, 50, 7)) {
      same(events, read(window(BEGIN, END), most));
    }
  }

  @Test
  void copies_that_merge_between_two_pages_hide_none() throws Exception {
    List<Event> events = events(1000, 30);
    write(events);
    write(events);
    RawEvents reader = new RawEvents(archive);
    RawEvents.Page first = reader.page(window(BEGIN, END), null, 301);
    archive.execute("SYSTEM START MERGES vf.raw_events_log");
    archive.execute("OPTIMIZE TABLE vf.raw_events_log FINAL");
    archive.execute("SYSTEM STOP MERGES vf.raw_events_log");
    List<RawEvents.Row> rows = new ArrayList<>(first.rows());
    for (RawEvents.Place place = first.next(); place != null; ) {
      RawEvents.Page page = reader.page(window(BEGIN, END), place, 301);
      rows.addAll(page.rows());
      place = page.next();
    }
    same(events, rows);
  }

  @Test
  void a_window_has_its_first_millisecond_and_not_its_last() throws Exception {
    List<Event> events = events(2000, 30);
    write(events);
    Instant from = events.get(400).time();
    Instant to = events.get(1600).time();
    List<Event> within =
        events.stream().filter(e -> !e.time().isBefore(from) && e.time().isBefore(to)).toList();
    same(within, read(window(from, to), 100));
  }

  @Test
  void types_and_subjects_are_chosen() throws Exception {
    List<Event> events = events(500, 30);
    write(events);
    RawEvents.Window pears =
        new RawEvents.Window(BEGIN, END, TYPES.subList(1, 2), List.of("acme:1", "it's \\ none"));
    List<Event> chosen =
        events.stream()
            .filter(e -> e.type().equals(TYPES.get(1)) && e.subject().equals("acme:1"))
            .toList();
    same(chosen, read(pears, 40));
    assertEquals(chosen.size(), new RawEvents(archive).count(pears));
    assertEquals(
        Map.of(TYPES.get(1), (long) chosen.size()), new RawEvents(archive).countByType(pears));
  }

  @Test
  void a_page_of_large_events_is_cut_by_its_bytes() throws Exception {
    List<Event> events = events(200, 100_000);
    write(events);
    RawEvents.Page page = new RawEvents(archive).page(window(BEGIN, END), null, 1000);
    long bytes =
        page.rows().stream()
            .mapToLong(r -> r.envelope().getBytes(StandardCharsets.UTF_8).length)
            .sum();
    assertTrue(bytes < (4 << 20) + (128 << 10), () -> bytes + " bytes");
    same(events, read(window(BEGIN, END), 1000));
  }

  @Test
  void an_empty_window_is_through_at_once() throws Exception {
    RawEvents.Page page = new RawEvents(archive).page(window(BEGIN, END), null, 10);
    assertTrue(page.rows().isEmpty());
    assertNull(page.next());
  }
}
