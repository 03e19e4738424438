package ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.cli.TestOptions;
import ingest.trial.Difference;
import ingest.trial.RouteTest;
import ingest.trial.RouteTestException;
import ingest.trial.RouteTestRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tests beside the routes, and that each kind of expectation can fail. */
final class RouteTestsTest {
  private static final RouteTestRun RUN = Trials.tests(Path.of(""));

  @TempDir Path folder = Path.of("");

  @TestFactory
  Stream<DynamicTest> route_tests_hold() {
    return RouteTest.files(Path.of("routes")).stream()
        .flatMap(file -> RouteTest.of(file).stream())
        .map(
            test ->
                DynamicTest.dynamicTest(
                    test.route() + ": " + test.name(),
                    test.file().toUri(),
                    () -> assertEquals("", told(RUN.run(test)))));
  }

  private static String told(List<Difference> differences) {
    return differences.stream().map(Difference::toString).collect(Collectors.joining("\n"));
  }

  @Test
  void there_are_route_tests() {
    assertFalse(RouteTest.files(Path.of("routes")).isEmpty());
  }

  private static final String SOUND =
      """
      route: kick-viewers
      tests:
        - name: a page
          given:
            settings: {upstream.retries: 1}
            rows:
              claim-due-channels:
                - {channel_id: 1, external_id: 01K8ZF6T3Q5W9X7Y2N4M8B1C0D, platform: kick, platform_user_id: "7", slot: 2026-11-01T10:00:00Z, polled_at: 2026-11-01T10:00:01Z}
            answers:
              ask-channels:
                - {status: 429}
                - {body: {data: [{broadcaster_user_id: 7, slug: elm, stream: {is_live: true, viewer_count: 3}}]}}
          expect:
            retries: 1
            statements: [{step: claim-due-channels, values: {channels: 50}}]
            calls:
              - {step: ask-channels, method: GET, query: {broadcaster_user_id: 7}}
              - {url: https://api.kick.com/public/v1/channels, headers: {Authorization: {matches: Bearer .*}, Cookie: {absent: true}}}
            envelopes:
              - {subject: "kick:7", data.slug: elm, data.viewer_count: 3}
            effects: [ProbeSchedule]
      """;

  private List<Difference> run(String text) throws IOException {
    List<RouteTest> tests = RouteTest.of(Files.writeString(folder.resolve("a.test.yaml"), text));
    assertEquals(1, tests.size());
    return RUN.run(tests.get(0));
  }

  @Test
  void a_sound_test_holds() throws IOException {
    assertEquals("", told(run(SOUND)));
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "retries: 1~|retries: 2~|14|further tries|2|1",
        "channels: 50|channels: 51|15|claim-due-channels values.channels|51|50",
        "step: claim-due-channels,|step: claim-nothing,|15|statement claim-nothing|to run|it did not run",
        "method: GET|method: POST|17|calls[0].method|POST|GET",
        "query: {broadcaster_user_id: 7}|query: {broadcaster_user_id: 8}|17|calls[0].query.broadcaster_user_id|8|7",
        "url: https://api.kick.com/|url: https://api.kick.org/|18|calls[1].url|https://api.kick.org/public/v1/channels|https://api.kick.com/public/v1/channels",
        "matches: Bearer .*|matches: Basic .*|18|calls[1].headers.Authorization|to match Basic .*|Bearer ***",
        "Cookie: {absent: true}|Host: {absent: false}, Cookie: x|18|calls[1].headers.Cookie|x|absent",
        "data.slug: elm, data|data.slug: oak, data|20|envelopes[0].data.slug|oak|elm",
        "data.viewer_count: 3|data.viewer_count: 4|20|envelopes[0].data.viewer_count|4|3",
        "effects: [ProbeSchedule]|effects: []|21|effects|0 of them|1 of them: [\"ProbeSchedule\"]",
        "upstream.retries: 1|upstream.tries: 1|5|upstream.tries|a setting of application.properties|none",
        "route: kick-viewers|route: kick-viewer|1|route kick-viewer|to be tried|there is no route kick-viewer below routes/; did you mean kick-viewers?",
        "ask-channels:|ask-chanels:|13|the run came to its end|an end|",
        "claim-due-channels:|claim-due-chanels:|13|the run came to its end|an end|",
      })
  void a_wrong_expectation_is_told_with_its_line(
      String sound, String broken, int line, String what, String expected, String actual)
      throws IOException {
    String find = sound.replace("~", "\n");
    assertTrue(SOUND.contains(find), find);
    List<Difference> differences =
        run(SOUND.replaceFirst(java.util.regex.Pattern.quote(find), broken.replace("~", "\n")));
    Difference told =
        differences.stream()
            .filter(d -> d.what().equals(what))
            .findFirst()
            .orElseThrow(() -> new AssertionError("told was only\n" + told(differences)));
    assertEquals(folder.resolve("a.test.yaml") + ":" + line, told.place());
    assertEquals(expected, told.expected());
    if (actual != null) {
      assertEquals(actual, told.actual());
    }
  }

  @Test
  void a_failure_that_the_test_does_not_expect_is_told() throws IOException {
    String skipped =
        SOUND
            .replace("upstream.retries: 1", "upstream.retries: 0")
            .replace("      answers:", "        record-skip: []\n      answers:");
    String told = told(run(skipped));
    assertTrue(told.contains(":14: failures"), told);
    assertTrue(told.contains("expected 0 of them"), told);
    assertTrue(told.contains("statusCode: 429"), told);
  }

  @Test
  void answers_that_nobody_asks_for_are_told() throws IOException {
    String told =
        told(run(SOUND.replace("    expect:", "        ask-nobody: {status: 500}\n    expect:")));
    assertTrue(told.contains("the answers of ask-nobody: 1 given, asked for 0 times"), told);
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "retries: 1|retires: 1|14: ",
        "- name: a page|- nam: a page|3: ",
        "effects: [Probe|effects: [[Probe|22: ",
        "{status: 429}|{status: 42}|11: "
      })
  void a_file_that_is_no_test_is_told_with_its_line(String sound, String broken, String told)
      throws IOException {
    Path file = Files.writeString(folder.resolve("b.test.yaml"), SOUND.replace(sound, broken));
    String message =
        String.valueOf(
            assertThrows(RouteTestException.class, () -> RouteTest.of(file)).getMessage());
    assertTrue(message.contains(file + ":" + told), message);
  }

  @Test
  void the_command_fails_with_a_test_that_does_not_hold() throws IOException {
    Path sound = Files.writeString(folder.resolve("c.test.yaml"), SOUND);
    Path broken =
        Files.writeString(
            folder.resolve("d.test.yaml"), SOUND.replace("slug: elm, data", "slug: oak, data"));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    RouteTests tests = new RouteTests(RUN);
    assertEquals(0, tell(tests, out, err, new TestOptions(List.of(), List.of(sound), false)));
    assertEquals(
        1, tell(tests, out, err, new TestOptions(List.of(), List.of(sound, broken), false)));
    assertTrue(out.toString().contains("ok    kick-viewers: a page"), out.toString());
    assertTrue(out.toString().contains("FAIL  kick-viewers: a page"), out.toString());
    assertTrue(out.toString().contains("2 tests, 1 failed"), out.toString());
    assertEquals(1, tell(tests, out, err, new TestOptions(List.of("nobody"), List.of(), false)));
    assertTrue(err.toString().contains("no file below routes/ tests nobody"), err.toString());
  }

  private static int tell(
      RouteTests tests, StringWriter out, StringWriter err, TestOptions options) {
    return tests.tell(options, new PrintWriter(out, true), new PrintWriter(err, true));
  }
}
