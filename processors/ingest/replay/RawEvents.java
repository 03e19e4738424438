package ingest.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.store.ClickHouse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a window of {@code vf.raw_events} page by page, in the order in which things happened: by
 * time, and by id within a millisecond, over all types. Thread-safe.
 *
 * <p>The archive is sorted by type first, so one order over all types is read in strides of time: a
 * stride is as long as it takes to hold about two pages, which a {@link Place} carries on. So each
 * page costs what its stride holds, however long the window is, and neither here nor there more
 * than a page is kept in memory.
 *
 * <p>An event that was written twice stands there twice until the copies merge; they have the same
 * time and id, stand side by side in this order, and are one row of a page. A place is the last
 * event that was read and the next page begins behind it, so that none is skipped and none is read
 * twice, merged in between or not. What is written behind a place after it was passed is not read.
 */
public final class RawEvents {
  /** How long the archive keeps an event: the TTL of {@code vf.raw_events_log}. */
  private static final int KEPT_MONTHS = 13;

  /** Bytes of the envelopes of one page; the first may have more. */
  private static final int MOST_BYTES = 4 << 20;

  private static final Duration FIRST_STRIDE = Duration.ofMinutes(1);
  private static final Duration LONGEST_STRIDE = Duration.ofDays(1);

  /** Before the id of any event. */
  private static final UUID NONE = new UUID(0, 0);

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String WHERE =
      """
      FROM vf.raw_events_log
      WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
        AND type IN {types:Array(String)}
        AND (empty({subjects:Array(String)}) OR has({subjects:Array(String)}, subject))
      """;

  private static final String BEHIND =
      "  AND (time, event_id) > (fromUnixTimestamp64Milli({from:Int64}, 'UTC'), {after:UUID})\n";

  /** The keys alone, because a sort with envelopes would read all of the stride's. */
  private static final String LAST =
      """
      SELECT count(), toUnixTimestamp64Milli(max(time)), argMax(event_id, (time, event_id)) FROM (
          SELECT time, event_id
          %s%s  ORDER BY time, event_id LIMIT {most:UInt32}
      ) FORMAT JSONCompactEachRow
      """
          .formatted(WHERE, BEHIND);

  private static final String PAGE =
      """
      SELECT ms, event_id, type, subject, envelope
      FROM (
          SELECT *, sum(length(envelope)) OVER (
              ORDER BY ms, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
          FROM (
              SELECT toUnixTimestamp64Milli(time) AS ms, event_id, type, subject, envelope
              %s%s  AND (time, event_id) <= (fromUnixTimestamp64Milli({last:Int64}, 'UTC'), {until:UUID})
              LIMIT 1 BY ms, event_id
          )
      )
      WHERE before < {bytes:UInt32}
      ORDER BY ms, event_id
      FORMAT JSONEachRow
      """
          .formatted(WHERE, BEHIND);

  private static final String COUNT = "SELECT count() " + WHERE;

  private static final String BY_TYPE =
      "SELECT type, uniqExact(event_id) " + WHERE + " GROUP BY type FORMAT JSONCompactEachRow";

  private final ClickHouse archive;

  public RawEvents(ClickHouse archive) {
    this.archive = archive;
  }

  /**
   * Which events.
   *
   * @param from the first millisecond
   * @param to the millisecond behind the last
   * @param types by name; there is no pattern
   * @param subjects none: all
   */
  public record Window(Instant from, Instant to, List<String> types, List<String> subjects) {
    public Window {
      types = List.copyOf(types);
      subjects = List.copyOf(subjects);
    }

    private Window part(Instant since, Instant until) {
      return new Window(since, until, types, subjects);
    }
  }

  /**
   * How far a reader has come; what it has read is kept nowhere else.
   *
   * @param stride how much time the next page looks at
   */
  public record Place(Instant time, UUID id, Duration stride) {
    static Place first(Window window) {
      return new Place(window.from, NONE, FIRST_STRIDE);
    }

    /** Behind the last event of a window. */
    static Place through(Window window) {
      return new Place(window.to, NONE, FIRST_STRIDE);
    }

    /** Of what {@link #json} made. */
    public static Place of(JsonNode json) {
      return new Place(
          Instant.parse(json.path("time").asText()),
          UUID.fromString(json.path("id").asText()),
          Duration.ofMillis(json.path("stride").asLong()));
    }

    /** To be kept, and read by people: when what was read last happened. */
    public ObjectNode json() {
      return JSON.createObjectNode()
          .put("time", time.toString())
          .put("id", id.toString())
          .put("stride", stride.toMillis());
    }

    /** Where this stride of a window ends. */
    private Instant end(Window window) {
      Instant end = time.plus(stride);
      return end.isBefore(window.to) ? end : window.to;
    }

