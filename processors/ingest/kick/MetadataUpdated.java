package ingest.kick;

import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.Draft;

/**
 * Maps Kick's webhook {@code livestream.metadata.updated}: what a stream is called and about.
 *
 * <p>The body has no time and nothing that tells one change from another that goes back to it, so
 * the message is the key: the same change under two message ids is told twice, and says the same
 * twice. Kick sends the category as {@code category} and once more as {@code Category}.
 */
public final class MetadataUpdated implements WebhookMapper {
  @Override
  public String type() {
    return "kick.livestream.metadata.updated";
  }

  @Override
  public Draft draft(KickWebhook webhook) {
    KickObject metadata = webhook.body().requiredObject("metadata");
    ObjectNode data = webhook.profile();
    ObjectNode stream = data.putObject("stream");
    KickObject.put(stream, "title", metadata.requiredText("title"));
    KickObject.put(stream, "language", metadata.text("language"));
    KickObject.set(stream, "is_mature", metadata.flag("has_mature_content"));
    ObjectNode category = category(metadata);
    if (!category.isEmpty()) {
      stream.set("category", category);
    }
    return webhook.message(data);
  }

  private static ObjectNode category(KickObject metadata) {
    KickObject lower = metadata.object("category");
    return ViewerCounts.category(lower.node().isEmpty() ? metadata.object("Category") : lower);
  }
}
