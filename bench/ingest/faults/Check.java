package ingest.faults;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * A rule and how it held.
 *
 * @param examined what it was held against
 * @param broken how much of that breaks it
 * @param told the first of what breaks it, each with its history
 */
record Check(String name, long examined, long broken, List<String> told) {

  /** A rule about one thing. */
  static Check of(String name, List<String> broken) {
    return new Check(name, 1, broken.isEmpty() ? 0 : 1, broken);
  }

  /** What is broken first, with its histories; then all of them. */
  static void print(List<Check> checks, PrintWriter out) {
    for (Check check : checks) {
      if (check.broken() > 0) {
        out.println("broken: " + check.name());
        check.told().forEach(line -> out.println("  " + line));
        out.println();
      }
    }
    out.printf(Locale.ROOT, "%-44s %9s %9s%n", "CHECK", "EXAMINED", "BROKEN");
    for (Check check : checks) {
      out.printf(Locale.ROOT, "%-44s %,9d %,9d%n", check.name(), check.examined(), check.broken());
    }
    out.println();
  }

  /** The same for a program. */
  static void json(List<Check> checks, ArrayNode rules) {
    for (Check check : checks) {
      ObjectNode rule =
          rules
              .addObject()
              .put("check", check.name())
              .put("examined", check.examined())
              .put("broken", check.broken());
      ArrayNode told = rule.putArray("told");
      check.told().forEach(told::add);
    }
  }

  /** True when every rule held for everything it was held against. */
  static boolean hold(List<Check> checks) {
    return checks.stream().allMatch(check -> check.broken() == 0);
  }
}
