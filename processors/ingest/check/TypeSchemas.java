package ingest.check;

import ingest.envelope.EventTypes;
import ingest.envelope.InvalidSchema;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The JSON Schemas beside the routes, read by the rule by which the product reads them. */
final class TypeSchemas {
  private static final String SUFFIX = ".schema.json";
  private static final Pattern NOT_JSON = Pattern.compile("is not JSON, line ([0-9]+): .*");
  private static final Pattern PLACE = Pattern.compile("\\$([.\\[][^ ]*) breaks .*");
  private static final Pattern NAMED =
      Pattern.compile("(?:keyword )?(\\$?[A-Za-z][A-Za-z0-9_-]*) is not .*");

  private TypeSchemas() {}

  static void check(RouteTree tree, Told told) {
    tree.files(".json").stream()
        .filter(path -> !path.endsWith(SUFFIX))
        .forEach(path -> told.at(path, 1, "a schema is called <type>.schema.json"));
    if (tree.files(SUFFIX).isEmpty()) {
      return;
    }
    try {
      EventTypes.load(tree.root().resolve(tree.folder()));
    } catch (InvalidSchema e) {
      String.valueOf(e.getMessage()).lines().forEach(problem -> tell(tree, problem, told));
    }
  }

  private static void tell(RouteTree tree, String problem, Told told) {
    for (String path : tree.files(SUFFIX)) {
      String place = tree.root().resolve(path) + ": ";
      if (problem.startsWith(place)) {
        String what = problem.substring(place.length());
        told.at(path, line(tree.text(path), what), what);
        return;
      }
    }
    told.at(tree.folder(), 1, problem);
  }

  /** Of the place that the words name. */
  private static int line(String text, String what) {
    Matcher notJson = NOT_JSON.matcher(what);
    if (notJson.matches()) {
      return Integer.parseInt(notJson.group(1));
    }
    Lines lines = Lines.ofJson(text);
    String first = what.replaceFirst("^is not a JSON Schema: ", "").replaceFirst(";.*", "");
    Matcher place = PLACE.matcher(first);
    if (place.matches()) {
      return lines.of(place.group(1).replaceAll("[.\\[]", "/").replace("]", ""));
    }
    Matcher named = NAMED.matcher(first);
    return named.matches() ? lines.ofName(named.group(1)) : lines.of("");
  }
}
