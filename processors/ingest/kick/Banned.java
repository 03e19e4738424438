package ingest.kick;

import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.Draft;
import java.time.Instant;

/**
 * Maps Kick's webhook {@code moderation.banned}: somebody may not chat in a channel, for a time or
 * for ever. The key is when, who, and until when, so that a ban right after a time-out is another.
 * The reason, which a moderator typed, is not kept.
 */
public final class Banned implements WebhookMapper {
  @Override
  public String type() {
    return "kick.moderation.banned";
  }

  @Override
  public Draft draft(KickWebhook webhook) {
    KickObject body = webhook.body();
    KickObject metadata = body.requiredObject("metadata");
    String banned = body.requiredObject("banned_user").idOrText("user_id");
    Instant expiresAt = metadata.time("expires_at");
    ObjectNode data = webhook.profile();
    data.put("banned_user_id", banned);
    KickObject.put(data, "moderator_id", body.object("moderator").optionalIdOrText("user_id"));
    KickObject.putTime(data, "expires_at", expiresAt);
    String until = expiresAt == null ? "for ever" : "until " + KickWebhook.micros(expiresAt);
    return webhook.dated(metadata.time("created_at"), banned + " " + until, data);
  }
}
