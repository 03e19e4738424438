package ingest.kick;

import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Maps Kick's webhook {@code channel.followed}. Who followed is nobody's business afterwards.
 *
 * <p>The body has neither an id nor a time. The key is the follower and the minute of the message
 * id, which is a ULID: two message ids of one follow are made within milliseconds. Those that are
 * made on either side of a full minute stay two follows; who follows twice within a minute, once.
 */
public final class Followed implements WebhookMapper {
  @Override
  public String type() {
    return "kick.channel.followed";
  }

  @Override
  public Draft draft(KickWebhook webhook) {
    String follower = webhook.body().requiredObject("follower").idOrText("user_id");
    Instant sentAt = webhook.sentAt();
    ObjectNode data = webhook.profile();
    data.put("followed_at", (sentAt == null ? webhook.arrival().time() : sentAt).toString());
    Arrival.Message message = webhook.arrival().message();
    if (message == null || message.since() == null) {
      return webhook.message(data);
    }
    Instant minute = message.since().truncatedTo(ChronoUnit.MINUTES);
    return Draft.keyed(webhook.type(), webhook.subject(), minute + " " + follower, minute, data)
        .at(sentAt);
  }
}
