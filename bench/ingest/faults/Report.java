package ingest.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run did and what it proved.
 *
 * @param planned how many faults were asked for
 * @param faults what was done, by kind
 * @param span from the first event to the end of the last fault
 * @param committed events committed in that span
 * @param polled of them those that pollers brought
 * @param acknowledged events that a client was promised
 * @param starts processes that were started
 * @param fenced leases that somebody settled too late, in vain
 */
public record Report(
    long seed,
    int planned,
    Map<String, Integer> faults,
    Duration span,
    long committed,
    long polled,
    long acknowledged,
    int wanted,
    int starts,
    long fenced,
    List<Check> checks)
    implements Verdict {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Events a second over the whole span, outages included. */
  public double rate() {
    return committed * 1000.0 / Math.max(1, span.toMillis());
  }

  /** True when the load was what was asked for. */
  public boolean loaded() {
    return rate() >= wanted;
  }

  /** Faults of all kinds. */
  public int done() {
    return faults.values().stream().mapToInt(Integer::intValue).sum();
  }

  @Override
  public boolean holds() {
    return Check.hold(checks);
  }

  @Override
  public boolean passed() {
    return holds() && loaded() && done() == planned;
  }

  @Override
  public void print(PrintWriter out) {
    out.println();
    out.printf(Locale.ROOT, "%-32s %9s%n", "FAULT", "DONE");
    faults.forEach((fault, number) -> out.printf(Locale.ROOT, "%-32s %,9d%n", fault, number));
    out.println();
    Check.print(checks, out);
    out.printf(
        Locale.ROOT,
        "load    %,.0f events/s over %d s (%,d committed, %,d of them polled); %s %d was asked for%n",
        rate(),
        span.toSeconds(),
        committed,
        polled,
        loaded() ? "at least" : "LESS THAN THE",
        wanted);
    out.printf(
        Locale.ROOT,
        "also    %,d events acknowledged, %d starts of processes, %d late settlements fenced%n",
        acknowledged,
        starts,
        fenced);
    out.printf("seed    %d%n", seed);
    out.println(holds() ? "result  every rule held" : "result  BROKEN, see above");
    out.flush();
  }

  @Override
  public ObjectNode json() {
    ObjectNode json = JSON.createObjectNode();
    json.put("seed", seed).put("planned", planned);
    ObjectNode kinds = json.putObject("faults");
    faults.forEach(kinds::put);
    json.putObject("load")
        .put("seconds", span.toMillis() / 1000.0)
        .put("committed", committed)
        .put("polled", polled)
        .put("acknowledged", acknowledged)
        .put("events_per_second", Math.round(rate() * 10) / 10.0)
        .put("wanted", wanted);
    json.put("starts", starts).put("late_settlements_fenced", fenced);
    Check.json(checks, json.putArray("checks"));
    return json.put("holds", holds()).put("loaded", loaded());
  }
}
