package ingest.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.Counts;
import ingest.delivery.Digests;
import ingest.delivery.Target;
import ingest.maintenance.DiskHorizon;
import ingest.maintenance.OldDays;
import ingest.poll.Switches;
import ingest.store.ClickHouse;
import ingest.upstream.Limits;
import ingest.upstream.Permits;
import ingest.upstream.Standing;
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
  private final Permits permits;
  private final Map<String, Limits> limits;
  private final OldDays oldDays;
  private final DiskHorizon disk;

  /**
   * A report.
   *
   * @param limits of the upstreams, by name
   */
  public StatusReport(
      Counts counts,
      Switches switches,
      List<Target> targets,
      @Nullable ClickHouse clickHouse,
      Digests digests,
      Permits permits,
      Map<String, Limits> limits,
      OldDays oldDays,
      DiskHorizon disk) {
    this.counts = counts;
    this.switches = switches;
    this.targets = targets;
    this.clickHouse = clickHouse;
    this.digests = digests;
    this.permits = permits;
    this.limits = Map.copyOf(limits);
    this.oldDays = oldDays;
    this.disk = disk;
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
    upstreams(status.putObject("upstreams"));
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
    ArrayNode overrides = status.putArray("overrides");
    for (Switches.Setting setting : switches.overrides()) {
      overrides.add(PollersApi.override(setting).put("name", setting.name()));
    }
    status.set("errors", errors);
    return status.toString();
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

  /** Those that were called since the store was made. */
  private void upstreams(ObjectNode upstreams) throws SQLException {
    for (Standing standing : permits.standings()) {
      Limits allowed = limits.getOrDefault(standing.upstream(), Limits.NONE);
      ObjectNode upstream = upstreams.putObject(standing.upstream());
      upstream
          .put("calls_today", standing.calls())
          .put("calls_per_minute", allowed.callsPerMinute())
          .put("credits_today", standing.credits())
          .put("credits_per_day", allowed.creditsPerDay())
          .put("remaining", standing.remaining())
          .put("limit", standing.limit())
          .put("failures", standing.failures());
      put(upstream, "resets_at", standing.resetsAt());
      put(upstream, "paused_until", standing.pausedUntil());
      put(upstream, "open_until", standing.openUntil());
      upstream.put("paused_why", standing.pausedWhy());
    }
  }

  private static void put(ObjectNode node, String name, @Nullable Instant time) {
    node.put(name, time == null ? null : time.toString());
  }
}