    /** Behind {@code end}, up to which nothing is left; looks at twice as much. */
    private Place passed(Instant end) {
      Duration longer = stride.multipliedBy(2);
      return new Place(end, NONE, longer.compareTo(LONGEST_STRIDE) < 0 ? longer : LONGEST_STRIDE);
    }

    /** Behind an event that is not the last of the stride; looks at twice what the page took. */
    private Place behind(Row last) {
      Duration taken = Duration.between(time, last.time).multipliedBy(2).plusMillis(1);
      return new Place(
          last.time, last.id, taken.compareTo(LONGEST_STRIDE) < 0 ? taken : LONGEST_STRIDE);
    }
  }

  /** An event as the archive has it; {@code envelope}: the bytes that were sent, as text. */
  public record Row(Instant time, UUID id, String type, String subject, String envelope) {}

  /**
   * Some rows in their order; none where the window is through.
   *
   * @param next null where nothing is behind them
   */
  public record Page(List<Row> rows, @Nullable Place next) {
    public Page {
      rows = List.copyOf(rows);
    }
  }

  /** Before this nothing is kept any more. */
  public static Instant keptFrom(Clock clock) {
    return clock.instant().atOffset(ZoneOffset.UTC).minusMonths(KEPT_MONTHS).toInstant();
  }

  /**
   * The rows behind a place.
   *
   * @param after where the last page ended; null for the first
   * @param most rows
   */
  public Page page(Window window, @Nullable Place after, int most)
      throws IOException, InterruptedException {
    Place place = after == null ? Place.first(window) : after;
    while (place.time.isBefore(window.to)) {
      Instant end = place.end(window);
      JsonNode last = last(window.part(place.time, end), place.id, most);
      int keys = last.path(0).asInt();
      List<Row> rows = keys == 0 ? List.of() : rows(window.part(place.time, end), place.id, last);
      boolean cut = !rows.isEmpty() && (keys == most || !ends(rows, last));
      Place next = cut ? place.behind(rows.get(rows.size() - 1)) : place.passed(end);
      if (!rows.isEmpty()) {
        return new Page(rows, cut || end.isBefore(window.to) ? next : null);
      }
      place = next;
    }
    return new Page(List.of(), null);
  }

  /** How many there are, nearly: a copy that is not merged yet counts. */
  public long count(Window window) throws IOException, InterruptedException {
    return archive.number(COUNT, parameters(window));
  }

  /**
   * How many there are of each type, exactly; for a part of a window that is no longer than a day.
   */
  public Map<String, Long> countByType(Window window) throws IOException, InterruptedException {
    Map<String, Long> counts = new TreeMap<>();
    for (String line : lines(archive.text(BY_TYPE, parameters(window)))) {
      JsonNode row = JSON.readTree(line);
      counts.put(row.path(0).asText(), row.path(1).asLong());
    }
    return counts;
  }

  private static boolean ends(List<Row> rows, JsonNode last) {
    return rows.get(rows.size() - 1).id.equals(UUID.fromString(last.path(2).asText()));
  }

  /** How many keys there are, {@code most} at most, and the last of them: its time and its id. */
  private JsonNode last(Window part, UUID after, int most)
      throws IOException, InterruptedException {
    Map<String, String> parameters = parameters(part);
    parameters.put("after", after.toString());
    parameters.put("most", Integer.toString(most));
    return JSON.readTree(archive.text(LAST, parameters));
  }

  private List<Row> rows(Window part, UUID after, JsonNode last)
      throws IOException, InterruptedException {
    Map<String, String> parameters = parameters(part);
    parameters.put("after", after.toString());
    parameters.put("last", last.path(1).asText());
    parameters.put("until", last.path(2).asText());
    parameters.put("bytes", Integer.toString(MOST_BYTES));
    List<Row> rows = new ArrayList<>();
    for (String line : lines(archive.text(PAGE, parameters))) {
      rows.add(row(JSON.readTree(line)));
    }
    return rows;
  }

  private static Row row(JsonNode row) throws JsonProcessingException {
    return new Row(
        Instant.ofEpochMilli(row.path("ms").asLong()),
        UUID.fromString(row.path("event_id").asText()),
        row.path("type").asText(),
        row.path("subject").asText(),
        row.path("envelope").asText());
  }

  private static List<String> lines(String answer) {
    return answer.isEmpty() ? List.of() : answer.lines().toList();
  }

  private static Map<String, String> parameters(Window window) {
    Map<String, String> parameters = new HashMap<>();
    parameters.put("from", Long.toString(window.from.toEpochMilli()));
    parameters.put("to", Long.toString(window.to.toEpochMilli()));
    parameters.put("types", array(window.types));
    parameters.put("subjects", array(window.subjects));
    return parameters;
  }

  private static String array(List<String> texts) {
    return texts.stream()
        .map(text -> "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'")
        .collect(Collectors.joining(",", "[", "]"));
  }
}
