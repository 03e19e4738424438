package ingest.check;

import ingest.settings.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What application.properties and the Java sources keep to. The build alone holds it: an image has
 * no sources.
 */
enum SourceRule {
  A_KEY_THAT_JAVA_READS_IS_DECLARED(SourceRule::undeclared),
  A_DECLARED_KEY_IS_USED(SourceRule::unused);

  @SuppressWarnings("ImmutableEnumChecker") // a function of its argument, like all of them here
  private final Function<Path, List<String>> check;

  SourceRule(Function<Path, List<String>> check) {
    this.check = check;
  }

  /** What breaks this rule below {@code root}, one line each; empty when it is kept. */
  List<String> broken(Path root) {
    return check.apply(root);
  }

  private static List<String> undeclared(Path root) {
    Set<String> declared = ApplicationProperties.read(root).keys();
    return JavaSettings.read(root).stream()
        .filter(used -> !declared.contains(used.key()))
        .filter(used -> !PropertyRule.PER_TARGET.matcher(used.key()).matches())
        .map(
            used ->
                "%s: reads %s; declare it in application.properties, under a comment with %s"
                    .formatted(used.file(), used.key(), Settings.variable(used.key())))
        .toList();
  }

  private static List<String> unused(Path root) {
    ApplicationProperties properties = ApplicationProperties.read(root);
    Set<String> used = JavaSettings.literals(root);
    for (RouteFile file : RouteTree.routeFiles(root, "routes")) {
      file.texts((p, text) -> used.addAll(placeholders(text)));
      if (PropertyRule.isPoller(file)) {
        used.add(PropertyRule.switchOf(file.id()));
      }
    }
    properties.entries().forEach(e -> used.addAll(placeholders(e.value())));
    return properties.entries().stream()
        .filter(e -> !e.key().startsWith("camel.") && !used.contains(e.key()))
        .filter(e -> !used.contains(e.key().substring(e.key().lastIndexOf('.')))) // of a family
        .map(
            e ->
                "application.properties:%d: %s is used nowhere; delete it"
                    .formatted(e.line(), e.key()))
        .toList();
  }

  private static Set<String> placeholders(String text) {
    return Pattern.compile("\\{\\{(.+?)}}")
        .matcher(text)
        .results()
        .map(r -> r.group(1))
        .collect(Collectors.toSet());
  }
}
