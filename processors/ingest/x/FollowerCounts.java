package ingest.x;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import ingest.envelope.Slug;
import ingest.poll.DueChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Maps X's answer to {@code GET /2/users} to {@code x.follower_count.observed}.
 *
 * <p>An answer with status 200 may tell of some accounts, of others why not, or of none at all. Who
 * is missing is absent: zero would claim that nobody follows them.
 */
public final class FollowerCounts {
  /** The type this emits. */
  public static final String TYPE = "x.follower_count.observed";

  private static final String SOURCE = "x";
  private static final int LONGEST_NAME = 200;

  private FollowerCounts() {}

  /** Why an account is not told of. */
  enum Reason {
    NOT_FOUND,
    SUSPENDED,
    /** It is there, without a number of followers. */
    NO_COUNT,
    /** X has left it out without a word. */
    UNANSWERED,
    OTHER;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What an answer says of the accounts that were asked for; each is in one of the two. */
  record Answer(List<Envelope> envelopes, Map<DueChannel, Reason> missing) {}

  /**
   * One envelope for each account of the page that the answer counts the followers of.
   *
   * <p>Accounts are matched by id, never by position. One that was not asked for is passed over,
   * and of one that is there twice the first counts. Another poll of the same slot gives the same
   * ids.
   *
   * @throws InvalidEnvelope when anything that is mapped has a wrong type
   */
  static Answer map(JsonNode answer, List<DueChannel> page, String traceparent) {
    XObject root = XObject.of(answer);
    if (!answer.has("data") && !answer.has("errors")) {
      throw root.not("data", "there, nor is $.errors");
    }
    Map<String, DueChannel> asked = new LinkedHashMap<>();
    page.forEach(channel -> asked.put(channel.platformUserId(), channel));
    List<Envelope> envelopes = new ArrayList<>();
    Map<DueChannel, Reason> missing = new LinkedHashMap<>();
    for (XObject user : answer.has("data") ? root.objects("data") : List.<XObject>of()) {
      DueChannel channel = asked.remove(user.id("id"));
      if (channel != null) {
        Integer followers = followers(user);
        if (followers == null) {
          missing.put(channel, Reason.NO_COUNT);
        } else {
          envelopes.add(
              channel.polled().says(SOURCE, TYPE, data(channel, user, followers), traceparent));
        }
      }
    }
    Map<String, Reason> told = told(answer.has("errors") ? root.objects("errors") : List.of());
    asked.forEach((id, channel) -> missing.put(channel, told.getOrDefault(id, Reason.UNANSWERED)));
    return new Answer(envelopes, missing);
  }

  private static @Nullable Integer followers(XObject user) {
    JsonNode metrics = user.node().path("public_metrics");
    if (metrics.isMissingNode() || metrics.isNull()) {
      return null;
    }
    JsonNode count = user.object("public_metrics").node().path("followers_count");
    if (count.isMissingNode() || count.isNull()) {
      return null;
    }
    if (!count.isIntegralNumber() || !count.canConvertToInt() || count.intValue() < 0) {
      throw user.object("public_metrics").not("followers_count", "a count");
    }
    return count.intValue();
  }

  /** By the id that each error is about; errors of other things are about none. */
  private static Map<String, Reason> told(List<XObject> errors) {
    Map<String, Reason> told = new HashMap<>();
    for (XObject error : errors) {
      String type = error.node().path("type").asText();
      String detail = error.node().path("detail").asText().toLowerCase(Locale.ROOT);
      Reason reason =
          detail.contains("suspended")
              ? Reason.SUSPENDED
              : type.endsWith("/resource-not-found") ? Reason.NOT_FOUND : Reason.OTHER;
      told.put(error.node().path("value").asText(), reason);
      told.put(error.node().path("resource_id").asText(), reason);
    }
    return told;
  }

  private static ObjectNode data(DueChannel channel, XObject user, int followers) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform", SOURCE);
    data.put("platform_user_id", channel.platformUserId());
    Slug.of(user.node().path("username").asText()).ifPresent(slug -> data.put("slug", slug));
    String name = user.node().path("name").asText().replace("\0", "");
    if (!name.isBlank() && name.length() <= LONGEST_NAME) {
      data.put("display_name", name);
    }
    data.put("follower_count", followers);
    return data;
  }
}
