package ingest.check;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A statement of {@code routes/sql} as camel-sql reads it, which drops whole comment lines only.
 */
final class SqlText {
  private record Trap(Pattern pattern, String told) {
    Trap(String regex, String told) {
      this(Pattern.compile(regex), told);
    }
  }

  private static final List<Trap> TRAPS =
      List.of(
          new Trap(
              "\\{\\{",
              "{{ is not resolved in a file; set a header in the route and bind it as :#name"),
          new Trap("::", ":: reads like a parameter; write CAST(… AS type)"),
          new Trap("(?<![:\\w]):[A-Za-z_]", ":name goes to the driver as it is; write :#name"),
          new Trap(
              "(?<!:)#|\\?",
              "# and ? are parameters without a name, in a comment behind code too; write :#name"),
          new Trap("--.*:#", ":#name is bound in a comment behind code too; leave it out there"));

  private SqlText() {}

  /** Tells what is missing above the statement. */
  static void uncommented(String path, String text, Told told) {
    if (!text.startsWith("-- ")) {
      told.at(path, 1, "begins without a comment; say there what the statement does");
    }
  }

  /** Tells what Camel would bind otherwise than it reads. */
  static void unbound(String path, String text, Told told) {
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (!line.strip().startsWith("--")) {
        int number = i + 1;
        TRAPS.stream()
            .filter(t -> t.pattern().matcher(line).find())
            .forEach(t -> told.at(path, number, t.told()));
      }
    }
  }
}
