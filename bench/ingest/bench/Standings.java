package ingest.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** What a race came to; the first line is the limit. */
record Standings(String race, List<Line> lines) {

  /** One contestant's runs, by round, beside those of the limit. */
  record Line(String name, List<Sample> samples, List<Sample> limit) {
    /** Of each round: our rate to that of the limit in the same round. */
    List<Double> ratios() {
      return IntStream.range(0, samples.size())
          .mapToObj(i -> samples.get(i).perSecond() / limit.get(i).perSecond())
          .toList();
    }

    Spread ratio() {
      return Spread.of(ratios());
    }

    Spread of(ToDoubleFunction<Sample> value) {
      return Spread.of(samples, value);
    }

    ObjectNode json() {
      ObjectNode line = JsonNodeFactory.instance.objectNode();
      line.put("name", name);
      line.put("events", samples.get(0).events());
      line.set("ratio", spread(ratio()));
      line.set("events_per_second", spread(of(Sample::perSecond)));
      line.set("wal_bytes_per_event", spread(of(Sample::walPerEvent)));
      line.set("own_cpu_micros_per_event", spread(of(Sample::ownMicrosPerEvent)));
      line.set("postgres_cpu_micros_per_event", spread(of(Sample::postgresMicrosPerEvent)));
      ArrayNode rounds = line.putArray("rounds");
      List<Double> ratios = ratios();
      for (int i = 0; i < samples.size(); i++) {
        Sample sample = samples.get(i);
        rounds
            .addObject()
            .put("ratio", ratios.get(i))
            .put("events", sample.events())
            .put("nanos", sample.nanos())
            .put("wal_bytes", sample.walBytes())
            .put("own_cpu_nanos", sample.ownCpu())
            .put("postgres_cpu_nanos", sample.postgresCpu());
      }
      return line;
    }
  }

  ObjectNode json() {
    ObjectNode standings = JsonNodeFactory.instance.objectNode();
    standings.put("race", race);
    standings.set("limit", lines.get(0).json());
    ArrayNode contestants = standings.putArray("contestants");
    lines.stream().skip(1).forEach(l -> contestants.add(l.json()));
    return standings;
  }

  private static ObjectNode spread(Spread spread) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("median", spread.median())
        .put("min", spread.min())
        .put("max", spread.max());
  }
}
