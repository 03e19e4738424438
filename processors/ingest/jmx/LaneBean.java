package ingest.jmx;

import ingest.delivery.Lane;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedResource;

/** {@code ingest:type=lanes,name=<target>}: the breaker of a target, in this process. */
@ManagedResource(description = "This process's way to a target, with its breaker")
public final class LaneBean {
  private final Lane lane;

  LaneBean(Lane lane) {
    this.lane = lane;
  }

  @ManagedAttribute(description = "closed, or open: the target is probed with single events")
  public String getBreaker() {
    return lane.doubtful() ? "open" : "closed";
  }

  @ManagedAttribute(description = "Why the breaker is open; empty when it is closed")
  public String getWhy() {
    String reason = lane.brokenReason();
    return reason == null ? "" : reason;
  }

  @ManagedAttribute(description = "Chunks that wait in memory")
  public int getWaitingChunks() {
    return lane.waitingChunks().size();
  }

  @ManagedAttribute(description = "Batches that are being sent or settled")
  public int getBatchesUnderWay() {
    return lane.underWay().size();
  }
}
