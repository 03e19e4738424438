package ingest.kick;

import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.Draft;
import java.time.Duration;
import java.time.Instant;

/**
 * Maps Kick's webhook {@code channel.subscription.renewal}. Its {@code created_at} is when the
 * subscription first began, the same for all its renewals: the key is who, and when it now runs
 * out. One that does not say that is known by its message alone. It happened when it was sent.
 */
public final class SubscriptionRenewal implements WebhookMapper {
  /**
   * Takes the time of the id back to about now, where keys of events are kept the longest: a
   * subscription is renewed for a month.
   */
  private static final Duration MONTH = Duration.ofDays(30);

  @Override
  public String type() {
    return "kick.channel.subscription.renewal";
  }

  @Override
  public Draft draft(KickWebhook webhook) {
    ObjectNode data = SubscriptionNew.data(webhook);
    Instant expiresAt = webhook.body().time("expires_at");
    return webhook
        .dated(
            expiresAt == null ? null : expiresAt.minus(MONTH),
            data.path("subscriber_id").textValue(),
            data)
        .at(webhook.sentAt());
  }
}
