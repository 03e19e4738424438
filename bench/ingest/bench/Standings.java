package ingest.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/** What a race came to. */
record Standings(String race, String limit, List<Line> lines) {

  /** A contestant's run and the run of the limit beside it. */
  record Pair(Sample limit, Sample contestant) {
    double ratio() {
      return contestant.perSecond() / limit.perSecond();
    }

    private ObjectNode json() {
      ObjectNode pair = JsonNodeFactory.instance.objectNode();
      pair.put("ratio", ratio());
      pair.set("limit", limit.json());
      pair.set("contestant", contestant.json());
      return pair;
    }
  }

  /** One contestant's pairs, by round. */
  record Line(String name, List<Pair> pairs, List<String> notes) {
    Spread ratio() {
      return Spread.of(pairs, Pair::ratio);
    }

    /**
     * CPU per event to that of the limit, over all rounds: the kernel counts in steps too long for
     * a single short one. Empty where the server's cannot be told.
     */
    OptionalDouble cpuRatio() {
      double limit = pairs.stream().mapToDouble(p -> p.limit.cpuPerEvent()).sum();
      double ours = pairs.stream().mapToDouble(p -> p.contestant.cpuPerEvent()).sum();
      boolean told = pairs.stream().anyMatch(p -> p.limit.postgresCpu() > 0);
      return told ? OptionalDouble.of(ours / limit) : OptionalDouble.empty();
    }

    List<Sample> samples() {
      return pairs.stream().map(Pair::contestant).toList();
    }

    private ObjectNode json() {
      ObjectNode line = figures(name, samples());
      line.set("ratio", ratio().json());
      cpuRatio().ifPresent(r -> line.put("cpu_ratio", r));
      ArrayNode told = line.putArray("notes");
      notes.forEach(told::add);
      ArrayNode rounds = line.putArray("rounds");
      pairs.forEach(p -> rounds.add(p.json()));
      return line;
    }
  }

  /** Every run of the limit, beside whomever it was. */
  List<Sample> limitSamples() {
    return lines.stream().flatMap(l -> l.pairs.stream()).map(Pair::limit).toList();
  }

  ObjectNode json() {
    ObjectNode standings = JsonNodeFactory.instance.objectNode();
    standings.put("race", race);
    standings.set("limit", figures(limit, limitSamples()));
    ArrayNode contestants = standings.putArray("contestants");
    lines.forEach(l -> contestants.add(l.json()));
    return standings;
  }

  private static ObjectNode figures(String name, List<Sample> samples) {
    ObjectNode figures = JsonNodeFactory.instance.objectNode();
    figures.put("name", name);
    figures.put("events", samples.get(0).events());
    Stream.of(Sample.Figure.values())
        .forEach(f -> figures.set(f.key(), Spread.of(samples, f::of).json()));
    return figures;
  }
}
