package ingest.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** Results as a table for people and as JSON for programs. */
final class Report {
  private static final List<String> HEADINGS =
      List.of(
          "RATIO",
          "MIN",
          "MAX",
          "CPU ×",
          "EVENTS/S",
          "WAL B/EVENT",
          "OUR CPU µs",
          "POSTGRESQL'S",
          "STATEMENTS");

  /** A load per processor that is nobody's work. */
  private static final double IDLE = 0.25;

  private static final int NAME_WIDTH = 38;
  private static final int GAP = 2;

  private final ObjectNode json = JsonNodeFactory.instance.objectNode();
  private final ArrayNode sections = JsonNodeFactory.instance.arrayNode();
  private final PrintWriter out;

  Report(PrintWriter out, Plan plan, ObjectNode machine, ObjectNode postgresql) {
    this.out = out;
    json.put("rounds", plan.rounds());
    json.put("quick", plan.quick());
    json.put("connections", Workers.CONNECTIONS);
    json.put("event_bytes", Events.BYTES);
    json.set("machine", machine);
    json.set("postgresql", postgresql);
    json.set("sections", sections);
  }

  /** Prints a section as soon as it is run. */
  void add(Section section, List<Standings> races) {
    String name = section.name().toLowerCase(Locale.ROOT);
    ObjectNode added = sections.addObject().put("section", name).put("about", section.about());
    ArrayNode list = added.putArray("races");
    out.println();
    out.println(name + ": " + section.about());
    for (Standings standings : races) {
      list.add(standings.json());
      out.println();
      out.println(row(standings.race(), HEADINGS));
      out.println(
          row(standings.limit(), cells(List.of("1", "", "", "1"), standings.limitSamples())));
      for (Standings.Line line : standings.lines()) {
        out.println(row(line.name(), cells(ratios(line), line.samples())));
      }
      standings.lines().stream().flatMap(l -> l.notes().stream()).forEach(out::println);
    }
    out.flush();
  }

  /** Its table is printed by whoever measures it: it is no race. */
  void capacity(ObjectNode measured) {
    json.set(Capacity.NAME, measured);
  }

  ObjectNode json() {
    return json;
  }

  /** {@code races}: whether there were any. */
  void end(double loadBefore, double loadAfter, boolean races) {
    out.println();
    if (races) {
      out.println(
          "The first line of each table is the limit: what this machine's PostgreSQL does at");
      out.println(
          "most. Only ratios mean anything; other figures are for orientation, and of this run.");
    } else {
      out.println("Rows, WAL and disk hold for any machine; CPU is of this one, and of this run.");
    }
    if (races && loadBefore > IDLE * Runtime.getRuntime().availableProcessors()) {
      out.println(
          "Others used this machine (load %.1f before the first run): whoever has more threads got more of"
              .formatted(loadBefore));
      out.println("it than the limit did. RATIO is too high by that; CPU × is not.");
    }
    json.putObject("load").put("before", loadBefore).put("after", loadAfter);
    out.flush();
  }

  private static List<String> ratios(Standings.Line line) {
    Spread ratio = line.ratio();
    List<String> cells = new ArrayList<>();
    for (double value : new double[] {ratio.median(), ratio.min(), ratio.max()}) {
      cells.add("%.3f".formatted(value));
    }
    OptionalDouble cpu = line.cpuRatio();
    cells.add(cpu.isPresent() ? "%.1f".formatted(cpu.getAsDouble()) : "");
    return cells;
  }

  private static List<String> cells(List<String> ratio, List<Sample> samples) {
    List<String> cells = new ArrayList<>(ratio);
    for (Sample.Figure figure : Sample.Figure.values()) {
      double median = Spread.of(samples, figure::of).median();
      cells.add(
          figure == Sample.Figure.STATEMENTS_PER_EVENT
              ? median > 0 ? "%.3f".formatted(median) : ""
              : median < 100 ? "%.1f".formatted(median) : "%,.0f".formatted(median));
    }
    return cells;
  }

  private static String row(String name, List<String> cells) {
    StringBuilder row = new StringBuilder(name);
    row.append(" ".repeat(Math.max(0, NAME_WIDTH - name.length())));
    for (int i = 0; i < cells.size(); i++) {
      int width = Math.max(HEADINGS.get(i).length(), 7) + GAP;
      row.append(" ".repeat(Math.max(GAP, width - cells.get(i).length()))).append(cells.get(i));
    }
    return row.toString();
  }
}
