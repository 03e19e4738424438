package ingest.sumsub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Maps a webhook of an applicant: who it is, by the ids of Sumsub and of the caller, and how the
 * review stands. What reviewers write and the labels of a rejection are dropped.
 *
 * <p>The key is when it happened, by Sumsub's milliseconds: {@code correlationId} may change when a
 * call is sent again. Where there are only seconds it is also what became of the review, since two
 * answers may come within one.
 */
abstract class ApplicantMapper {
  private static final String SOURCE = "sumsub";

  private final String type;
  private final boolean reviews;

  /**
   * A mapper of one type.
   *
   * @param reviews whether the review is of its business; others repeat a status that was, without
   *     its answer
   */
  ApplicantMapper(String type, boolean reviews) {
    this.type = type;
    this.reviews = reviews;
  }

  public String source() {
    return SOURCE;
  }

  public String type() {
    return type;
  }

  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    SumsubObject body = SumsubObject.of(payload);
    String applicant = body.id("applicantId");
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("applicant_id", applicant);
    put(data, "external_user_id", body.textOrNumber("externalUserId"));
    put(data, "applicant_type", body.text("applicantType"));
    Boolean sandbox = body.flag("sandboxMode");
    if (sandbox != null) {
      data.put("sandbox", sandbox);
    }
    ObjectNode review = review(body);
    if (reviews && known(review)) {
      data.set("review", review);
    }
    Instant millis = body.time("createdAtMs");
    Instant happened = millis == null ? body.time("createdAt") : millis;
    if (happened == null) {
      throw body.invalid("createdAtMs", "there");
    }
    String key = millis == null ? happened + " " + review : happened.toString();
    return List.of(
        Draft.keyed(type, SOURCE + ":" + applicant, key, happened, data).envelope(arrival));
  }

  private static ObjectNode review(SumsubObject body) {
    SumsubObject result = body.object("reviewResult");
    ObjectNode review = JsonNodeFactory.instance.objectNode();
    put(review, "status", body.text("reviewStatus"));
    put(review, "answer", result.text("reviewAnswer"));
    put(review, "reject_type", result.text("reviewRejectType"));
    put(review, "level", body.text("levelName"));
    return review;
  }

  /** A review that is completed without an answer would take away the one that is known. */
  private static boolean known(ObjectNode review) {
    return review.has("status")
        && (review.has("answer") || !"completed".equals(review.path("status").textValue()));
  }

  private static void put(ObjectNode object, String name, @Nullable String value) {
    if (value != null) {
      object.put(name, value);
    }
  }
}
