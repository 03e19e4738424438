package ingest.embedded.simulator;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.Message;
import org.jspecify.annotations.Nullable;

/**
 * X's users: every number is one, unless it ends in 9, which nobody has, or in 8, who is suspended;
 * one that ends in 7 has no metrics. As X does, it allows 300 calls in a quarter of an hour, says
 * so on every answer, and refuses the next with 429.
 */
public final class XUsers {
  static final int LIMIT = 300;
  static final Duration WINDOW = Duration.ofMinutes(15);
  private static final int MOST_IDS = 100;

  private final Clock clock;
  private Instant resetsAt = Instant.EPOCH;
  private int calls;

  XUsers(Clock clock) {
    this.clock = clock;
  }

  /** Whether the call does not show the token. */
  public boolean refuses(@Header("Authorization") @Nullable String authorization) {
    return !("Bearer " + Simulator.BEARER_TOKEN).equals(authorization);
  }

  /**
   * Counts the call and says how many are left, as the exchange properties {@code limit}, {@code
   * remaining} and {@code reset}.
   *
   * @return false when it is one too many
   */
  public synchronized boolean allows(Exchange exchange) {
    Instant now = clock.instant();
    if (!now.isBefore(resetsAt)) {
      resetsAt = now.plus(WINDOW);
      calls = 0;
    }
    calls++;
    exchange.setProperty("limit", LIMIT);
    exchange.setProperty("remaining", Math.max(0, LIMIT - calls));
    exchange.setProperty("reset", resetsAt.getEpochSecond());
    return calls <= LIMIT;
  }

  /** Sets the headers of an answer. */
  public void tellLimit(Exchange exchange) {
    Message message = exchange.getMessage();
    message.setHeader("Content-Type", "application/json");
    message.setHeader("x-rate-limit-limit", exchange.getProperty("limit"));
    message.setHeader("x-rate-limit-remaining", exchange.getProperty("remaining"));
    message.setHeader("x-rate-limit-reset", exchange.getProperty("reset"));
  }

  /** Followers of a user: always the same, so that what was stored can be compared. */
  public static int followers(long id) {
    return (int) (1_000 + id % 100_000);
  }

  /** Those that are found, in an order that is not the call's, and why the others are not. */
  public byte[] answer(@Header("ids") @Nullable String ids) {
    List<String> asked = ids == null ? List.of() : List.of(ids.split(","));
    if (asked.isEmpty() || asked.size() > MOST_IDS) {
      throw new InvalidRequest("ids are 1 to 100");
    }
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode data = JsonNodeFactory.instance.arrayNode();
    ArrayNode errors = JsonNodeFactory.instance.arrayNode();
    for (String id : asked) {
      switch (id.charAt(id.length() - 1)) {
        case '9' -> errors.add(error(id, "Could not find user with ids: [" + id + "]."));
        case '8' -> errors.add(error(id, "User has been suspended: [" + id + "]."));
        default -> data.insert(0, user(id));
      }
    }
    if (!data.isEmpty()) {
      answer.set("data", data);
    }
    if (!errors.isEmpty()) {
      answer.set("errors", errors);
    }
    return answer.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static ObjectNode user(String id) {
    ObjectNode user = JsonNodeFactory.instance.objectNode();
    user.put("id", id).put("name", "User " + id).put("username", "User_" + id);
    if (!id.endsWith("7")) {
      user.putObject("public_metrics")
          .put("followers_count", followers(Long.parseLong(id)))
          .put("following_count", 12)
          .put("tweet_count", 340)
          .put("listed_count", 5);
    }
    return user;
  }

  private static ObjectNode error(String id, String detail) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("value", id)
        .put("detail", detail)
        .put("title", "Not Found Error")
        .put("resource_type", "user")
        .put("parameter", "ids")
        .put("resource_id", id)
        .put("type", "https://api.x.com/2/problems/resource-not-found");
  }
}
