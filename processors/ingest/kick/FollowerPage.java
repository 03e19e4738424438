package ingest.kick;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.mapping.MalformedAnswer;
import ingest.mapping.PolledChannel;
import ingest.scrape.Outcome;
import java.io.IOException;

/**
 * What Kick's page of a channel says, read for one account: {@code kick.follower_count.observed}.
 *
 * <p>A page is asked for by name, and a name may be another account's by now: then nothing of the
 * page is used. Of what the page says only the count is, which nothing else of Kick's tells.
 *
 * @param said what is wrong with it, never what stands there; empty where nothing is
 * @param followers of no account where the outcome is not ok
 */
public record FollowerPage(Outcome outcome, String said, int followers) {
  /** The type this emits. */
  public static final String TYPE = "kick.follower_count.observed";

  private static final String SOURCE = "kick";
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /** Reads an answer with the status that the page itself had. Never throws for what it says. */
  public static FollowerPage read(int status, byte[] body, String platformUserId) {
    if (status == 404 || status == 410) {
      return not(Outcome.NOT_FOUND, "there is no page of this name");
    }
    if (status == 403) {
      return not(Outcome.BLOCKED, "Kick blocked the request");
    }
    if (status != 200) {
      return not(Outcome.FAILED, "the page was answered " + status);
    }
    try {
      JsonNode page = JSON.readTree(body);
      if (page == null || !page.isObject()) {
        return not(Outcome.UNREADABLE, "the page is no JSON object");
      }
      KickObject channel = KickObject.of(page);
      if (!channel.idOrText("user_id").equals(platformUserId)) {
        return not(Outcome.OTHER_ACCOUNT, "the page of this name is another account's");
      }
      return new FollowerPage(Outcome.OK, "", channel.requiredCountOrText("followers_count"));
    } catch (IOException e) {
      return not(Outcome.UNREADABLE, "the page is not JSON");
    } catch (MalformedAnswer e) {
      return not(Outcome.UNREADABLE, String.valueOf(e.getMessage()));
    }
  }

  private static FollowerPage not(Outcome outcome, String said) {
    return new FollowerPage(outcome, said, 0);
  }

  /**
   * The event of the poll.
   *
   * @throws IllegalStateException when the outcome is not ok
   */
  public Envelope event(PolledChannel poll, String traceparent) {
    if (outcome != Outcome.OK) {
      throw new IllegalStateException("a page without a count is no event: " + said);
    }
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform", poll.platform());
    data.put("platform_user_id", poll.platformUserId());
    data.put("follower_count", followers);
    return poll.says(SOURCE, TYPE, data, traceparent);
  }
}
