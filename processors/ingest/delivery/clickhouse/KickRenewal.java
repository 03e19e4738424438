package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** A subscription was renewed: how many months it is now. */
public final class KickRenewal implements KickActivity {
  @Override
  public String type() {
    return "kick.channel.subscription.renewal";
  }

  @Override
  public String kind() {
    return "renewal";
  }

  @Override
  public void tell(JsonNode data, ObjectNode row) {
    row.put("user_id", Cells.text(data.path("subscriber_id")));
    row.put("amount", Cells.number(data.path("months")));
  }
}
