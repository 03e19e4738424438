package ingest.kick;

import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.Draft;

/**
 * Maps Kick's webhook {@code channel.subscription.new}: somebody subscribed to a channel, once for
 * each subscriber and beginning.
 */
public final class SubscriptionNew implements WebhookMapper {
  @Override
  public String type() {
    return "kick.channel.subscription.new";
  }

  @Override
  public Draft draft(KickWebhook webhook) {
    ObjectNode data = data(webhook);
    String subscriber = data.path("subscriber_id").textValue();
    return webhook.dated(webhook.body().time("created_at"), subscriber, data);
  }

  /** Of a renewal, too: who, for how many months now, until when. */
  static ObjectNode data(KickWebhook webhook) {
    KickObject body = webhook.body();
    ObjectNode data = webhook.profile();
    data.put("subscriber_id", body.requiredObject("subscriber").idOrText("user_id"));
    KickObject.set(data, "months", body.count("duration"));
    KickObject.putTime(data, "expires_at", body.time("expires_at"));
    return data;
  }
}
