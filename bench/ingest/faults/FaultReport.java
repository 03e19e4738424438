package ingest.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.load.Tally;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a run did part by part, measured and proved. */
public final class FaultReport implements Verdict {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final long seed;
  private final Map<String, Map<String, Double>> figures = new LinkedHashMap<>();
  private final List<Check> checks = new ArrayList<>();
  private boolean loaded = true;

  FaultReport(long seed) {
    this.seed = seed;
  }

  void figure(String part, String name, double value) {
    figures.computeIfAbsent(part, p -> new LinkedHashMap<>()).put(name, value);
  }

  void figure(String part, String name, long value) {
    figure(part, name, (double) value);
  }

  /** What became of some calls, under names that begin with {@code when}. */
  void figures(String part, String when, Tally tally) {
    figure(part, when + " calls", tally.total());
    figure(part, when + " 2xx/s", tally.perSecond());
    figure(part, when + " share of 2xx", tally.share());
    figure(part, when + " 503", tally.of(503));
    figure(part, when + " no answer", tally.of(0));
    figure(part, when + " p50 ms", tally.millis(50));
    figure(part, when + " p99 ms", tally.millis(99));
    figure(part, when + " longest answer ms", tally.longestMillis());
  }

  void check(String name, long examined, List<String> broken) {
    checks.add(new Check(name, examined, broken.size(), broken.stream().limit(3).toList()));
  }

  void checks(List<Check> held) {
    checks.addAll(held);
  }

  /** The load was less than what was asked for. */
  void tooLittle() {
    loaded = false;
  }

  /** True when the load was what was asked for. */
  public boolean loaded() {
    return loaded;
  }

  @Override
  public boolean holds() {
    return Check.hold(checks);
  }

  @Override
  public boolean passed() {
    return holds() && loaded;
  }

  /** What a rule was held against; 0 where there is no such rule. */
  public long examined(String name) {
    return checks.stream().filter(c -> c.name().equals(name)).mapToLong(Check::examined).sum();
  }

  @Override
  public void print(PrintWriter out) {
    out.println();
    figures.forEach(
        (part, values) -> {
          out.println(part);
          values.forEach(
              (name, value) -> out.printf(Locale.ROOT, "  %-40s %,14.2f%n", name, value));
        });
    out.println();
    Check.print(checks, out);
    out.printf("seed    %d%n", seed);
    if (!loaded) {
      out.println("load    LESS THAN what was asked for");
    }
    out.println(holds() ? "result  every rule held" : "result  BROKEN, see above");
    out.flush();
  }

  @Override
  public ObjectNode json() {
    ObjectNode json = JSON.createObjectNode().put("seed", seed);
    ObjectNode parts = json.putObject("figures");
    figures.forEach(
        (part, values) -> {
          ObjectNode told = parts.putObject(part);
          values.forEach(told::put);
        });
    Check.json(checks, json.putArray("checks"));
    return json.put("holds", holds()).put("loaded", loaded);
  }
}
