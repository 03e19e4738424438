package ingest.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One channel that streams for the second time; each thing that is known of it made wrong once. */
class TruthCheckTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String TRUTH =
      """
      {"at": "2026-11-01T10:00:00Z", "channels": [
        {"broadcaster_user_id": 7, "slug": "elm", "is_live": true, "started_at": "2026-11-01T09:50:00Z",
         "title": "second", "language": "en", "is_mature": false, "category_id": 3, "category_name": "Chess",
         "viewer_count": 12,
         "broadcasts": [
           {"started_at": "2026-11-01T09:00:00Z", "title": "first", "start_told": true, "end_told": true,
            "ended_at": "2026-11-01T09:30:00Z"},
           {"started_at": "2026-11-01T09:50:00Z", "title": "second", "start_told": false, "end_told": false}]}]}
      """;
  private static final String SERVED =
      """
      {"broadcaster_user_id": 7, "item": {"stream": {"is_live": true, "start_time": "2026-11-01T09:50:00Z", "viewer_count": 12}}}
      """;
  private static final String FIRST =
      """
      {"platform_user_id": "7", "started_at": "2026-11-01T09:00:00+00:00", "is_open": false, "title": "first",
       "ended_at": "2026-11-01T09:30:00+00:00", "reported_end": "2026-11-01T09:30:00+00:00"}
      """;
  private static final String SECOND =
      """
      {"platform_user_id": "7", "started_at": "2026-11-01T09:50:00+00:00", "is_open": true, "title": "second",
       "ended_at": null, "reported_end": null, "peak_viewers": 12}
      """;
  private static final String CHANNEL =
      """
      {"platform_user_id": "7", "is_live": true, "stream_started_at": "2026-11-01T09:50:00+00:00"}
      """;
  private static final String SNAPSHOT =
      """
      {"platform_user_id": "7", "slug": "elm", "is_live": true, "stream_started_at": "2026-11-01T09:50:00+00:00",
       "title": "second", "language": "en", "is_mature": false, "category_id": 3, "category_name": "Chess",
       "viewer_count": 12}
      """;

  private static JsonNode json(String text) throws IOException {
    return JSON.readTree(text);
  }

  private static List<String> differences(
      String truth, List<JsonNode> sessions, String channel, String snapshot) throws IOException {
    return TruthCheck.differences(
        json(truth),
        List.of(json(SERVED)),
        sessions,
        List.of(json(channel)),
        List.of(json(snapshot)));
  }

  @Test
  void what_is_known_as_it_is_has_no_differences() throws IOException {
    assertEquals(
        List.of(), differences(TRUTH, List.of(json(FIRST), json(SECOND)), CHANNEL, SNAPSHOT));
  }

  @Test
  void a_session_that_is_missing_is_told() throws IOException {
    assertEquals(1, differences(TRUTH, List.of(json(SECOND)), CHANNEL, SNAPSHOT).size());
    assertEquals(1, differences(TRUTH, List.of(json(FIRST)), CHANNEL, SNAPSHOT).size());
  }

  @Test
  void a_session_that_never_was_is_told() throws IOException {
    JsonNode other = json(FIRST.replace("T09:00", "T08:00"));
    assertEquals(
        1, differences(TRUTH, List.of(json(FIRST), json(SECOND), other), CHANNEL, SNAPSHOT).size());
  }

  @Test
  void an_end_that_nobody_told_may_be_early_and_not_late() throws IOException {
    String truth = TRUTH.replace("\"end_told\": true", "\"end_told\": false");
    String inferred =
        FIRST.replace("\"reported_end\": \"2026-11-01T09:30:00+00:00\"", "\"reported_end\": null");
    String early = inferred.replace("T09:30", "T09:28");
    String late = inferred.replace("T09:30", "T09:31");
    assertEquals(
        List.of(), differences(truth, List.of(json(early), json(SECOND)), CHANNEL, SNAPSHOT));
    assertEquals(
        1, differences(truth, List.of(json(late), json(SECOND)), CHANNEL, SNAPSHOT).size());
  }

  @ParameterizedTest(name = "{0} {1} for {2}")
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "first, \"is_open\": true, \"is_open\": false",
        "first, T09:31:00, T09:30:00",
        "first, other, first",
        "second, \"is_open\": false, \"is_open\": true",
        "second, \"peak_viewers\": 13, \"peak_viewers\": 12",
        "channel, \"is_live\": false, \"is_live\": true",
        "channel, T09:00, T09:50",
        "snapshot, \"is_live\": false, \"is_live\": true",
        "snapshot, T09:00, T09:50",
        "snapshot, \"title\": \"first\", \"title\": \"second\"",
        "snapshot, \"de\", \"en\"",
        "snapshot, Poker, Chess",
        "snapshot, count\": 11, count\": 12",
        "snapshot, oak, elm"
      })
  void whatever_is_otherwise_is_told(String of, String wrong, String right) throws IOException {
    assertTrue(
        !differences(
                TRUTH,
                List.of(
                    json(of.equals("first") ? FIRST.replace(right, wrong) : FIRST),
                    json(of.equals("second") ? SECOND.replace(right, wrong) : SECOND)),
                of.equals("channel") ? CHANNEL.replace(right, wrong) : CHANNEL,
                of.equals("snapshot") ? SNAPSHOT.replace(right, wrong) : SNAPSHOT)
            .isEmpty());
  }
}
