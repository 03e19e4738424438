package ingest.embedded.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the calls that arrived, whatever became of them, and the faults among them. A call for a
 * token is no call of an upstream's API: it goes to another host, for which no budget holds.
 */
public final class Calls {
  static final Duration MINUTE = Duration.ofMinutes(1);

  /** What arrived for one upstream; its windows are open at their beginning. */
  private static final class Arrivals {
    private final Deque<Instant> minute = new ArrayDeque<>();
    private long calls;
    private int most;

    void add(Instant now) {
      forgetOlder(now);
      minute.add(now);
      calls++;
      most = Math.max(most, minute.size());
    }

    int now(Instant now) {
      forgetOlder(now);
      return minute.size();
    }

    private void forgetOlder(Instant now) {
      while (!minute.isEmpty() && !minute.element().isAfter(now.minus(MINUTE))) {
        minute.remove();
      }
    }
  }

  private final Faults faults;
  private final Clock clock;
  private final AtomicLong token = new AtomicLong();
  private final AtomicLong channels = new AtomicLong();
  private final AtomicLong charts = new AtomicLong();
  private final Map<String, Arrivals> upstreams = new TreeMap<>();

  Calls(Faults faults, Clock clock) {
    this.faults = faults;
    this.clock = clock;
    Api.upstreams().forEach(upstream -> upstreams.put(upstream, new Arrivals()));
  }

  void token() {
    token.incrementAndGet();
  }

  void channels() {
    channels.incrementAndGet();
  }

  void charts() {
    charts.incrementAndGet();
  }

  /** A call of an API arrived, for a fault or for an answer. */
  synchronized void arrived(Api api) {
    upstreams.computeIfAbsent(api.upstream(), name -> new Arrivals()).add(clock.instant());
  }

  /**
   * The counters since the start, with every kind of fault; of each upstream its calls, those of
   * the last minute, and the most of any minute.
   */
  public String counters() {
    ObjectNode counters = JsonNodeFactory.instance.objectNode();
    counters.put("token", token.get()).put("channels", channels.get()).put("charts", charts.get());
    ObjectNode byUpstream = counters.putObject("upstreams");
    synchronized (this) {
      Instant now = clock.instant();
      upstreams.forEach(
          (upstream, arrivals) ->
              byUpstream
                  .putObject(upstream)
                  .put("calls", arrivals.calls)
                  .put("last_minute", arrivals.now(now))
                  .put("most_in_a_minute", arrivals.most));
    }
    ObjectNode byKind = counters.putObject("faults");
    Map<FaultKind, Long> taken = faults.taken();
    for (FaultKind kind : FaultKind.values()) {
      byKind.put(kind.kind(), taken.getOrDefault(kind, 0L));
    }
    return counters.toString();
  }
}
