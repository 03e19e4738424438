package ingest.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** What a run of the pollers did and what it proved. */
public record PollerReport(long seed, List<Part> parts, List<Check> checks) implements Verdict {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * One part of a run.
   *
   * @param most calls of any sixty seconds that touch it
   * @param live answers for channels that stream, and how late the half and the last of them came
   * @param others answers for the other channels
   * @param lag for how long the longest due of the others was due at its end
   */
  record Part(
      String name,
      double seconds,
      long calls,
      int most,
      long live,
      double half,
      double last,
      long others,
      double lag) {}

  @Override
  public boolean holds() {
    return Check.hold(checks);
  }

  /** The rules that did not hold. */
  public List<String> broken() {
    return checks.stream().filter(c -> c.broken() > 0).map(Check::name).toList();
  }

  /** What a rule was held against; 0 where there is no such rule. */
  public long examined(String name) {
    return checks.stream().filter(c -> c.name().equals(name)).mapToLong(Check::examined).sum();
  }

  @Override
  public void print(PrintWriter out) {
    out.println();
    out.printf(
        "%-28s %8s %8s %10s %10s %10s %10s %10s %10s%n",
        "PART",
        "SECONDS",
        "CALLS",
        "MOST/MIN",
        "LIVE",
        "HALF LATE",
        "LAST LATE",
        "OTHERS",
        "THEIR LAG");
    for (Part part : parts) {
      out.printf(
          Locale.ROOT,
          "%-28s %8.0f %,8d %,10d %,10d %8.1f s %8.1f s %,10d %8.0f s%n",
          part.name(),
          part.seconds(),
          part.calls(),
          part.most(),
          part.live(),
          part.half(),
          part.last(),
          part.others(),
          part.lag());
    }
    out.println();
    Check.print(checks, out);
    out.printf("seed    %d%n", seed);
    out.println(holds() ? "result  every rule held" : "result  BROKEN, see above");
    out.flush();
  }

  @Override
  public ObjectNode json() {
    ObjectNode json = JSON.createObjectNode().put("seed", seed);
    ArrayNode told = json.putArray("parts");
    for (Part part : parts) {
      told.addObject()
          .put("part", part.name())
          .put("seconds", part.seconds())
          .put("calls", part.calls())
          .put("most_in_a_minute", part.most())
          .put("live_answers", part.live())
          .put("half_late_seconds", part.half())
          .put("last_late_seconds", part.last())
          .put("other_answers", part.others())
          .put("other_lag_seconds", part.lag());
    }
    Check.json(checks, json.putArray("checks"));
    return json.put("holds", holds());
  }
}
