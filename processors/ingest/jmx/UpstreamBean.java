package ingest.jmx;

import ingest.upstream.Standing;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedResource;
import org.jspecify.annotations.Nullable;

/** {@code ingest:type=upstreams,name=<upstream>}: its breaker, for all instances. */
@ManagedResource(description = "An upstream's breaker and what is left of its limits")
public final class UpstreamBean {
  private final String name;
  private final Fresh<List<Standing>> standings;

  UpstreamBean(String name, Fresh<List<Standing>> standings) {
    this.name = name;
    this.standings = standings;
  }

  /** Empty for one that was never called. */
  private Optional<Standing> standing() {
    return standings.get().stream().filter(s -> s.upstream().equals(name)).findFirst();
  }

  @ManagedAttribute(description = "open until a time, or closed")
  public String getBreaker() {
    Instant until = standing().map(Standing::openUntil).orElse(null);
    return until == null ? "closed" : "open until " + until;
  }

  @ManagedAttribute(description = "Failed calls in a row")
  public int getFailures() {
    return standing().map(Standing::failures).orElse(0);
  }

  @ManagedAttribute(description = "Until when nobody calls it, and why; empty for no pause")
  public String getPaused() {
    Standing standing = standing().orElse(null);
    @Nullable Instant until = standing == null ? null : standing.pausedUntil();
    return standing == null || until == null ? "" : "until " + until + ": " + standing.pausedWhy();
  }

  @ManagedAttribute(description = "Calls of this day in UTC")
  public int getCallsToday() {
    return standing().map(Standing::calls).orElse(0);
  }

  @ManagedAttribute(description = "Calls that it said are left; -1 where it says nothing")
  public long getRemaining() {
    Long remaining = standing().map(Standing::remaining).orElse(null);
    return remaining == null ? -1 : remaining;
  }
}
