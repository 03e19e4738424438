package ingest.embedded.simulator.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class StoryTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.parse("2027-03-04T15:16:17.123456789Z");
  private static final Templates TEMPLATES = Templates.read();

  private final Story story = new Story(new SplittableRandom(7));

  static Stream<Arguments> templates() {
    return Arrays.stream(SendingParty.values())
        .flatMap(party -> TEMPLATES.of(party).stream().map(name -> arguments(party, name)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("templates")
  void what_is_told_has_the_fields_of_its_template_and_none_of_its_times(
      SendingParty party, String name) throws Exception {
    String template = TEMPLATES.body(party, name);
    String told = story.tell(template, NOW);
    assertEquals(fields(JSON.readTree(template)), fields(JSON.readTree(told)));
    for (String old : List.of("2026-01-01", "Jan 01 00:00:00", "1 Jan 2026", "1767225600000")) {
      assertFalse(told.contains(old), told);
    }
  }

  /** Every field with the type of its value. */
  private static List<String> fields(JsonNode node) {
    if (node.isObject()) {
      return node.properties().stream()
          .flatMap(f -> fields(f.getValue()).stream().map(below -> key(f.getKey()) + "/" + below))
          .toList();
    }
    if (node.isArray()) {
      return Stream.concat(
              Stream.of("array"),
              Stream.of(node)
                  .flatMap(n -> Stream.iterate(0, i -> i < n.size(), i -> i + 1).map(n::get))
                  .flatMap(n -> fields(n).stream()))
          .toList();
    }
    return List.of(node.getNodeType().name());
  }

  /** A map by user has users for its keys. */
  private static String key(String name) {
    return name.replaceAll("^1[01]\\d{17}$", "<user>");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "2026-01-01T00:00:00Z, 2027-03-04T15:16:17Z",
    "2026-01-01T00:00:00.000Z, 2027-03-04T15:16:17.123Z",
    "2026-01-01T00:00:00.512903Z, 2027-03-04T15:16:17.636359Z",
    "2026-01-01T00:00:00.220194837Z, 2027-03-04T15:16:17.343651626Z",
    "2026-01-31T00:00:00Z, 2027-04-03T15:16:17Z",
    "2026-01-01T00:00:05+00:00, 2027-03-04T15:16:22+00:00",
    "2026-01-01 00:00:00+0000, 2027-03-04 15:16:17+0000",
    "2026-01-01 00:00:00.000, 2027-03-04 15:16:17.123",
    "Thu Jan 01 00:00:00 +0000 2026, Thu Mar 04 15:16:17 +0000 2027",
    "'Thu, 1 Jan 2026 00:00:00 GMT', 'Thu, 4 Mar 2027 15:16:17 GMT'",
    "1767225600000, 1804173377123",
    "2023-10-23T13:44:53.000Z, 2023-10-23T13:44:53.000Z",
    "1422556069340, 1422556069340"
  })
  void a_time_moves_in_its_own_format_and_an_old_one_stays(String template, String told) {
    assertEquals(told, story.tell(template, NOW));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "6494e227-5b13-4050-b29f-fec48e45817f, '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'",
    "172dd4a0366000604e2c4de4, '[0-9a-f]{24}'",
    "ebf7e62abaa2db8e332e3e4662658308, '[0-9a-f]{32}'",
    "01M38P6J70AJXF5P9DPF7CVDHW, '0[0-9A-HJKMNP-TV-Z]{25}'",
    "user-000123, 'user-[0-9]{6}'",
    "2100000000000000011, '21[0-9]{17}'",
    "1000000000000000002, '1100000000[0-9]{9}'",
    "oak_example, 'oak_example_[0-9]{9}'",
    "900000112, '91[0-9]{7}'",
    "fan-112, 'fan-91[0-9]{7}'"
  })
  void an_id_is_another_one_in_another_story_and_the_same_within_one(String id, String pattern) {
    String told = story.tell(id, NOW);
    assertTrue(told.matches(pattern), told);
    assertEquals(told, story.tell(id, NOW));
    assertNotEquals(told, new Story(new SplittableRandom(8)).tell(id, NOW));
  }

  @Test
  void the_names_of_a_person_go_with_the_id() {
    assertEquals(
        "fan_" + story.tell("900000112", NOW) + " fan-" + story.tell("900000112", NOW),
        story.tell("fan_112 fan-112", NOW));
  }

  @Test
  void each_call_of_sumsub_is_an_event_of_its_own() {
    String one = "req-0ec27e93-7c27-4305-9911-5a0119a82781";
    String told = story.tell(one, NOW);
    assertTrue(told.matches("req-[0-9a-f-]{36}"), told);
    assertNotEquals(told, story.tell(one, NOW));
  }

  @Test
  void applicants_and_emails_are_told_of_in_order_to_their_end() throws Exception {
    for (SendingParty party : List.of(SendingParty.SUMSUB, SendingParty.RESEND)) {
      boolean sumsub = party == SendingParty.SUMSUB;
      List<List<String>> ways = sumsub ? Lives.APPLICANTS : Lives.EMAILS;
      Lives lives = new Lives(party, ways, TEMPLATES, new SplittableRandom(7));
      Map<String, List<String>> told = new TreeMap<>();
      for (int i = 0; i < 400; i++) {
        Notification next = lives.next(NOW.plusSeconds(i));
        String id =
            JSON.readTree(next.body()).at(sumsub ? "/applicantId" : "/data/email_id").asText();
        told.computeIfAbsent(id, k -> new ArrayList<>()).add(next.template());
      }
      told.values()
          .forEach(
              steps ->
                  assertTrue(
                      ways.stream()
                          .anyMatch(
                              way ->
                                  way.subList(0, Math.min(way.size(), steps.size())).equals(steps)),
                      steps::toString));
      assertEquals(
          Set.copyOf(ways),
          told.values().stream().filter(ways::contains).collect(Collectors.toSet()));
    }
  }
}
