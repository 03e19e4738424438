package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Subscriptions were given: how many, and to whom. */
public final class KickSubscriptionGifts implements KickActivity {
  @Override
  public String type() {
    return "kick.channel.subscription.gifts";
  }

  @Override
  public String kind() {
    return "gifts";
  }

  @Override
  public void tell(JsonNode data, ObjectNode row) {
    row.put("user_id", Cells.text(data.path("gifter_id")));
    row.put("amount", Cells.number(data.path("gifts")));
    KickActivity.add(data.path("giftee_ids"), row);
  }
}
