package ingest.jmx;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.admin.TargetsApi;
import ingest.delivery.Counts;
import ingest.delivery.Targets;
import java.util.List;
import java.util.Map;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedOperation;
import org.apache.camel.api.management.ManagedResource;

/**
 * {@code ingest:type=targets,name=<target>}: its mode, for all instances, and what waits for it.
 */
@ManagedResource(description = "A target of deliveries, as all instances see it")
public final class TargetBean {
  private final String name;
  private final Fresh<List<Targets.Row>> rows;
  private final Fresh<Map<String, Counts.Deliveries>> counts;
  private final TargetsApi api;

  TargetBean(
      String name,
      Fresh<List<Targets.Row>> rows,
      Fresh<Map<String, Counts.Deliveries>> counts,
      TargetsApi api) {
    this.name = name;
    this.rows = rows;
    this.counts = counts;
    this.api = api;
  }

  private Targets.Row row() {
    return rows.get().stream()
        .filter(r -> r.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no target " + name));
  }

  private Counts.Deliveries count() {
    Counts.Deliveries count = counts.get().get(name);
    return count == null ? new Counts.Deliveries(0, 0, 0, 0, 0, 0) : count;
  }

  @ManagedAttribute(description = "http or clickhouse")
  public String getKind() {
    return row().kind();
  }

  @ManagedAttribute(description = "off, paused or live")
  public String getMode() {
    return row().mode();
  }

  @ManagedAttribute(description = "Who set the mode, when and why")
  public String getModeSetBy() {
    Targets.Row row = row();
    return "%s at %s: %s".formatted(row.who(), row.changedAt().toInstant(), row.why());
  }

  @ManagedAttribute(description = "Patterns of the types that it takes")
  public String getTypes() {
    return String.join(",", row().types());
  }

  @ManagedAttribute(description = "Events that wait for it")
  public long getPending() {
    return count().pending();
  }

  @ManagedAttribute(description = "Age of the oldest event that waits, in seconds")
  public long getOldestPendingSeconds() {
    return count().oldestPendingSeconds();
  }

  @ManagedAttribute(description = "Events that were given up")
  public long getDead() {
    return count().dead();
  }

  /** The same as {@code bin/ingest targets set}; answers the target as it is then, in JSON. */
  @ManagedOperation(
      description = "setMode(mode, why): off, paused or live, for all instances and over restarts")
  public String setMode(String mode, String why) {
    String body =
        JsonNodeFactory.instance
            .objectNode()
            .put("mode", mode)
            .put("who", "an MBean")
            .put("why", why)
            .toString();
    try {
      return Refusals.plain(() -> api.set(name, Caller.holder(), body));
    } finally {
      rows.stale();
    }
  }
}
