package ingest.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.maintenance.DiskHorizon;
import ingest.maintenance.OldDays;
import java.sql.SQLException;
import java.util.Map;

/** The stores in the status: days that retention could not drop, and how long the disks last. */
public final class StoreStatus implements StatusReport.Part {
  private final OldDays oldDays;
  private final DiskHorizon disk;

  public StoreStatus(OldDays oldDays, DiskHorizon disk) {
    this.oldDays = oldDays;
    this.disk = disk;
  }

  @Override
  public void tell(ObjectNode status) throws SQLException {
    ArrayNode held = status.putArray("held_days");
    for (OldDays.HeldDay day : oldDays.held()) {
      held.addObject()
          .put("day", day.day().toString())
          .put("reason", day.reason())
          .put("detail", day.detail());
    }
    ObjectNode disks = status.putObject("disk");
    for (Map.Entry<String, DiskHorizon.Size> store : disk.sizes().entrySet()) {
      disk(disks.putObject(store.getKey()), store.getValue());
    }
  }

  /** What cannot be told, or is never, is left out: JSON has no such numbers. */
  private static void disk(ObjectNode store, DiskHorizon.Size size) {
    store.put("used_bytes", (long) size.bytes());
    if (!Double.isNaN(size.budget())) {
      store.put("budget_bytes", (long) size.budget());
    }
    if (Double.isFinite(size.days())) {
      store.put("days_left", (long) size.days());
    }
  }
}
