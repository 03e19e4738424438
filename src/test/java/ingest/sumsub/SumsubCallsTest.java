package ingest.sumsub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.webhook.CallMapping;
import ingest.webhook.CallPairs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which calls of Sumsub are one event; what each becomes is in its pair of files. */
final class SumsubCallsTest {
  private static final SumsubSender SENDER = new SumsubSender();
  private static final CallMapping MAPPING = CallPairs.mapping();

  private static UUID id(String name) throws IOException {
    return MAPPING
        .map(CallPairs.call(SENDER, Map.of(), CallPairs.body(SENDER, name)))
        .envelopes()
        .get(0)
        .id();
  }

  private static ObjectNode call(@Nullable String type) {
    return JsonNodeFactory.instance.objectNode().put("type", type);
  }

  @ParameterizedTest(name = "{0} and {1} are one event")
  @CsvSource({
    "ids-as-numbers, ids-as-text",
    "nulls, absent",
    "nulls, blanks",
    "applicantReviewed-red-retry, sent-again-under-another-correlation-id",
    "applicantReviewed-red-retry, sandbox-true-as-text",
    "applicantReviewed-red-retry, no-test-send",
    "created-at-only, created-at-with-an-offset",
  })
  void what_is_written_in_another_way_is_the_same_event(String one, String other)
      throws IOException {
    assertEquals(id(one), id(other));
  }

  @ParameterizedTest(name = "{0} and {1} are two events")
  @CsvSource({
    "applicantReviewed-green, applicantReviewed-red-final",
    "applicantReviewed-red-retry, applicantReviewed-red-final",
    "applicantReviewed-red-retry, ids-as-text",
    "applicantDeactivated, applicantActivated",
    "created-at-only, created-at-only-another-answer",
  })
  void another_answer_is_another_event(String one, String other) throws IOException {
    assertNotEquals(id(one), id(other));
  }

  @Test
  void the_same_body_is_the_same_message_whatever_its_headers_say() {
    byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
    assertEquals(
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        SENDER.message(Map.of(), body).id());
    assertEquals(
        SENDER.message(Map.of(), body), SENDER.message(Map.of("x-message-id", "other"), body));
  }

  @ParameterizedTest
  @CsvSource({
    "applicantReviewed, sumsub.applicant.reviewed",
    "applicantPersonalDataDeleted, sumsub.applicant.personal_data_deleted",
    "applicantActionPending, sumsub.applicant_action.pending",
    "applicantKytTxnApproved, sumsub.applicant.kyt_txn_approved",
    "videoIdentStatusChanged, sumsub.video_ident.status_changed",
    "kytCaseCreated, sumsub.kyt_case.created",
    "travelRuleAction, sumsub.travel.rule_action",
  })
  void a_type_is_sumsubs_with_dots(String said, String type) {
    assertEquals(List.of(type), SENDER.types(Map.of(), call(said)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "applicantreviewed",
        "ApplicantReviewed",
        "applicant.reviewed",
        "applicantREVIEWED",
        "applicant",
        " applicantReviewed",
        "applicantReviewed\n",
        ""
      })
  void nothing_else_reads_as_one_of_its_types(String said) {
    assertEquals(List.of(), SENDER.types(Map.of(), call(said)));
  }

  @Test
  void a_test_send_is_of_no_type_that_counts() {
    ObjectNode send = call("applicantReviewed");
    assertEquals(
        List.of("sumsub.test.sent"), SENDER.types(Map.of(), send.deepCopy().put("testMode", true)));
    assertEquals(
        List.of("sumsub.test.sent"),
        SENDER.types(Map.of(), send.deepCopy().put("testMode", "true")));
    for (String no : List.of("false", "", "no")) {
      assertEquals(
          List.of("sumsub.applicant.reviewed"),
          SENDER.types(Map.of(), send.deepCopy().put("testMode", no)));
    }
    assertEquals(
        List.of("sumsub.applicant.reviewed"),
        SENDER.types(Map.of(), send.deepCopy().putNull("testMode")));
  }
}
