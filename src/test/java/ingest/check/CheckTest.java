package ingest.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ingest.settings.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The product's own files, in which one thing at a time is broken. */
final class CheckTest {
  private static final String POLL = "routes/kick/kick-viewers.camel.yaml";
  private static final String PAGE = "routes/kick/kick-viewers-page.camel.yaml";
  private static final String EVENTS = "routes/consume/internal-events.camel.yaml";
  private static final String REFUSE = "routes/errors/refuse.camel.yaml";
  private static final String CLAIM = "routes/sql/probe-claim.sql";
  private static final String TYPE = "routes/kick/kick.viewer_count.observed.schema.json";

  @TempDir Path root;

  @BeforeEach
  void copy_the_products_files() throws IOException {
    Path routes = Path.of("routes");
    try (Stream<Path> files = Files.walk(routes)) {
      files.filter(Files::isRegularFile).forEach(this::copy);
    }
    copy(Path.of("application.properties"));
  }

  private void copy(Path file) {
    try {
      Path to = root.resolve(file);
      Files.createDirectories(to.resolveSibling("."));
      Files.copy(file, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> told() {
    return Check.of(root, Settings.load(root, Map.of())).findings().stream()
        .map(Finding::toString)
        .toList();
  }

  /** What is broken, where, and what is told: with the line of the broken text where it says so. */
  static Stream<Arguments> errors() {
    return Stream.of(
        arguments(
            "a YAML syntax error", POLL, "id: kick-viewers", "id: [", POLL + ":5: is no YAML"),
        arguments(
            "an unknown step",
            REFUSE,
            "- removeHeaders:",
            "- removeHeader5:",
            "there is no step 'removeHeader5'; did you mean removeHeader?"),
        arguments(
            "an unknown attribute",
            POLL,
            "doWhile",
            "doWile",
            "loop has no 'doWile'; did you mean doWhile?"),
        arguments(
            "an unknown component",
            POLL,
            "uri: quartz:",
            "uri: quarz:",
            "there is no component 'quarz' in this build; did you mean quartz?"),
        arguments(
            "an unknown option",
            POLL,
            "cron:",
            "cronn:",
            "quartz has no option 'cronn'; did you mean cron?"),
        arguments(
            "a value that cannot be read",
            POLL,
            "stateful: true",
            "stateful: maybe",
            "quartz's option 'stateful' is 'maybe', not true or false"),
        arguments(
            "a time table that cannot be read",
            "application.properties",
            "= 0/2 * * * * ?",
            "= every minute",
            "quartz's option 'cron' is 'every minute', not a time table"),
        arguments(
            "a missing property",
            POLL,
            "{{poll.kick-viewers.cron}}",
            "{{poll.kick-viewer.cron}}",
            "{{poll.kick-viewer.cron}} is declared nowhere; declare it in application.properties; did you mean poll.kick-viewers.cron?"),
        arguments(
            "a missing bean",
            POLL,
            "ref: pollers\n              method: begin",
            "ref: poller\n              method: begin",
            "there is no bean 'poller'; did you mean pollers?"),
        arguments("a missing store", PAGE, "\"#dm\"", "\"#md\"", "there is no bean 'md'"),
        arguments(
            "a missing method",
            POLL,
            "method: goesOn",
            "method: goesOff",
            "the bean 'pollers' (Pollers) has no public method 'goesOff'; did you mean goesOn?"),
        arguments(
            "an expression that cannot be read",
            PAGE,
            "${uuid(random)}",
            "${uid(random)}",
            "simple cannot read '${uid(random)}': Unknown function: uid(random)"),
        arguments(
            "a missing SQL file",
            PAGE,
            "probe-claim.sql",
            "probe-clam.sql",
            "routes/sql/probe-clam.sql does not exist; did you mean routes/sql/probe-claim.sql?"),
        arguments(
            "an unbound value in SQL",
            CLAIM,
            ":#channels",
            ":channels",
            ":name goes to the driver as it is; write :#name"),
        arguments(
            "a rule that JSON Schema does not know",
            TYPE,
            "\"type\": \"integer\"",
            "\"type\": \"intege\"",
            "is not a JSON Schema: $.properties.viewer_count.type breaks enum"),
        arguments(
            "a schema that is no JSON",
            TYPE,
            "\"pii\": \"none\",",
            "\"pii\": \"none\";",
            "is not JSON, line"),
        arguments(
            "a file that is not named for its route",
            POLL,
            "id: kick-viewers\n",
            "id: kick-viewer\n",
            "its id is 'kick-viewer'; name the file or the flow for the other"),
        arguments(
            "a missing description",
            REFUSE,
            "    description: Answers",
            "    note: Answers",
            REFUSE + ":2: has no description"),
        arguments(
            "a bare question mark",
            PAGE,
            "\"${exchangeProperty.due} != 0\"",
            "\"${exchangeProperty.due} != 0 ? 1 : 2\"",
            "simple has a bare ' ? '"),
        arguments(
            "a path that begins with proxy",
            EVENTS,
            "platform-http:/internal/events",
            "platform-http:/proxy/events",
            "platform-http:/proxy/events would be an open proxy"),
        arguments(
            "response headers that are not removed",
            EVENTS,
            "pattern: \"*\"",
            "pattern: \"X-*\"",
            EVENTS + ":7: a way through it ends with headers of the request"),
        arguments(
            "a key that Camel does not know",
            "application.properties",
            "camel.main.streamCachingEnabled",
            "camel.main.streamCachinEnabled",
            "Camel knows no 'camel.main.streamCachinEnabled'; did you mean camel.main.streamCachingEnabled?"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("errors")
  void an_error_is_told_with_file_and_line(
      String what, String file, String sound, String broken, String told) throws IOException {
    Path path = root.resolve(file);
    String text = Files.readString(path);
    assertTrue(text.contains(sound), file + " has no " + sound);
    Files.writeString(path, text.replace(sound, broken));
    // Where the error is in what stands there: the first line that differs.
    int line = (int) text.substring(0, text.indexOf(sound)).lines().count();
    line += text.charAt(text.indexOf(sound) - 1) == '\n' ? 1 : 0;
    String expected = told.startsWith(file) ? told : file + ":" + line + ": " + told;
    assertTrue(told().stream().anyMatch(t -> t.startsWith(expected)), expected + " in " + told());
  }

  @Test
  void nothing_is_told_of_the_products_own_files() {
    assertEquals(List.of(), told());
  }

  @Test
  void a_file_that_is_no_YAML_is_told_once_and_what_it_names_is_not_missed() throws IOException {
    Files.writeString(root.resolve(PAGE), Files.readString(root.resolve(PAGE)) + "\n: [");
    assertEquals(1, told().size(), told().toString());
  }

  @Test
  void a_file_without_a_route_is_told() throws IOException {
    Files.writeString(root.resolve("routes/kick/empty.camel.yaml"), "# Nothing yet.\n");
    assertTrue(told().toString().contains("routes/kick/empty.camel.yaml:1: holds []"));
  }

  @Test
  void a_statement_that_nobody_names_is_told() throws IOException {
    Files.writeString(root.resolve("routes/sql/probe-more.sql"), "-- More.\nSELECT 1\n");
    assertEquals(
        List.of(
            "routes/sql/probe-more.sql:1: no route names it; delete it, or move it to routes/sql where they do"),
        told());
  }

  @Test
  void a_value_of_the_environment_is_told_where_it_is_used() {
    Settings settings = Settings.load(root, Map.of("POLL_KICK_VIEWERS_CRON", "hourly"));
    List<Finding> told = Check.of(root, settings).findings();
    assertEquals(1, told.size(), told.toString());
    assertEquals(POLL, told.get(0).file());
    assertEquals("an-endpoints-component-knows-its-options", told.get(0).rule());
  }

  @Test
  void a_bean_that_application_properties_makes_is_known() throws IOException {
    Path properties = root.resolve("application.properties");
    Files.writeString(
        properties,
        Files.readString(properties)
            + "\ncamel.beans.joined = #class:org.apache.camel.processor.aggregate.GroupedBodyAggregationStrategy\n");
    Path page = root.resolve(PAGE);
    Files.writeString(page, Files.readString(page).replace("ref: channelPages", "ref: joined"));
    assertTrue(
        told()
            .toString()
            .contains("'joined' (GroupedBodyAggregationStrategy) has no public method"),
        told().toString());
  }

  @Test
  void files_are_counted_once() {
    List<String> files = Check.of(root, Settings.load(root, Map.of())).files();
    assertTrue(files.containsAll(List.of("application.properties", POLL, CLAIM, TYPE)));
    assertEquals(files.stream().distinct().toList(), files);
  }
}
