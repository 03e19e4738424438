package ingest.trial;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What a route test gives, and what of it nobody asked for. */
final class GivenByTest implements Given {
  private final RouteTest test;
  private final Map<String, List<Answer>> answers;
  private final Map<String, List<Map<String, Object>>> rows;
  private final Map<String, Integer> used = new HashMap<>();
  private final Set<String> queried = new TreeSet<>();

  GivenByTest(RouteTest test) {
    this.test = test;
    this.answers = test.answers();
    this.rows = test.rows();
  }

  @Override
  public synchronized Optional<Answer> answer(Step step, String url, boolean token) {
    for (Map.Entry<String, List<Answer>> stated : answers.entrySet()) {
      String key = stated.getKey();
      if (key.equals(step.id()) || (key.contains("/") && url.contains(key))) {
        int number = used.merge(key, 1, Integer::sum) - 1;
        List<Answer> sequence = stated.getValue();
        return test.repeats(key)
            ? Optional.of(sequence.get(0))
            : number < sequence.size() ? Optional.of(sequence.get(number)) : Optional.empty();
      }
    }
    return Optional.empty();
  }

  @Override
  public synchronized Optional<List<Map<String, Object>>> rows(Step step) {
    queried.add(step.id());
    return Optional.ofNullable(rows.get(step.id()));
  }

  /** By pointer below {@code given}: what was stated and never asked for. */
  synchronized Map<String, String> unused() {
    Map<String, String> unused = new HashMap<>();
    for (Map.Entry<String, List<Answer>> stated : answers.entrySet()) {
      int asked = used.getOrDefault(stated.getKey(), 0);
      int given = test.repeats(stated.getKey()) ? 1 : stated.getValue().size();
      if (asked < given) {
        unused.put(
            "/answers/" + stated.getKey().replace("~", "~0").replace("/", "~1"),
            "the answers of %s: %d given, asked for %d times"
                .formatted(stated.getKey(), given, asked));
      }
    }
    for (String step : rows.keySet()) {
      if (!queried.contains(step)) {
        unused.put("/rows/" + step, "the rows of %s were not asked for".formatted(step));
      }
    }
    return unused;
  }
}
