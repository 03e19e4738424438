package ingest.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.store.TestStores;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Runs of a few hundred events: what is measured is there and adds up, however fast it was. */
class BenchTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder = Path.of("");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int bench(String... arguments) {
    return Bench.execute(new PrintWriter(out), new PrintWriter(err), arguments);
  }

  private JsonNode results() throws IOException {
    return JSON.readTree(Files.readString(folder.resolve("results.json")));
  }

  private String[] tiny(String... more) {
    return Stream.concat(
            Stream.of(
                "--quick",
                "--rounds=1",
                "--events=300",
                "--folder=" + folder.resolve("data"),
                "--json=" + folder.resolve("results.json")),
            Stream.of(more))
        .toArray(String[]::new);
  }

  private static List<String> names(JsonNode list, String field) {
    List<String> names = new ArrayList<>();
    list.forEach(n -> names.add(n.path(field).asText()));
    return names;
  }

  @Test
  void every_stage_is_held_against_its_limit_and_nothing_is_left_behind() throws IOException {
    assertEquals(0, bench(tiny()), err::toString);

    JsonNode results = results();
    assertEquals(
        List.of("commit", "upsert", "webhooks", "deliver", "consume"),
        names(results.path("sections"), "section"));
    assertEquals("on", results.at("/postgresql/settings/fsync").asText());
    assertEquals("on", results.at("/postgresql/settings/synchronous_commit").asText());
    assertTrue(results.at("/machine/processors").asInt() > 0);
    for (JsonNode section : results.path("sections")) {
      for (JsonNode race : section.path("races")) {
        sane(race.path("limit"), race);
        assertTrue(!race.path("contestants").isEmpty(), race.toString());
        for (JsonNode contestant : race.path("contestants")) {
          sane(contestant, race);
          assertTrue(contestant.at("/ratio/median").asDouble() > 0, contestant.toString());
          assertEquals(1, contestant.path("rounds").size());
        }
        assertTrue(out.toString().contains(race.path("race").asText()), out.toString());
      }
    }
    assertEquals(
        List.of(
            "claimed, by 100 to the sink",
            "from memory, by 100 to the sink",
            "claimed, by 1 to the sink",
            "from memory, by 1 to the sink"),
        names(results.at("/sections/3/races/0/contestants"), "name"));
    assertEquals(List.of(), below(folder.resolve("data")));
    capacityAddsUp(results.path("capacity"));
  }

  private static void capacityAddsUp(JsonNode capacity) {
    List<JsonNode> events = new ArrayList<>();
    capacity.path("events").forEach(events::add);
    assertEquals(4, events.size());
    // of 300 probes: an outbox row, a key, and three chunks for each page of 50
    assertEquals(2 + 3.0 / 50, events.get(0).path("rows").asDouble(), 1e-9);
    assertEquals(2 + 3, events.get(1).path("rows").asDouble(), 1e-9);
    assertEquals(0, events.get(2).path("rows").asDouble(), 1e-9);
    assertEquals(1, events.get(3).path("rows").asDouble(), 1e-9);
    for (JsonNode event : events) {
      assertTrue(event.path("wal_bytes").asDouble() > 0, event.toString());
    }
    assertTrue(events.get(0).path("disk_bytes").asDouble() > 1024, "an event of 1 KiB");
    JsonNode probes = capacity.at("/loads/3");
    assertEquals(150_000, probes.path("events_an_hour").asInt());
    assertEquals(
        Math.round(24 * 150_000 * (2 + 3.0 / 50)), probes.path("rows_a_day").asLong(), "rows");
    assertTrue(
        probes.path("disk_bytes_kept").asLong() > 8 * probes.path("disk_bytes_a_day").asLong());
  }

  private static void sane(JsonNode line, JsonNode race) {
    assertTrue(line.path("events").asLong() >= 100, race.toString());
    boolean writes = !line.path("name").asText().equals("answered without any work");
    List<String> figures =
        writes ? List.of("events_per_second", "wal_bytes_per_event") : List.of("events_per_second");
    for (String figure : figures) {
      JsonNode spread = line.path(figure);
      assertTrue(spread.path("min").asDouble() > 0, race.toString());
      assertTrue(spread.path("min").asDouble() <= spread.path("median").asDouble());
      assertTrue(spread.path("median").asDouble() <= spread.path("max").asDouble());
    }
  }

  private static List<Path> below(Path folder) throws IOException {
    try (Stream<Path> below = Files.list(folder)) {
      return below.toList();
    }
  }

  @Test
  void a_server_that_is_given_is_left_without_our_databases() throws IOException {
    String url = STORES.ownerUrl();
    assertEquals(0, bench(tiny("commit", "--database-url=" + url)), err::toString);
    assertEquals(List.of("commit"), names(results().path("sections"), "section"));
    assertEquals(
        0,
        STORES.sql().number("SELECT count(*) FROM pg_database WHERE datname LIKE 'ingest_bench%'"));
  }

  @Test
  void what_is_not_understood_is_told_in_two_lines() {
    assertEquals(2, bench("fly"));
    assertEquals(2, bench("--rounds=0"));
    assertEquals(2, bench("--events=many"));
    assertEquals(6, err.toString().lines().count(), err::toString);
    assertTrue(
        err.toString()
            .contains("commit, upsert, webhooks, deliver, consume, capacity, replay or all"),
        err::toString);
  }
}
