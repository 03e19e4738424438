package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A line of chat, one row in {@code vf.kick_chat_message_log}. The table is keyed on dm's own id of
 * the channel: a line of a channel that dm does not know has no row there, its raw event remains.
 */
public final class KickChatMessage implements TelemetryRows {
  @Override
  public String type() {
    return "kick.chat.message.sent";
  }

  @Override
  public String table() {
    return "vf.kick_chat_message_log";
  }

  @Override
  public List<ObjectNode> rows(Envelope envelope, @Nullable Long channel) {
    if (channel == null) {
      return List.of();
    }
    JsonNode data = envelope.data();
    JsonNode sender = data.path("sender");
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    row.put("env", "shared");
    row.put("channel_id", channel);
    row.put("created_at", Cells.happened(envelope));
    row.put("event_id", envelope.rootId().toString());
    row.put("channel_slug", Cells.textOrEmpty(data.path("slug")));
    row.put("message_id", Cells.textOrEmpty(data.path("message_id")));
    row.put("platform_user_id", Cells.textOrEmpty(sender.path("user_id")));
    row.put("username", Cells.textOrEmpty(sender.path("username")));
    row.put("content", Cells.textOrEmpty(data.path("content")));
    row.put("emotes_json", list(data.path("emotes")));
    row.put("badges_json", list(data.path("badges")));
    return List.of(row);
  }

  private static String list(JsonNode value) {
    return value.isArray() ? value.toString() : "[]";
  }
}
