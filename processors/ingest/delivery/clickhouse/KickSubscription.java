package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Somebody subscribed: for how many months. */
public final class KickSubscription implements KickActivity {
  @Override
  public String type() {
    return "kick.channel.subscription.new";
  }

  @Override
  public String kind() {
    return "subscription";
  }

  @Override
  public void tell(JsonNode data, ObjectNode row) {
    row.put("user_id", Cells.text(data.path("subscriber_id")));
    row.put("amount", Cells.number(data.path("months")));
  }
}
