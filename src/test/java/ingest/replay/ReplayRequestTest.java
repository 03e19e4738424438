package ingest.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.Target;
import ingest.envelope.EventTypes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What may be asked for. */
class ReplayRequestTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-21T12:00:00.000400Z"), ZoneOffset.UTC);

  private static ReplayRequest asked(String fields) throws IOException {
    ObjectNode request =
        JSON.createObjectNode().put("target", "stage").put("from", "2026-11-20T00:00:00Z");
    request.setAll((ObjectNode) JSON.readTree("{" + fields + "}"));
    return ReplayRequest.asked(request, CLOCK);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "'\"from\": \"yesterday\"' | from is not an RFC 3339 time such as 2026-11-19T08:00:00Z",
        "'\"from\": \"2026-11-22T00:00:00Z\"' | from is not before to",
        "'\"to\": \"2026-11-20T00:00:00Z\"' | from is not before to",
        "'\"to\": \"2026-11-21T12:03:00Z\"' | to is in the future",
        "'\"from\": \"2025-10-21T11:59:59Z\"' | from is before 2025-10-21T12:00:00Z: the archive keeps 13 months, and a window that is not whole is not replayed",
        "'\"onlyMissing\": true' | not understood: [onlyMissing]; there are: [dry_run, from, only_missing, rate, subjects, target, to, types, who, why, yes_production]",
        "'\"only_missing\": \"yes\"' | only_missing is true or false",
        "'\"types\": \"kick.*\"' | types is a list of 20 at most",
        "'\"types\": [\"KICK\"]' | types: each is a type or a pattern such as kick.livestream.*",
        "'\"types\": [\"\"]' | types: each is a type or a pattern such as kick.livestream.*",
        "'\"subjects\": [\"a b\"]' | subjects: each is a subject such as kick:12345",
      })
  void what_is_not_understood_is_refused(String fields, String told) {
    ReplayRefused refused = assertThrows(ReplayRefused.class, () -> asked(fields));
    assertEquals(told, refused.getMessage());
    assertEquals(400, refused.status());
  }

  @Test
  void times_become_milliseconds_and_no_end_is_now() throws Exception {
    ReplayRequest request = asked("\"from\": \"2026-11-20T00:00:00.000100Z\"");
    assertEquals(Instant.parse("2026-11-20T00:00:00.001Z"), request.from());
    assertEquals(Instant.parse("2026-11-21T12:00:00.001Z"), request.to());
  }

  @Test
  void an_end_that_another_clock_has_passed_is_now() throws Exception {
    assertEquals(
        Instant.parse("2026-11-21T12:00:00.001Z"), asked("\"to\": \"2026-11-21T12:01:00Z\"").to());
  }

  @Test
  void what_is_kept_of_a_request_is_the_request() throws Exception {
    ReplayRequest request =
        asked(
            "\"types\": [\"kick.*\", \"*\"], \"subjects\": [\"kick:1\"], \"only_missing\": true, \"why\": \"a try\"");
    assertEquals(request, ReplayRequest.of(JSON.readTree(request.json().toString())));
  }

  @Test
  void a_target_takes_the_types_that_it_is_sent_live() {
    EventTypes types = EventTypes.load(Path.of("routes"));
    Taken taken =
        new Taken(
            types,
            new Target(
                "stage", Target.HTTP, List.of("kick.*", "channel.claimed"), 1, null, List.of()));
    List<String> all = taken.types(List.of());
    assertTrue(all.contains("kick.viewer_count.observed") && all.contains("channel.claimed"));
    assertTrue(all.stream().allMatch(t -> t.startsWith("kick.") || t.equals("channel.claimed")));
    assertEquals(
        List.of(),
        taken.types(List.of("kick.chat.message.sent", "kick.unmapped", "resend.*")),
        "the archive alone has some, and this target is sent no others");
    assertEquals(
        List.of("kick.livestream.metadata.updated", "kick.livestream.status.updated"),
        taken.types(List.of("kick.livestream.*")));
  }
}
