package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.Draft;

/**
 * Maps Kick's webhook {@code kicks.gifted}: a viewer gave a channel some of Kick's own currency.
 * The key is when, who, and what: two gifts alike within a microsecond are one. The message that
 * goes with it is not kept.
 */
public final class KicksGifted implements WebhookMapper {
  @Override
  public String type() {
    return "kick.kicks.gifted";
  }

  @Override
  public Draft draft(KickWebhook webhook) {
    KickObject body = webhook.body();
    KickObject gift = body.requiredObject("gift");
    String sender = body.requiredObject("sender").optionalIdOrText("user_id");
    JsonNode amount = gift.requiredCount("amount");
    String name = gift.text("name");
    ObjectNode data = webhook.profile();
    KickObject.put(data, "sender_id", sender);
    data.set("amount", amount);
    KickObject.put(data, "gift", name);
    String key = "%s %s %s".formatted(sender, amount, name);
    return webhook.dated(body.time("created_at"), key, data);
  }
}
