package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** A reward was redeemed, or that was decided on: a row for each status. */
public final class KickRedemption implements KickActivity {
  @Override
  public String type() {
    return "kick.channel.reward.redemption.updated";
  }

  @Override
  public String kind() {
    return "redemption";
  }

  @Override
  public void tell(JsonNode data, ObjectNode row) {
    JsonNode reward = data.path("reward");
    row.put("user_id", Cells.text(data.path("redeemer_id")));
    row.put("amount", Cells.number(reward.path("cost")));
    row.put("item", Cells.text(reward.path("title")));
    row.put("status", Cells.text(data.path("status")));
    row.put("reference", Cells.text(data.path("redemption_id")));
  }
}
