package ingest.trial;

import ingest.settings.Settings;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Keeps secrets out of what is told: by the name they go under, and by their value. */
public final class Masks {
  private static final String HIDDEN = "***";
  private static final Pattern NAME =
      Pattern.compile("(?i).*(authorization|cookie|secret|token|password|signature|api[-_]?key).*");
  private static final Pattern IN_QUERY =
      Pattern.compile(
          "(?i)([?&][^=&]*(?:secret|token|password|signature|api[-_]?key)[^=&]*=)[^&]*");

  /** Shorter ones would blot out words that are none. */
  private static final int SHORTEST = 6;

  private final List<String> values;

  public Masks(Settings settings) {
    this.values =
        settings.keys().stream()
            .filter(k -> NAME.matcher(k).matches() || k.toLowerCase(Locale.ROOT).endsWith("-url"))
            .flatMap(k -> settings.find(k).stream())
            .flatMap(Masks::secrets)
            .filter(v -> v.length() >= SHORTEST)
            .toList();
  }

  /** Of a URL only the password. */
  private static java.util.stream.Stream<String> secrets(String value) {
    if (!value.contains("://")) {
      return java.util.stream.Stream.of(value);
    }
    return Pattern.compile("://[^/@:]*:([^/@]+)@|[?&]password=([^&]+)")
        .matcher(value)
        .results()
        .map(m -> m.group(1) == null ? m.group(2) : m.group(1));
  }

  /** A header's value, or of a secret one its scheme alone. */
  public String header(String name, String value) {
    if (!NAME.matcher(name).matches()) {
      return text(value);
    }
    int scheme = value.indexOf(' ');
    return name.toLowerCase(Locale.ROOT).endsWith("authorization") && scheme > 0
        ? value.substring(0, scheme + 1) + HIDDEN
        : HIDDEN;
  }

  /** Any text, without the values of secret settings and secret query parameters. */
  public String text(String text) {
    String masked = IN_QUERY.matcher(text).replaceAll("$1" + HIDDEN);
    for (String value : values) {
      masked = masked.replace(value, HIDDEN);
    }
    return masked;
  }
}
