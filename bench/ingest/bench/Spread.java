package ingest.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The middle of some measurements and how far they lie apart. */
record Spread(double median, double min, double max) {
  /** Of an even number of values the median is the mean of the middle two. */
  static Spread of(Collection<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no values");
    }
    List<Double> sorted = values.stream().sorted().toList();
    int n = sorted.size();
    double median = (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    return new Spread(median, sorted.get(0), sorted.get(n - 1));
  }

  static <T> Spread of(Collection<T> items, ToDoubleFunction<T> value) {
    return of(items.stream().map(value::applyAsDouble).toList());
  }

  ObjectNode json() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("median", median)
        .put("min", min)
        .put("max", max);
  }
}
