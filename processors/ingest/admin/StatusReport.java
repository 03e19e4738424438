package ingest.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.Counts;
import ingest.delivery.Digests;
import ingest.delivery.Target;
import ingest.poll.Switches;
import ingest.store.ClickHouse;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /admin/status}: the balance in one object. Counts cover the retained outbox days and
 * exclude replays. A store that cannot be asked leaves its number out and a line in {@code errors}.
 */
public final class StatusReport {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A parameter of ClickHouse's own; the archive keeps more than the outbox retains. */
  private static final String ARCHIVED =
      "SELECT count() FROM vf.raw_events WHERE replayof IS NULL AND created_at >= {from:DateTime64(6, 'UTC')}";

  private final Counts counts;
  private final Switches switches;
  private final List<Target> targets;
  private final @Nullable ClickHouse clickHouse;
  private final Digests digests;
  private final List<Part> parts;

  /** What one concern has to say of itself. */
  public interface Part {
    void tell(ObjectNode status) throws SQLException;
  }

  public StatusReport(
      Counts counts,
      Switches switches,
      List<Target> targets,
      @Nullable ClickHouse clickHouse,
      Digests digests,
      List<Part> parts) {
    this.counts = counts;
    this.switches = switches;
    this.targets = targets;
    this.clickHouse = clickHouse;
    this.digests = digests;
    this.parts = List.copyOf(parts);
  }

  public String json() throws SQLException, InterruptedException {
    ObjectNode status = JSON.createObjectNode();
    ArrayNode errors = JSON.createArrayNode();
    Instant from = counts.retainedFrom();
    status.putObject("outbox").put("events", counts.events());
    ObjectNode deliveries = status.putObject("deliveries");
    for (Map.Entry<String, Counts.Deliveries> target : counts.deliveries().entrySet()) {
      Counts.Deliveries count = target.getValue();
      deliveries
          .putObject(target.getKey())
          .put("pending", count.pending())
          .put("delivered", count.delivered())
          .put("dead", count.dead())
          .put("abandoned", count.abandoned())
          .put("oldest_pending_seconds", count.oldestPendingSeconds());
    }
    archive(status, from, errors);
    environments(status, from, errors);
    for (Part part : parts) {
      part.tell(status);
    }
    ArrayNode overrides = status.putArray("overrides");
    for (Switches.Setting setting : switches.overrides()) {
      overrides.add(PollersApi.override(setting).put("name", setting.name()));
    }
    status.set("errors", errors);
    return status.toString();
  }

  private void archive(ObjectNode status, @Nullable Instant from, ArrayNode errors)
      throws InterruptedException {
    ObjectNode archive = status.putObject("clickhouse");
    if (clickHouse == null) {
      errors.add("clickhouse: this process runs without it");
      return;
    }
    try {
      String since =
          from == null ? "1970-01-01 00:00:00" : from.toString().replaceAll("[TZ]", " ").strip();
      archive.put("raw_events", clickHouse.number(ARCHIVED, Map.of("from", since)));
    } catch (IOException e) {
      errors.add("clickhouse: " + e.getMessage());
    }
  }

  private void environments(ObjectNode status, @Nullable Instant from, ArrayNode errors)
      throws InterruptedException {
    ObjectNode environments = status.putObject("env");
    for (Target target : targets) {
      if (target.kind().equals(Target.HTTP)) {
        ObjectNode environment = environments.putObject(target.name());
        try {
          environment.put("processed_events", digests.processed(target, from));
        } catch (IOException e) {
          errors.add(target.name() + ": " + e);
        }
      }
    }
  }
}
