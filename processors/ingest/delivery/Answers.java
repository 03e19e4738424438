package ingest.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What an answer costs: the policy of section 4 of the design as a table. */
final class Answers {
  private Answers() {}

  /**
   * A request's status. Only what may be about the events themselves (400, 409, 413, 422, 500)
   * costs them anything; everything else is about the target.
   */
  static Outcome of(int status, @Nullable Duration retryAfter, String body) {
    if (status >= 200 && status < 300) {
      return new Outcome.Settled("accepted");
    }
    return switch (status) {
      case 400, 409, 413, 422, 500 -> new Outcome.Failed("answered " + status, body, retryAfter);
      default -> new Outcome.TargetBroken("answered " + status, retryAfter, status);
    };
  }

  /** A consumer's result for one event; what it does not list was applied. */
  static Outcome ofEvent(JsonNode result, String type) {
    if (result.isMissingNode()) {
      return new Outcome.Settled("applied");
    }
    String status = result.path("status").asText();
    return switch (status) {
      case "applied", "duplicate", "ignored" -> new Outcome.Settled(status);
      case "unknown" -> new Outcome.Parked("unknown type " + type);
      default -> new Outcome.Failed(result.path("error").asText("failed"), null, null);
    };
  }
}
