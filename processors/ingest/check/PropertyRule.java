package ingest.check;

import ingest.maintenance.Horizons;
import ingest.settings.Kind;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.tooling.model.MainModel;

/**
 * What application.properties and the files of environments keep to. Each rule tells what breaks it
 * and what to do. What only Java tells, such as a key that nobody reads, is left to the build.
 */
enum PropertyRule {
  A_KEY_IS_DECLARED_ONCE(PropertyRule::twice),
  A_KEY_NAMES_ITS_ENVIRONMENT_VARIABLE(PropertyRule::unnamed),
  A_VALUE_NAMES_DECLARED_KEYS(PropertyRule::unknown),
  CAMEL_KNOWS_ITS_KEYS(PropertyRule::camel),
  EVERY_POLLER_CAN_BE_SWITCHED_OFF(PropertyRule::unswitched),
  AN_ENVIRONMENTS_FILE_SETS_DECLARED_KEYS(PropertyRule::strange),
  AN_ENVIRONMENTS_VALUE_IS_OF_ITS_DEFAULTS_KIND(PropertyRule::unkind),
  AN_ID_IS_KEPT_FOR_AS_LONG_AS_ITS_EVENT_CAN_COME_AGAIN(PropertyRule::horizons);

  /**
   * Keys that begin with the name of a target, so that application.properties cannot know them; it
   * names them in the comment of ingest.target-envs.
   */
  static final Pattern PER_TARGET =
      Pattern.compile("[a-z][a-z0-9-]*\\.(" + String.join("|", Settings.PER_TARGET) + ")");

  @SuppressWarnings("ImmutableEnumChecker") // a function of its arguments, like all of them here
  private final BiConsumer<RouteTree, Told> check;

  PropertyRule(BiConsumer<RouteTree, Told> check) {
    this.check = check;
  }

