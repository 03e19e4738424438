package ingest.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The alerts: Prometheus itself fires each of them, on metrics that there are. */
final class AlertsTest {
  private static final Path ALERTS = Path.of("alerts");
  private static final Path OPERATIONS = Path.of("OPERATIONS.md");
  private static final String RULES = ".rules.yaml";
  private static final String TEST = ".test.yaml";
  private static final YAMLMapper YAML = new YAMLMapper();

  /** A series as a rule selects it. */
  private static final Pattern SELECTOR =
      Pattern.compile("\\b(?<name>ingest_[a-z_]+)(?:\\{(?<labels>[^}]*)\\})?");

  private static final Pattern LABEL =
      Pattern.compile("(?<label>[a-z_]+)(?<operator>=~|!~|!=|=)\"(?<value>[^\"]*)\"");

  @TempDir static Path folder = Path.of("");

  /** One alert of one file. */
  record Alert(Path file, String name, JsonNode rule) {
    Path test() {
      return file.resolveSibling(String.valueOf(file.getFileName()).replace(RULES, TEST));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void prometheus_takes_the_rules_and_they_do_what_their_tests_say(Path rules) throws Exception {
    promtool("check", "rules", rules.toString());
    promtool("test", "rules", rules.toString().replace(RULES, TEST));
  }

  @ParameterizedTest
  @MethodSource("alerts")
  void an_alert_is_fired_by_a_test_and_kept_silent_by_another(Alert alert) throws IOException {
    List<JsonNode> expected =
        YAML.readTree(alert.test().toFile()).path("tests").findValues("alert_rule_test").stream()
            .flatMap(tests -> stream(tests))
            .filter(test -> test.path("alertname").asText().equals(alert.name))
            .map(test -> test.path("exp_alerts"))
            .toList();
    assertTrue(expected.stream().anyMatch(e -> !e.isEmpty()), "nothing fires " + alert.name);
    assertTrue(expected.stream().anyMatch(JsonNode::isEmpty), "nothing keeps it silent");
  }

  @ParameterizedTest
  @MethodSource("alerts")
  void an_alert_has_a_heading_that_says_what_to_run(Alert alert) throws IOException {
    String link = alert.rule.path("annotations").path("runbook").asText();
    assertEquals("OPERATIONS.md#" + alert.name.toLowerCase(Locale.ROOT), link);
    Matcher section =
        Pattern.compile("(?ms)^### " + alert.name + "\n(.*?)(?=^#|\\z)")
            .matcher(Files.readString(OPERATIONS));
    assertTrue(section.find(), "OPERATIONS.md has no heading " + alert.name);
    assertTrue(
        Pattern.compile("(?m)^```(sh|sql|psql)").matcher(section.group(1)).find(),
        alert.name + ": no command, no statement");
    assertFalse(alert.rule.path("annotations").path("summary").asText().isEmpty());
    assertTrue(
        Set.of("page", "ticket").contains(alert.rule.path("labels").path("severity").asText()));
  }

  @Test
  void every_series_of_a_rule_is_there_at_the_first_scrape() throws Exception {
    String scrape;
    try (IngestProcess running =
        IngestProcess.run(IngestProcess.settings(folder.resolve("data")))) {
      scrape = running.manage("GET", "/observe/metrics", "").body();
    }
    Set<String> absent = new TreeSet<>();
    for (Alert alert : alerts()) {
      SELECTOR
          .matcher(alert.rule.path("expr").asText())
          .results()
          .filter(selector -> !scraped(scrape, selector))
          .forEach(selector -> absent.add(alert.name + ": " + selector.group()));
    }
    assertEquals(Set.of(), absent);
  }

  /** Whether one sample has the name and each label with each value that it names. */
  private static boolean scraped(String scrape, MatchResult selector) {
    List<String> samples =
        Pattern.compile("(?m)^" + selector.group(1) + "(\\{[^}]*\\})? ")
            .matcher(scrape)
            .results()
            .map(MatchResult::group)
            .toList();
    List<String> wanted = new ArrayList<>();
    if (selector.group(2) != null) {
      LABEL
          .matcher(selector.group(2))
          .results()
          .flatMap(l -> Stream.of(l.group(3).split("\\|")).map(v -> l.group(1) + "=\"" + v + "\""))
          .forEach(wanted::add);
    }
    return !samples.isEmpty()
        && wanted.stream().allMatch(label -> samples.stream().anyMatch(s -> s.contains(label)));
  }

  private static void promtool(String... arguments) throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "promtool", ".out");
    Process process;
    try {
      process =
          new ProcessBuilder(Stream.concat(Stream.of("promtool"), Stream.of(arguments)).toList())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
    } catch (IOException e) {
      fail("promtool is not installed: apt-get install prometheus, or put it on the PATH", e);
      return;
    }
    assertTrue(process.waitFor(300, TimeUnit.SECONDS), "promtool does not end");
    assertEquals(0, process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }

  private static Stream<JsonNode> stream(JsonNode array) {
    List<JsonNode> items = new ArrayList<>();
    array.forEach(items::add);
    return items.stream();
  }

  static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(ALERTS)) {
      return files.filter(f -> f.toString().endsWith(RULES)).sorted().toList();
    }
  }

  static List<Alert> alerts() throws IOException {
    List<Alert> alerts = new ArrayList<>();
    for (Path file : files()) {
      for (JsonNode group : YAML.readTree(file.toFile()).path("groups")) {
        for (JsonNode rule : group.path("rules")) {
          alerts.add(new Alert(file, rule.path("alert").asText(), rule));
        }
      }
    }
    assertFalse(alerts.isEmpty(), "there are no alerts");
    assertEquals(
        alerts.size(), alerts.stream().map(Alert::name).collect(Collectors.toSet()).size());
    return alerts;
  }
}
