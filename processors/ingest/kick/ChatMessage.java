package ingest.kick;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.mapping.Draft;

/**
 * Maps Kick's webhook {@code chat.message.sent}: a line of a channel's chat. Kick's id of it is the
 * key. What it answers is not kept: that line is an event of its own.
 */
public final class ChatMessage implements WebhookMapper {
  @Override
  public String type() {
    return "kick.chat.message.sent";
  }

  @Override
  public Draft draft(KickWebhook webhook) {
    KickObject body = webhook.body();
    KickObject sender = body.requiredObject("sender");
    String id = body.key("message_id");
    ObjectNode data = webhook.channel();
    data.put("message_id", id);
    ObjectNode by = data.putObject("sender").put("user_id", sender.idOrText("user_id"));
    KickObject.put(by, "username", sender.text("username"));
    KickObject.put(data, "content", body.words("content"));
    badges(sender.object("identity"), data.putArray("badges"));
    emotes(body, data.putArray("emotes"));
    return webhook.identified(id, body.time("created_at"), data);
  }

  private static void badges(KickObject identity, ArrayNode badges) {
    for (KickObject badge : identity.optionalObjects("badges")) {
      ObjectNode shown = badges.addObject();
      KickObject.put(shown, "type", badge.text("type"));
      KickObject.put(shown, "text", badge.text("text"));
      KickObject.set(shown, "count", badge.count("count"));
    }
  }

  private static void emotes(KickObject body, ArrayNode emotes) {
    for (KickObject emote : body.optionalObjects("emotes")) {
      ObjectNode shown = emotes.addObject().put("emote_id", emote.key("emote_id"));
      ArrayNode positions = shown.putArray("positions");
      for (KickObject position : emote.optionalObjects("positions")) {
        ObjectNode span = positions.addObject();
        KickObject.set(span, "s", position.count("s"));
        KickObject.set(span, "e", position.count("e"));
      }
    }
  }
}
