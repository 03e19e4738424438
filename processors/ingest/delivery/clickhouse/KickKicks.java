package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Kicks were given: how many, as which gift. */
public final class KickKicks implements KickActivity {
  @Override
  public String type() {
    return "kick.kicks.gifted";
  }

  @Override
  public String kind() {
    return "kicks";
  }

  @Override
  public void tell(JsonNode data, ObjectNode row) {
    row.put("user_id", Cells.text(data.path("sender_id")));
    row.put("amount", Cells.number(data.path("amount")));
    row.put("item", Cells.text(data.path("gift")));
  }
}
