package ingest.x;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.poll.DueChannel;
import ingest.x.FollowerCounts.Answer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** X's recorded answers, and what may be wrong with one. */
final class FollowerCountsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path ANSWERS = Path.of("src/test/resources/x-users");
  private static final Instant SLOT = Instant.parse("2026-11-20T10:00:00Z");
  private static final String MAPLE = "1000000000000000001";
  private static final String OAK = "1000000000000000002";
  private static final String NOBODY = "1000000000000000009";

  private static Answer map(JsonNode answer, String... asked) {
    List<DueChannel> page =
        List.of(asked).stream()
            .map(
                id ->
                    new DueChannel(
                        Long.parseLong(id.substring(15)),
                        "01K8ZF6T3Q5W9X7Y2N4M8B1C0" + id.charAt(18),
                        "x",
                        id,
                        null,
                        SLOT,
                        SLOT.plusSeconds(1)))
            .toList();
    return FollowerCounts.map(answer, page, Envelope.newTraceparent());
  }

  private static Answer map(String answer, String... asked) throws Exception {
    return map(JSON.readTree(answer), asked);
  }

  private static Answer recorded(String name, String... asked) throws Exception {
    return map(JSON.readTree(ANSWERS.resolve(name + ".json").toFile()), asked);
  }

  private static Map<String, Integer> followers(Answer answer) {
    EventTypes types = EventTypes.load(Path.of("routes"));
    Map<String, Integer> followers = new TreeMap<>();
    for (Envelope envelope : answer.envelopes()) {
      types.check(envelope);
      followers.put(envelope.subject(), envelope.data().path("follower_count").intValue());
    }
    return followers;
  }

  private static Map<String, String> missing(Answer answer) {
    Map<String, String> missing = new TreeMap<>();
    answer.missing().forEach((c, reason) -> missing.put(c.platformUserId(), reason.word()));
    return missing;
  }

  @Test
  void accounts_are_matched_by_id_whatever_their_order() throws Exception {
    Answer answer = recorded("users-by-ids", OAK, MAPLE);
    assertEquals(Map.of("x:" + MAPLE, 15_230, "x:" + OAK, 88), followers(answer));
    assertEquals(Map.of(), missing(answer));
    assertEquals(
        JSON.readTree(
            """
            {"platform": "x", "platform_user_id": "1000000000000000001", "slug": "maple_example",
             "display_name": "Maple Example", "follower_count": 15230}
            """),
        answer.envelopes().get(0).data());
  }

  @Test
  void the_same_slot_gives_the_same_ids() throws Exception {
    assertEquals(
        recorded("users-by-ids", OAK, MAPLE).envelopes().stream().map(Envelope::id).toList(),
        recorded("users-by-ids", MAPLE, OAK).envelopes().stream().map(Envelope::id).toList());
  }

  @Test
  void who_is_not_found_is_missing_and_nobody_is_zero() throws Exception {
    Answer partial = recorded("users-by-ids-partial", MAPLE, NOBODY);
    assertEquals(Map.of("x:" + MAPLE, 15_230), followers(partial));
    assertEquals(Map.of(NOBODY, "not_found"), missing(partial));
    Answer none = recorded("users-by-ids-all-missing", NOBODY);
    assertEquals(Map.of(), followers(none));
    assertEquals(Map.of(NOBODY, "not_found"), missing(none));
  }

  @Test
  void the_count_of_posts_may_have_either_name() throws Exception {
    assertEquals(
        Map.of("x:" + MAPLE, 15_230),
        followers(recorded("users-by-ids-openapi-post-count", MAPLE)));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"data\":[]} | unanswered",
        "{\"data\":[{\"id\":\"1000000000000000001\"}]} | no_count",
        "{\"data\":[{\"id\":\"1000000000000000001\",\"public_metrics\":null}]} | no_count",
        "{\"data\":[{\"id\":\"1000000000000000001\",\"public_metrics\":{\"followers_count\":null}}]} | no_count",
        "{\"errors\":[{\"resource_id\":\"1000000000000000001\",\"detail\":\"User has been suspended: [1].\",\"type\":\"https://api.x.com/2/problems/resource-not-found\"}]} | suspended",
        "{\"errors\":[{\"value\":\"1000000000000000001\",\"type\":\"https://api.x.com/2/problems/not-authorized-for-resource\"}]} | other",
        "{\"errors\":[]} | unanswered"
      })
  void who_is_not_counted_is_missing_with_a_reason(String answer, String reason) throws Exception {
    assertEquals(Map.of(MAPLE, reason), missing(map(answer, MAPLE)));
    assertEquals(List.of(), map(answer, MAPLE).envelopes());
  }

  @Test
  void who_was_not_asked_for_is_passed_over_and_of_two_the_first_counts() throws Exception {
    Answer answer =
        map(
            """
            {"data": [{"id": "1000000000000000002", "public_metrics": {"followers_count": 7}},
                      {"id": "1000000000000000001", "public_metrics": {"followers_count": 5}},
                      {"id": "1000000000000000001", "public_metrics": {"followers_count": 6}}]}
            """,
            MAPLE);
    assertEquals(Map.of("x:" + MAPLE, 5), followers(answer));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{}",
        "{\"data\":{}}",
        "{\"data\":null}",
        "{\"data\":[7]}",
        "{\"data\":[{\"id\":1.5}]}",
        "{\"data\":[{}]}",
        "{\"data\":[{\"id\":1000000000000000001}]}",
        "{\"data\":[{\"id\":\"1000000000000000001\",\"public_metrics\":[]}]}",
        "{\"data\":[{\"id\":\"1000000000000000001\",\"public_metrics\":{\"followers_count\":\"9\"}}]}",
        "{\"data\":[{\"id\":\"1000000000000000001\",\"public_metrics\":{\"followers_count\":-1}}]}",
        "{\"data\":[{\"id\":\"1000000000000000001\",\"public_metrics\":{\"followers_count\":1e12}}]}",
        "{\"data\":[],\"errors\":7}"
      })
  void an_answer_of_another_shape_is_none(String answer) {
    assertThrows(InvalidEnvelope.class, () -> map(answer, MAPLE));
  }
}
