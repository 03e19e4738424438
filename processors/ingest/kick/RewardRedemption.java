package ingest.kick;

import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.Draft;
import java.util.Locale;

/**
 * Maps Kick's webhook {@code channel.reward.redemption.updated}: a viewer redeemed a reward, or
 * that was decided on. The key is Kick's id of it with the status. A decision has no time of its
 * own: it happened when it was sent. What the viewer typed is not kept.
 */
public final class RewardRedemption implements WebhookMapper {
  private static final String PENDING = "pending";

  @Override
  public String type() {
    return "kick.channel.reward.redemption.updated";
  }

  @Override
  public Draft draft(KickWebhook webhook) {
    KickObject body = webhook.body();
    KickObject reward = body.requiredObject("reward");
    String id = body.key("id");
    String status = body.key("status").toLowerCase(Locale.ROOT);
    ObjectNode data = webhook.profile();
    data.put("redemption_id", id).put("status", status);
    data.put("redeemer_id", body.requiredObject("redeemer").idOrText("user_id"));
    ObjectNode what = data.putObject("reward").put("id", reward.key("id"));
    KickObject.put(what, "title", reward.text("title"));
    KickObject.set(what, "cost", reward.count("cost"));
    Draft draft = webhook.identified(id + " " + status, body.time("redeemed_at"), data);
    return status.equals(PENDING) ? draft : draft.at(webhook.sentAt());
  }
}
