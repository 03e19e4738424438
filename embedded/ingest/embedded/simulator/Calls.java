package ingest.embedded.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the calls that arrived, whatever became of them, and the faults among them. */
public final class Calls {
  private final Faults faults;
  private final AtomicLong token = new AtomicLong();
  private final AtomicLong channels = new AtomicLong();
  private final AtomicLong charts = new AtomicLong();

  Calls(Faults faults) {
    this.faults = faults;
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

  /** The counters since the start, with every kind of fault. */
  public String counters() {
    ObjectNode counters = JsonNodeFactory.instance.objectNode();
    counters.put("token", token.get()).put("channels", channels.get()).put("charts", charts.get());
    ObjectNode byKind = counters.putObject("faults");
    Map<FaultKind, Long> taken = faults.taken();
    for (FaultKind kind : FaultKind.values()) {
      byKind.put(kind.kind(), taken.getOrDefault(kind, 0L));
    }
    return counters.toString();
  }
}