  /** What breaks this rule; empty when it is kept. */
  List<Finding> broken(RouteTree tree) {
    List<Finding> findings = new ArrayList<>();
    check.accept(
        tree,
        (file, line, message) -> findings.add(new Finding(file, line, Check.name(this), message)));
    return findings;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static List<ApplicationProperties.Entry> declared(RouteTree tree) {
    return ApplicationProperties.read(tree.root()).entries();
  }

  private static Map<String, ApplicationProperties> everyFile(RouteTree tree) {
    Map<String, ApplicationProperties> files =
        new TreeMap<>(ApplicationProperties.ofEnvironments(tree.root()));
    files.put(ApplicationProperties.FILE, ApplicationProperties.read(tree.root()));
    return files;
  }

  /** Also in two spellings: settings do not tell dots from dashes. */
  private static void twice(RouteTree tree, Told told) {
    everyFile(tree)
        .forEach(
            (file, properties) -> {
              Map<String, ApplicationProperties.Entry> first = new TreeMap<>();
              for (ApplicationProperties.Entry entry : properties.entries()) {
                ApplicationProperties.Entry other =
                    first.putIfAbsent(Settings.variable(entry.key()), entry);
                if (other != null) {
                  told.at(
                      file,
                      entry.line(),
                      "%s is declared in line %d too; keep one"
                          .formatted(entry.key(), other.line()));
                }
              }
            });
  }

  private static void unnamed(RouteTree tree, Told told) {
    for (ApplicationProperties.Entry entry : declared(tree)) {
      String variable = Settings.variable(entry.key());
      if (!entry.key().startsWith("camel.")
          && !Pattern.compile("\\b" + variable + "\\b").matcher(entry.comment()).find()) {
        told.at(
            ApplicationProperties.FILE,
            entry.line(),
            "%s has no comment right above it with %s; say there what it does"
                .formatted(entry.key(), variable));
      }
    }
  }

  private static void unknown(RouteTree tree, Told told) {
    everyFile(tree)
        .forEach(
            (file, properties) -> {
              for (ApplicationProperties.Entry entry : properties.entries()) {
                Matcher matcher = Values.PLACEHOLDER.matcher(entry.value());
                while (matcher.find()) {
                  String key = matcher.group(1);
                  if (!tree.keys().contains(key) && !key.contains(":")) {
                    told.at(
                        file,
                        entry.line(),
                        "%s: {{%s}} is declared nowhere; declare it in application.properties%s"
                            .formatted(entry.key(), key, Nearest.hint(key, tree.keys())));
                  }
                }
              }
            });
  }

  /** A start stops at a key that Camel does not know. */
  private static void camel(RouteTree tree, Told told) {
    MainModel main = Catalog.CAMEL.mainModel();
    Map<String, String> known =
        main.getOptions().stream()
            .collect(Collectors.toMap(o -> plain(o.getName()), o -> o.getName(), (a, b) -> a));
    Set<String> groups =
        known.values().stream().map(PropertyRule::group).collect(Collectors.toSet());
    for (ApplicationProperties.Entry entry : declared(tree)) {
      if (groups.contains(group(entry.key()))
          && known.keySet().stream().noneMatch(k -> isIn(plain(entry.key()), k))) {
        told.at(
            ApplicationProperties.FILE,
            entry.line(),
            "Camel knows no '%s'%s"
                .formatted(entry.key(), Nearest.hint(entry.key(), known.values())));
      }
    }
  }

  /** In one spelling: {@code camel.main.jmx-enabled} is {@code camel.main.jmxEnabled}. */
  private static String plain(String key) {
    return key.replace("-", "").toLowerCase(Locale.ROOT);
  }

  private static boolean isIn(String key, String known) {
    return key.equals(known) || key.startsWith(known + ".") || key.startsWith(known + "[");
  }

  private static String group(String key) {
    return Stream.of(key.split("\\.")).limit(2).collect(Collectors.joining("."));
  }

  private static void unswitched(RouteTree tree, Told told) {
    for (RouteFile file : tree.files()) {
      String key = switchOf(file.id());
      if (isPoller(file) && !standsAlone(file) && !tree.keys().contains(key)) {
        told.at(
            file,
            file.from(),
            "cannot be switched off; declare %s in application.properties".formatted(key));
      }
    }
  }

  /**
   * Its schedule stands in the route: nothing of it is in application.properties, its switch is on
   * and can be overridden.
   */
  private static boolean standsAlone(RouteFile file) {
    String cron = file.route().path("from").path("parameters").path("cron").asText();
    return !cron.isEmpty() && !cron.contains("{{");
  }

  static boolean isPoller(RouteFile file) {
    return file.from().is("quartz") && file.from().path().startsWith("poll/");
  }

  static String switchOf(String poller) {
    return "poll." + poller + ".enabled";
  }

  private static void strange(RouteTree tree, Told told) {
    Set<String> declared = new TreeSet<>();
    declared(tree).forEach(e -> declared.add(e.key()));
    ApplicationProperties.ofEnvironments(tree.root())
        .forEach(
            (file, properties) ->
                properties.entries().stream()
                    .filter(e -> !declared.contains(e.key()))
                    .filter(e -> !PER_TARGET.matcher(e.key()).matches())
                    .forEach(
                        e ->
                            told.at(
                                file,
                                e.line(),
                                "%s is not declared in application.properties; declare it there too%s"
                                    .formatted(e.key(), Nearest.hint(e.key(), declared)))));
  }

  private static void unkind(RouteTree tree, Told told) {
    Map<String, String> standards = new TreeMap<>();
    declared(tree).forEach(e -> standards.put(e.key(), e.value()));
    ApplicationProperties.ofEnvironments(tree.root())
        .forEach(
            (file, properties) -> {
              for (ApplicationProperties.Entry entry : properties.entries()) {
                String standard = standards.getOrDefault(entry.key(), "");
                Kind.of(standard)
                    .filter(kind -> !entry.value().isBlank() && !kind.fits(entry.value().strip()))
                    .ifPresent(
                        kind ->
                            told.at(
                                file,
                                entry.line(),
                                "%s: '%s' is not %s".formatted(entry.key(), entry.value(), kind)));
              }
            });
  }

  /** Told where a file sets the first of them. */
  private static void horizons(RouteTree tree, Told told) {
    everyFile(tree)
        .forEach(
            (file, properties) -> {
              Settings settings =
                  Settings.load(
                      tree.root(), Map.of("INGEST_ENV", ApplicationProperties.environment(file)));
              properties.entries().stream()
                  .filter(e -> Horizons.KEYS.contains(e.key()))
                  .filter(e -> Horizons.KEYS.stream().allMatch(settings::has))
                  .findFirst()
                  .ifPresent(
                      first -> {
                        try {
                          Horizons.of(settings);
                        } catch (SettingException e) {
                          told.at(file, first.line(), String.valueOf(e.getMessage()));
                        }
                      });
            });
  }
}
