package ingest.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One look at a channel: as Kick served it, as the archive has it, as the environment has it. What
 * Kick has no value for is null, however Kick says so.
 */
record Seen(
    @Nullable Long viewerCount,
    @Nullable Boolean live,
    @Nullable Instant startedAt,
    @Nullable String title,
    @Nullable Long categoryId,
    @Nullable String categoryName,
    @Nullable String language,
    @Nullable String slug) {
  private static final DateTimeFormatter CLICKHOUSE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS");

  /** The looks at a channel in the order of time, and when each was. */
  private record Looks(List<Instant> at, List<Seen> seen) {}

  /**
   * Compares all that an upstream served since its start with what the stores have: a row of the
   * archive for every item, and for every channel a row of the environment with its last.
   */
  static void assertStoredAsServed(Upstream upstream, Stores stores)
      throws IOException, SQLException, InterruptedException {
    Map<String, Looks> served =
        looks(
            upstream.served(),
            line -> line.path("broadcaster_user_id").asText(),
            line -> Instant.parse(line.path("at").asText()),
            line -> served(line.path("item")));
    assertFalse(served.isEmpty());
    Map<String, Looks> archived =
        looks(
            stores.clickHouseRows(
                "SELECT * FROM vf.kick_streamer_probe ORDER BY platform_user_id, ts"),
            row -> row.path("platform_user_id").asText(),
            row -> clickHouseTime(row.path("ts").asText()),
            Seen::archived);
    assertEquals(served.keySet(), archived.keySet());
    served.forEach(
        (channel, looks) -> {
          Looks rows = Objects.requireNonNull(archived.get(channel));
          assertEquals(looks.seen, rows.seen, "the probes of " + channel);
          for (int i = 0; i < rows.at.size(); i++) {
            assertFalse(
                rows.at.get(i).isAfter(looks.at.get(i)),
                channel + ": an observation counts from before the request");
          }
        });

    Map<String, Seen> snapshots = new TreeMap<>();
    for (JsonNode row : stores.envRows("SELECT * FROM public.channel_snapshot")) {
      snapshots.put(row.path("platform_user_id").asText(), snapshot(row));
    }
    assertEquals(served.keySet(), snapshots.keySet());
    served.forEach(
        (channel, looks) ->
            assertEquals(last(looks.seen), snapshots.get(channel), "the snapshot of " + channel));
  }

  /** The last look; a count that Kick left out leaves the last that it told. */
  private static Seen last(List<Seen> looks) {
    Seen last = looks.get(looks.size() - 1);
    Long viewers =
        looks.stream()
            .map(Seen::viewerCount)
            .filter(Objects::nonNull)
            .reduce((first, second) -> second)
            .orElse(null);
    return new Seen(
        viewers,
        last.live,
        last.startedAt,
        last.title,
        last.categoryId,
        last.categoryName,
        last.language,
        last.slug);
  }

  private interface Part<T> {
    T of(JsonNode row);
  }

  private static Map<String, Looks> looks(
      List<JsonNode> rows, Part<String> channel, Part<Instant> at, Part<Seen> seen) {
    Map<String, List<JsonNode>> byChannel =
        rows.stream()
            .collect(Collectors.groupingBy(channel::of, TreeMap::new, Collectors.toList()));
    Map<String, Looks> looks = new TreeMap<>();
    byChannel.forEach(
        (id, of) ->
            looks.put(
                id,
                new Looks(of.stream().map(at::of).toList(), of.stream().map(seen::of).toList())));
    return looks;
  }

  private static Seen served(JsonNode item) {
    JsonNode stream = item.path("stream");
    OffsetDateTime started = OffsetDateTime.parse(stream.path("start_time").asText());
    long category = item.path("category").path("id").longValue();
    return new Seen(
        number(stream.path("viewer_count")),
        flag(stream.path("is_live")),
        started.getYear() == 1 ? null : started.toInstant(),
        text(item.path("stream_title")),
        category == 0 ? null : category,
        text(item.path("category").path("name")),
        text(stream.path("language")),
        text(item.path("slug")));
  }

  private static Seen archived(JsonNode row) {
    return new Seen(
        number(row.path("viewer_count")),
        flag(row.path("is_live")),
        row.path("stream_started_at").isNull()
            ? null
            : clickHouseTime(row.path("stream_started_at").asText()),
        text(row.path("title")),
        number(row.path("category_id")),
        text(row.path("category_name")),
        text(row.path("language")),
        text(row.path("slug")));
  }

  private static Seen snapshot(JsonNode row) {
    return new Seen(
        number(row.path("viewer_count")),
        flag(row.path("is_live")),
        row.path("stream_started_at").isNull()
            ? null
            : OffsetDateTime.parse(row.path("stream_started_at").asText()).toInstant(),
        text(row.path("title")),
        number(row.path("category_id")),
        text(row.path("category_name")),
        text(row.path("language")),
        text(row.path("slug")));
  }

  private static Instant clickHouseTime(String text) {
    return LocalDateTime.parse(text, CLICKHOUSE).toInstant(ZoneOffset.UTC);
  }

  private static @Nullable Long number(JsonNode value) {
    return value.isIntegralNumber() ? value.longValue() : null;
  }

  private static @Nullable Boolean flag(JsonNode value) {
    return value.isBoolean() ? value.booleanValue() : null;
  }

  /** An empty text is Kick's way to say that there is none. */
  private static @Nullable String text(JsonNode value) {
    return value.asText("").isEmpty() || value.isNull() ? null : value.textValue();
  }
}
