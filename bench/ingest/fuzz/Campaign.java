package ingest.fuzz;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One subject under many broken calls. The same seed breaks the same calls the same way. */
final class Campaign {
  /** Findings that are told whole; one fault is usually found many times. */
  private static final int MOST_TOLD = 5;

  private final Subject subject;
  private final long seed;
  private final int inputs;
  private final Map<String, Integer> outcomes = new TreeMap<>();
  private final List<String> told = new ArrayList<>();
  private int findings;
  private long nanos;

  Campaign(Subject subject, long seed, int inputs) {
    this.subject = subject;
    this.seed = seed;
    this.inputs = inputs;
  }

  /** {@code progress}: hears of every tenth part. */
  Campaign run(PrintWriter progress) {
    long begun = System.nanoTime();
    for (int input = 0; input < inputs; input++) {
      if (inputs >= 10 && input > 0 && input % (inputs / 10) == 0) {
        progress.printf("%s: %,d of %,d%n", subject.name(), input, inputs);
        progress.flush();
      }
      Sample call = Mutation.broken(subject.genuine(), new Random(seed * 1_000_003 + input));
      String wrong = taken(call);
      if (wrong != null) {
        findings++;
        if (told.size() < MOST_TOLD) {
          told.add(
              "%s, seed %d, input %d: %s: %s".formatted(subject.name(), seed, input, wrong, call));
        }
      }
    }
    nanos = System.nanoTime() - begun;
    return this;
  }

  @SuppressWarnings("CatchThrowable") // whatever escapes is what is looked for, errors as well
  private @Nullable String taken(Sample call) {
    try {
      Subject.Taken taken = subject.take(call);
      outcomes.merge(taken.outcome(), 1, Integer::sum);
      return taken.wrong();
    } catch (Throwable e) {
      outcomes.merge("escaped", 1, Integer::sum);
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      return "escaped: " + trace.toString().lines().limit(12).toList();
    }
  }

  boolean holds() {
    return findings == 0;
  }

  int inputs() {
    return inputs;
  }

  Map<String, Integer> outcomes() {
    return outcomes;
  }

  List<String> told() {
    return told;
  }

  void print(PrintWriter out) {
    out.printf(
        "%-20s %,9d inputs  %3d s  %s  %s%n",
        subject.name(),
        inputs,
        Duration.ofNanos(nanos).toSeconds(),
        holds() ? "holds" : "%,d findings".formatted(findings),
        outcomes);
    told.forEach(finding -> out.println("  " + finding));
    out.flush();
  }

  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("subject", subject.name()).put("inputs", inputs).put("findings", findings);
    json.put("seconds", Duration.ofNanos(nanos).toMillis() / 1000.0);
    ObjectNode counted = json.putObject("outcomes");
    outcomes.forEach(counted::put);
    told.forEach(json.putArray("told")::add);
    return json;
  }
}
