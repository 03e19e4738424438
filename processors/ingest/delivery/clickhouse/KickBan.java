package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Somebody was banned: by whom, who, and until when. */
public final class KickBan implements KickActivity {
  @Override
  public String type() {
    return "kick.moderation.banned";
  }

  @Override
  public String kind() {
    return "ban";
  }

  @Override
  public void tell(JsonNode data, ObjectNode row) {
    row.put("user_id", Cells.text(data.path("moderator_id")));
    String banned = Cells.text(data.path("banned_user_id"));
    if (banned != null) {
      row.withArray("others").add(banned);
    }
  }
}
