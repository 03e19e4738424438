package ingest.guards;

import ingest.settings.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What application.properties keeps to. Each rule tells what breaks it, and what to do. */
enum PropertyRule {
  A_KEY_THAT_JAVA_READS_IS_DECLARED(PropertyRule::undeclared),
  A_DECLARED_KEY_IS_USED(PropertyRule::unused),
  A_KEY_IS_DECLARED_ONCE(PropertyRule::twice),
  A_KEY_NAMES_ITS_ENVIRONMENT_VARIABLE(PropertyRule::unnamed),
  EVERY_POLLER_CAN_BE_SWITCHED_OFF(PropertyRule::unswitched),
  AN_ENVIRONMENTS_FILE_SETS_DECLARED_KEYS(PropertyRule::strange);

  /**
   * Keys that begin with the name of a target, so that application.properties cannot know them; it
   * names them in the comment of ingest.target-envs.
   */
  private static final Pattern PER_TARGET =
      Pattern.compile("[a-z][a-z0-9-]*\\.(internal-events-url|delivery-secret|types|batch)");

  @SuppressWarnings("ImmutableEnumChecker") // a function of its argument, like all of them here
  private final Function<Path, List<String>> check;

  PropertyRule(Function<Path, List<String>> check) {
    this.check = check;
  }

  /** What breaks this rule below {@code root}, one line each; empty when it is kept. */
  List<String> broken(Path root) {
    return check.apply(root);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static List<String> undeclared(Path root) {
    Set<String> declared = ApplicationProperties.read(root).keys();
    return JavaSettings.read(root).stream()
        .filter(used -> !declared.contains(used.key()))
        .filter(used -> !PER_TARGET.matcher(used.key()).matches())
        .map(
            used ->
                "%s: reads %s; declare it in application.properties, under a comment with %s"
                    .formatted(used.file(), used.key(), Settings.variable(used.key())))
        .toList();
  }

  private static List<String> unused(Path root) {
    ApplicationProperties properties = ApplicationProperties.read(root);
    Set<String> used = JavaSettings.literals(root);
    RouteTree.product(root)
        .files()
        .forEach(f -> f.texts((p, text) -> used.addAll(placeholders(text))));
    properties.entries().forEach(e -> used.addAll(placeholders(e.value())));
    pollers(root).forEach(p -> used.add(switchOf(p)));
    return properties.entries().stream()
        .filter(e -> !e.key().startsWith("camel.") && !used.contains(e.key()))
        .map(e -> at(e) + " is used nowhere; delete it")
        .toList();
  }

  private static Set<String> placeholders(String text) {
    return Pattern.compile("\\{\\{(.+?)}}")
        .matcher(text)
        .results()
        .map(r -> r.group(1))
        .collect(Collectors.toSet());
  }

  /** Also in two spellings: settings do not tell dots from dashes. */
  private static List<String> twice(Path root) {
    Map<String, ApplicationProperties.Entry> first = new TreeMap<>();
    List<String> told = new ArrayList<>();
    for (ApplicationProperties.Entry entry : ApplicationProperties.read(root).entries()) {
      ApplicationProperties.Entry other = first.putIfAbsent(Settings.variable(entry.key()), entry);
      if (other != null) {
        told.add("%s is declared in line %d too; keep one".formatted(at(entry), other.line()));
      }
    }
    return told;
  }

  private static List<String> unnamed(Path root) {
    return ApplicationProperties.read(root).entries().stream()
        .filter(e -> !e.key().startsWith("camel."))
        .filter(
            e ->
                !Pattern.compile("\\b" + Settings.variable(e.key()) + "\\b")
                    .matcher(e.comment())
                    .find())
        .map(
            e ->
                "%s has no comment right above it with %s; say there what it does"
                    .formatted(at(e), Settings.variable(e.key())))
        .toList();
  }

  private static List<String> unswitched(Path root) {
    Set<String> declared = ApplicationProperties.read(root).keys();
    return pollers(root).stream()
        .map(PropertyRule::switchOf)
        .filter(key -> !declared.contains(key))
        .map(key -> "application.properties: declare the poller's switch " + key)
        .toList();
  }

  private static Set<String> pollers(Path root) {
    Set<String> pollers = new TreeSet<>();
    for (RouteFile file : RouteTree.product(root).files()) {
      Endpoint from = Endpoint.of(file.route().path("from"));
      if (from.is("quartz") && from.path().startsWith("poll/")) {
        pollers.add(file.id());
      }
    }
    return pollers;
  }

  private static String switchOf(String poller) {
    return "poll." + poller + ".enabled";
  }

  private static List<String> strange(Path root) {
    Set<String> declared = ApplicationProperties.read(root).keys();
    List<String> told = new ArrayList<>();
    Map<String, ApplicationProperties> files = ApplicationProperties.ofEnvironments(root);
    files.forEach(
        (file, properties) ->
            properties.entries().stream()
                .filter(e -> !declared.contains(e.key()))
                .filter(e -> !PER_TARGET.matcher(e.key()).matches())
                .forEach(
                    e ->
                        told.add(
                            "%s:%d: %s is not declared in application.properties; declare it there too"
                                .formatted(file, e.line(), e.key()))));
    return told;
  }

  private static String at(ApplicationProperties.Entry entry) {
    return "application.properties:%d: %s".formatted(entry.line(), entry.key());
  }
}
