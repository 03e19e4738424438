package ingest.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.upstream.Limits;
import ingest.upstream.Permits;
import ingest.upstream.Standing;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The upstreams in the status: those that were called since the store was made. */
public final class UpstreamStatus implements StatusReport.Part {
  private final Permits permits;
  private final Map<String, Limits> limits;

  /** {@code limits} by upstream. */
  public UpstreamStatus(Permits permits, Map<String, Limits> limits) {
    this.permits = permits;
    this.limits = Map.copyOf(limits);
  }

  @Override
  public void tell(ObjectNode status) throws SQLException {
    ObjectNode upstreams = status.putObject("upstreams");
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
