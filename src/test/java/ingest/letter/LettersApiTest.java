package ingest.letter;

import static ingest.outbox.AcmeEvents.apples;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.admin.AdminRefusal;
import ingest.admin.LettersApi;
import ingest.delivery.Targets;
import ingest.store.TestStores;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LettersApiTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final ObjectMapper JSON = new ObjectMapper();

  private Post post;
  private LettersApi api;

  @BeforeEach
  void open() throws Exception {
    post = new Post(STORES);
    api = new LettersApi(post.letters, post.previews, new Targets(STORES.dm()), post.operations);
    post.dead(apples(0, 12), "answered 422", "answered #");
  }

  @AfterEach
  void close() {
    post.close();
  }

  @Test
  void an_answer_that_is_cut_says_so() throws Exception {
    JsonNode groups = JSON.readTree(api.groups(Map.of("limit", "1")));
    assertEquals("false 2 24", told(groups, "complete", "of_groups", "of_events"));
    assertEquals("no such thing", groups.at("/groups/0/sample/response").asText());
    JsonNode list = JSON.readTree(api.list(Map.of("target", "stage", "limit", "7"), null));
    assertEquals("false 7", list.path("complete").asText() + " " + list.path("letters").size());
    JsonNode rest =
        JSON.readTree(
            api.list(Map.of("target", "stage", "limit", "7"), list.path("after").toString()));
    assertEquals("true 5", rest.path("complete").asText() + " " + rest.path("letters").size());
    assertEquals("true", JSON.readTree(api.groups(Map.of())).path("complete").asText());
  }

  private static String told(JsonNode answer, String... fields) {
    return String.join(
        " ", List.of(fields).stream().map(field -> answer.path(field).asText()).toList());
  }

  @Test
  void what_a_preview_has_told_is_what_an_action_takes() throws Exception {
    JsonNode preview = JSON.readTree(api.preview(Map.of("target", "stage")));
    assertEquals("12 true", told(preview, "events", "complete"));
    assertEquals("live 12 0", told(preview.at("/targets/stage"), "mode", "dead", "pending"));
    post.dead(apples(12, 3), "answered 422", "answered #");
    JsonNode begun =
        JSON.readTree(
            api.requeue(
                "ops",
                "{\"target\":\"stage\",\"seen\":%s,\"who\":\"ann\",\"why\":\"mended\",\"rate\":5000}"
                    .formatted(preview.path("seen"))));
    assertEquals("12", told(begun, "events"));
    assertEquals(12, post.run().done());
    assertEquals(
        List.of("requeue|ops (ann)|mended|5000"),
        STORES.sql().rows("SELECT kind, who, why, rate FROM ingest.operation"));
    assertEquals(
        List.of("requeue|ops (ann)|mended"),
        STORES.sql().rows("SELECT action, who, why FROM ingest.audit"));
    JsonNode again =
        JSON.readTree(
            api.requeue(
                null, "{\"target\":\"stage\",\"seen\":%s}".formatted(preview.path("seen"))));
    assertTrue(again.path("operation").isNull(), "nothing is left: " + again);
  }

  @ParameterizedTest(name = "{0}: {1} {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|400|say which: a target, a type, a fingerprint, a subject, days, an event, or all",
        "{'target':'nobody'}|404|no target nobody; there are: clickhouse, production, stage",
        "{'target':'stage','rate':0}|400|rate is a number of events per second from 1 to 100000",
        "{'target':'stage','rate':'fast'}|400|rate is a number of events per second from 1 to 100000",
        "{'target':'stage','seen':'7:9'}|400|seen is what a preview has answered",
        "{'type':'a.*.b'}|400|a type has a * at its end alone: kick.livestream.*"
      })
  void a_requeue_that_cannot_be_meant_is_refused(String request, int status, String message) {
    AdminRefusal refusal =
        assertThrows(AdminRefusal.class, () -> api.requeue(null, request.replace('\'', '"')));
    assertEquals(status + " " + message, refusal.status() + " " + refusal.getMessage());
    assertEquals(0, STORES.sql().number("SELECT count(*) FROM ingest.operation"));
  }

  @ParameterizedTest(name = "{0}: {1} {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{'type':'acme.*','why':'x'}|400|say for which target",
        "{'target':'stage'}|400|what is abandoned has a reason: say why",
        "{'target':'stage','of':'all','why':'x'}|400|of is dead, pending or both"
      })
  void an_abandonment_that_cannot_be_meant_is_refused(String request, int status, String message) {
    AdminRefusal refusal =
        assertThrows(AdminRefusal.class, () -> api.abandon(null, request.replace('\'', '"')));
    assertEquals(status + " " + message, refusal.status() + " " + refusal.getMessage());
  }

  @Test
  void everything_is_meant_only_where_that_is_said() throws Exception {
    assertEquals(24, JSON.readTree(api.requeue(null, "{\"all\":true}")).path("events").asInt());
  }

  @ParameterizedTest(name = "limit {0}")
  @CsvSource({"0", "1001", "-1", "many"})
  void a_limit_is_a_number_that_can_be_answered(String limit) {
    assertThrows(AdminRefusal.class, () -> api.groups(Map.of("limit", limit)));
  }

  @ParameterizedTest(name = "after {0}")
  @CsvSource({"7", "'[]'", "'{'", "'[\"a\",\"b\",\"c\",\"d\",\"e\"]'"})
  void a_list_goes_on_at_a_place_of_an_answer(String after) {
    assertThrows(AdminRefusal.class, () -> api.list(Map.of(), after));
  }
}
