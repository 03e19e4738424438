package ingest.kick;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.Draft;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Maps Kick's webhook {@code channel.subscription.gifts}: one event, however many were given. Of a
 * gifter who is anonymous everything is null. The key is when, who gave and who got.
 */
public final class SubscriptionGifts implements WebhookMapper {
  @Override
  public String type() {
    return "kick.channel.subscription.gifts";
  }

  @Override
  public Draft draft(KickWebhook webhook) {
    KickObject body = webhook.body();
    List<KickObject> giftees = body.objects("giftees");
    String gifter = body.requiredObject("gifter").optionalIdOrText("user_id");
    List<String> ids = ids(giftees);
    ObjectNode data = webhook.profile();
    KickObject.put(data, "gifter_id", gifter);
    data.put("gifts", giftees.size());
    ArrayNode got = data.putArray("giftee_ids");
    ids.forEach(got::add);
    KickObject.putTime(data, "expires_at", body.time("expires_at"));
    return webhook.dated(body.time("created_at"), key(gifter, ids), data);
  }

  /** Sorted: nothing is said of their order. */
  private static List<String> ids(List<KickObject> giftees) {
    return giftees.stream()
        .map(giftee -> giftee.optionalIdOrText("user_id"))
        .filter(Objects::nonNull)
        .sorted()
        .toList();
  }

  private static String key(@Nullable String gifter, List<String> giftees) {
    return (gifter == null ? "anonymous" : gifter) + " to " + String.join(" ", giftees);
  }
}
