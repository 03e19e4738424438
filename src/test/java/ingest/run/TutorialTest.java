package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.EventTypes;
import ingest.mapping.Mapper;
import ingest.mapping.Pairs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages that add an upstream, followed to the letter, in a copy of the product. */
final class TutorialTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path root = Path.of("");

  @Test
  void two_files_add_an_upstream_without_java_or_a_build() throws Exception {
    Tutorial tutorial =
        Tutorial.of(Path.of("docs/add-an-upstream.md"), root, root.resolve("classes"));
    tutorial.showsFilesOf(Path.of("docs/examples/charts"));
    List<DocumentedCommand> commands = tutorial.commands();
    assertEquals("bin/ingest run", commands.get(0).text());
    try (IngestProcess run = tutorial.run()) {
      commands.stream().skip(1).forEach(tutorial::follow);
      Stores stores = Stores.of(run);
      run.act("/admin/pollers/charts-top/pause");
      run.act("/admin/pollers/charts-top/run");
      long accepted =
          stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox WHERE source = 'charts'");
      awaitArchived(stores, "charts.rank.observed", accepted);
      Set<String> archived = new TreeSet<>();
      for (JsonNode event : archived(stores, "charts.rank.observed")) {
        assertEquals(
            event.path("subject").asText(),
            "kick:" + event.path("data").path("platform_user_id").asText());
        archived.add(line(event.path("data"), "platform_user_id", event.path("time").asText()));
      }
      assertEquals(accepted, archived.size(), "an event for each line of each chart");
      assertEquals(served(run, archived), archived);
      Set<String> ids =
          stores
              .dmRows("SELECT event_id FROM ingest.ingest_outbox WHERE source = 'charts'")
              .stream()
              .map(row -> row.path("event_id").asText())
              .collect(Collectors.toSet());
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertTrue(
                      stores.envRows("SELECT event_id FROM public.processed_events").stream()
                          .map(row -> row.path("event_id").asText())
                          .collect(Collectors.toSet())
                          .containsAll(ids)));
    }
  }

  @Test
  void a_mapper_and_a_projector_bring_it_into_a_table() throws Exception {
    Path classes = root.resolve("classes");
    Tutorial tutorial = Tutorial.of(Path.of("docs/add-a-projector.md"), root, classes);
    tutorial.showsFilesOf(Path.of("docs/examples/charts-java"));
    List<DocumentedCommand> commands = tutorial.commands();
    commands.stream().filter(Tutorial::copies).forEach(tutorial::follow);
    compile(root, classes);
    try (URLClassLoader loader = new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
      Pairs.hold(
          (Mapper) loader.loadClass("ingest.charts.Places").getConstructor().newInstance(),
          EventTypes.load(root.resolve("routes")),
          root.resolve("src/test/resources/payloads"));
    }
    try (IngestProcess run = tutorial.run()) {
      commands.stream()
          .filter(command -> !Tutorial.copies(command) && !command.run())
          .forEach(tutorial::follow);
      Stores stores = Stores.of(run);
      for (FencedBlock block : FencedBlock.of(tutorial.page())) {
        if (block.language().equals("sql")) {
          String query = String.join(" ", block.lines()).replace(";", "");
          await()
              .atMost(Duration.ofSeconds(30))
              .untilAsserted(() -> assertEquals(3, stores.envRows(query).size()));
        }
      }
      run.act("/admin/pollers/charts-places/pause");
      run.act("/admin/pollers/charts-places/run");
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertEquals(
                      lastPlaces(Upstream.of(run).served("/control/served-charts")),
                      places(stores),
                      () -> String.join("\n", run.lines())));
    }
  }

  /** With the compiler of this JDK: what Maven would add is a minute, and a network perhaps. */
  private static void compile(Path root, Path classes) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of("-Xlint:all", "-Werror", "-proc:none", "-d", classes.toString(), "-cp"));
    arguments.add(Tutorial.productClasses());
    for (String folder : List.of("processors", "projectors")) {
      try (Stream<Path> files = Files.walk(root.resolve(folder))) {
        files.map(Path::toString).filter(f -> f.endsWith(".java")).forEach(arguments::add);
      }
    }
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(null, said, said, arguments.toArray(String[]::new));
    assertEquals(0, code, () -> said.toString(StandardCharsets.UTF_8));
  }

  /** Each streamer's last place that the API served, with the lead it had in that chart. */
  private static Map<String, String> lastPlaces(List<JsonNode> served) {
    Map<String, String> last = new TreeMap<>();
    for (int i = 0; i < served.size(); i++) {
      JsonNode item = served.get(i).path("item");
      boolean lowest = i + 1 == served.size() || served.get(i + 1).at("/item/rank").intValue() == 1;
      BigDecimal hours = hours(item);
      BigDecimal next = lowest ? null : hours(served.get(i + 1).path("item"));
      last.put(
          item.path("user_id").asText(),
          place(
              item.path("rank").asText(),
              hours,
              hours == null || next == null ? null : hours.subtract(next),
              Instant.parse(item.path("updated_at").asText())));
    }
    return last;
  }

  private static Map<String, String> places(Stores stores) throws Exception {
    Map<String, String> places = new TreeMap<>();
    for (JsonNode row : stores.envRows("SELECT * FROM public.chart_place")) {
      places.put(
          row.path("platform_user_id").asText(),
          place(
              row.path("rank").asText(),
              decimal(row.path("hours_watched")),
              decimal(row.path("hours_ahead")),
              OffsetDateTime.parse(row.path("seen_at").asText()).toInstant()));
    }
    return places;
  }

  private static String place(
      String rank, @Nullable BigDecimal hours, @Nullable BigDecimal ahead, Instant at) {
    return "%s: %s h, %s h ahead, %s".formatted(rank, text(hours), text(ahead), at);
  }

  private static String text(@Nullable BigDecimal number) {
    return number == null ? "hidden" : number.setScale(1, RoundingMode.UNNECESSARY).toString();
  }

  private static @Nullable BigDecimal hours(JsonNode item) {
    return decimal(item.path("hours_watched"));
  }

  private static @Nullable BigDecimal decimal(JsonNode value) {
    return value.isNumber() ? value.decimalValue() : null;
  }

  private static void awaitArchived(Stores stores, String type, long events) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertEquals(events, archived(stores, type).size()));
  }

  private static List<JsonNode> archived(Stores stores, String type) throws Exception {
    List<JsonNode> rows =
        stores.clickHouseRows("SELECT envelope FROM vf.raw_events WHERE type = '" + type + "'");
    List<JsonNode> events = new ArrayList<>();
    for (JsonNode row : rows) {
      events.add(JSON.readTree(row.path("envelope").asText()));
    }
    return events;
  }

  /**
   * What the API served since the first chart of {@code seen}: before it, only the reader asked.
   */
  private static Set<String> served(IngestProcess run, Set<String> seen) throws Exception {
    Instant first =
        seen.stream()
            .map(line -> Instant.parse(line.split(" ", -1)[0]))
            .min(Instant::compareTo)
            .orElseThrow();
    Set<String> served = new TreeSet<>();
    for (JsonNode line : Upstream.of(run).served("/control/served-charts")) {
      JsonNode item = line.path("item");
      if (!Instant.parse(item.path("updated_at").asText()).isBefore(first)) {
        served.add(line(item, "user_id", item.path("updated_at").asText()));
      }
    }
    assertFalse(served.isEmpty());
    return served;
  }

  /** A line of the chart: when, who, and every value; what is hidden is nothing, not zero. */
  private static String line(JsonNode streamer, String user, String time) {
    return String.join(
        " ",
        Instant.parse(time).toString(),
        streamer.path("platform").asText(),
        streamer.path(user).asText(),
        streamer.path("slug").asText(),
        streamer.path("rank").asText(),
        streamer.path("hours_watched").asText());
  }
}
