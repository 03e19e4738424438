package ingest.check;

import ingest.settings.Settings;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code {{key}}} stands for in a process that starts with these settings. */
final class Values {
  static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(.*?)}}");

  /** What the start works out from settings for preconditions, and nobody sets. */
  static final Set<String> WORKED_OUT =
      Set.of("role.ingest", "role.webhooks", "role.env", "archive");

  /** A value may name another key, which may name another; this many levels are followed. */
  private static final int DEEP = 5;

  /** Where a key got its value. */
  record Place(String file, int line) {}

  private final Settings settings;
  private final Map<String, ApplicationProperties> files = new HashMap<>();

  Values(Settings settings, Map<String, ApplicationProperties> files) {
    this.settings = settings;
    this.files.putAll(files);
  }

  /** With the values of the keys that have one; the others stay as they are. */
  String in(String text) {
    String resolved = text;
    for (int level = 0; level < DEEP && resolved.contains("{{"); level++) {
      resolved =
          PLACEHOLDER
              .matcher(resolved)
              .replaceAll(m -> Matcher.quoteReplacement(value(m.group(1)).orElse(m.group())));
    }
    return resolved;
  }

  private Optional<String> value(String key) {
    return WORKED_OUT.contains(key) ? Optional.of("on") : settings.find(key);
  }

  /** Where the value stands that {@code text} stands for, when that is a line of a file. */
  Optional<Place> place(String text) {
    Matcher whole = PLACEHOLDER.matcher(text.strip());
    if (!whole.matches()) {
      return Optional.empty();
    }
    String variable = Settings.variable(whole.group(1));
    return settings
        .origin(whole.group(1))
        .flatMap(
            file ->
                Optional.ofNullable(files.get(file)).stream()
                    .flatMap(properties -> properties.entries().stream())
                    .filter(e -> Settings.variable(e.key()).equals(variable))
                    .map(e -> new Place(file, e.line()))
                    .findFirst());
  }
}
