package ingest.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/ingest emit} to a product that polls nothing. */
class EmitTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path data = Path.of("");
  @TempDir private Path folder = Path.of("");
  private static IngestProcess run;
  private static Stores stores;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = IngestProcess.settings(data);
    settings.put("POLL_KICK_VIEWERS_ENABLED", "false");
    run = IngestProcess.run(settings);
    stores = Stores.of(run);
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  private static ObjectNode event(long user, Instant time) {
    ObjectNode event = JSON.createObjectNode();
    event.put("type", "kick.viewer_count.observed");
    event.put("source", "kick");
    event.put("subject", "kick:" + user);
    event.put("time", time.toString());
    event.putObject("data").put("platform", "kick").put("platform_user_id", Long.toString(user));
    event.withObject("data").put("viewer_count", user % 1000);
    return event;
  }

  private IngestProcess emit(List<String> lines) throws Exception {
    Path file = Files.write(folder.resolve("events.ndjson"), lines);
    return IngestProcess.start(
        Map.of(),
        "emit",
        file.toString(),
        "--url",
        "http://127.0.0.1:" + run.environment().get("MANAGEMENT_PORT"));
  }

  private static long events() throws Exception {
    return stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
  }

  @Test
  void a_line_is_new_once() throws Exception {
    long before = events();
    Instant at = Instant.now().minusSeconds(5);
    List<String> lines =
        IntStream.range(0, 1203).mapToObj(i -> event(700_000L + i, at).toString()).toList();
    try (IngestProcess first = emit(lines)) {
      assertEquals(0, first.exitCode());
      assertEquals(List.of("1,203 lines: 1,203 new, 0 known already, 0 rejected"), first.lines());
    }
    try (IngestProcess second = emit(lines)) {
      assertEquals(0, second.exitCode());
      assertEquals(List.of("1,203 lines: 0 new, 1,203 known already, 0 rejected"), second.lines());
    }
    assertEquals(before + 1203, events());
    Balance.exact(run, stores);
    assertEquals(
        1203,
        stores
            .envRows(
                """
                SELECT 1 FROM public.channel_snapshot
                WHERE platform_user_id::bigint BETWEEN 700000 AND 701202
                  AND viewer_count = platform_user_id::bigint % 1000""")
            .size());
  }

  @Test
  void a_channel_is_found_by_the_name_of_before_and_its_rename_is_an_event_of_its_own()
      throws Exception {
    Instant at = Instant.now().minusSeconds(60);
    ObjectNode before = event(4_400_001L, at);
    before.withObject("data").put("slug", "ninja");
    ObjectNode after = event(4_400_001L, at.plusSeconds(10));
    after.withObject("data").put("slug", "Ronin");
    try (IngestProcess emit = emit(List.of(before.toString(), after.toString()))) {
      assertEquals(0, emit.exitCode(), emit.lines()::toString);
    }
    Balance.exact(run, stores);
    assertEquals(
        1,
        stores.dmNumber(
            "SELECT count(*) FROM ingest.ingest_outbox WHERE type = 'kick.channel.renamed'"));
    assertEquals(
        1,
        stores
            .envRows(
                "SELECT 1 FROM public.channel_snapshot WHERE platform_user_id = '4400001' AND slug = 'ronin'")
            .size());
    try (IngestProcess found =
        IngestProcess.start(
            Map.of(),
            "channel",
            "NINJA",
            "--url",
            "http://127.0.0.1:" + run.environment().get("MANAGEMENT_PORT"))) {
      assertEquals(0, found.exitCode(), found.lines()::toString);
      assertTrue(
          found.lines().get(0).startsWith("kick 4400001 is ronin, channel "),
          found.lines()::toString);
      assertTrue(
          found.lines().stream().anyMatch(l -> l.startsWith("ninja ")), found.lines()::toString);
    }
  }

  /** A line that is not to be committed, and what has to be said of it. */
  private record Bad(String line, String reason) {}

  private static List<Bad> bad() {
    Instant now = Instant.now();
    ObjectNode unknown = event(1, now).put("type", "kick.unheard.of");
    ObjectNode negative = event(2, now);
    negative.withObject("data").put("viewer_count", -1);
    ObjectNode additional = event(3, now);
    additional.withObject("data").put("viewers", 1);
    ObjectNode large = event(4, now);
    large.withObject("data").put("slug", "x".repeat(128 * 1024));
    ObjectNode largest = event(5, now);
    largest.withObject("data").put("slug", "x".repeat(200 * 1024));
    ObjectNode noData = event(6, now);
    noData.remove("data");
    ObjectNode noTime = event(7, now);
    noTime.remove("time");
    ObjectNode otherSource = event(8, now).put("source", "x");
    ObjectNode ahead = event(9, now.plusSeconds(3600));
    ObjectNode replay = event(10, now).put("replayof", "01M38PHHS09TAWMJGPBVVXXNJG");
    ObjectNode noId = event(11, now).put("id", "not-a-ulid");
    return List.of(
        new Bad(unknown.toString(), "not registered"),
        new Bad(negative.toString(), "viewer_count"),
        new Bad(additional.toString(), "additional"),
        new Bad(large.toString(), "over the limit of 131072"),
        new Bad(largest.toString(), "longer than 192 KiB"),
        new Bad(noData.toString(), "data"),
        new Bad(noTime.toString(), "time"),
        new Bad(otherSource.toString(), "source"),
        new Bad(ahead.toString(), "ahead"),
        new Bad(replay.toString(), "replayof"),
        new Bad(noId.toString(), "id"),
        new Bad("{\"type\":", "not JSON"),
        new Bad("[]", "not a JSON object"));
  }

  @Test
  void a_bad_line_is_told_by_number_and_reason_and_hinders_no_other() throws Exception {
    long before = events();
    Instant at = Instant.now().minusSeconds(5);
    List<Bad> bad = bad();
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < bad.size(); i++) {
      lines.add(event(800_000L + i, at).toString());
      lines.add(bad.get(i).line());
    }
    try (IngestProcess emission = emit(lines)) {
      assertEquals(1, emission.exitCode());
      List<String> said = emission.lines();
      assertTrue(
          said.contains(
              "%d lines: %d new, 0 known already, %d rejected"
                  .formatted(2 * bad.size(), bad.size(), bad.size())),
          () -> String.join("\n", said));
      for (int i = 0; i < bad.size(); i++) {
        int number = 2 * i + 2;
        String reason = bad.get(i).reason();
        Pattern told = Pattern.compile("line " + number + ": .*" + Pattern.quote(reason) + ".*");
        assertEquals(
            1,
            said.stream().filter(line -> told.matcher(line).matches()).count(),
            () -> told + " in\n" + String.join("\n", said));
      }
    }
    assertEquals(before + bad.size(), events());
    Balance.exact(run, stores);
  }
}
