package ingest.settings;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hides what nobody may read over a shoulder or in a ticket: settings that are secrets by their
 * name or come from a secrets file, credentials within an address, and either of them wherever else
 * it is repeated. It hides too much rather than too little.
 */
public final class Mask {
  /** What stands in the place of a secret. */
  public static final String HIDDEN = "***";

  private static final Pattern SECRET_WORD =
      Pattern.compile(
          ".*(secret|token|password|passwd|passphrase|credential|apikey)s?"
              + "|pass|pwd|bearer|auth|authorization|cookie|sig|signature");

  /** What a secret's name may end with, and then is where it is and not what it is. */
  private static final Set<String> PLACES = Set.of("dir", "url", "uri", "file", "path", "ttl");

  /** Credentials in an address: up to the last @, since a password may hold any sign. */
  private static final Pattern CREDENTIALS =
      Pattern.compile("(?s)//(?:[A-Za-z0-9._-]+:)?(?<hidden>.*)@");

  /** The same where the scheme was forgotten. */
  private static final Pattern BARE_CREDENTIALS = Pattern.compile("(?s)^(?!.*//)(?<hidden>.*)@");

  /** The password alone, which may stand in other texts by itself. */
  private static final Pattern PASSWORD = Pattern.compile("//[^/@:]*:([^/@]+)@");

  /** A parameter of an address, or of a DSN in words. */
  private static final Pattern PARAMETER =
      Pattern.compile(
          "(?<![A-Za-z0-9._-])(?<name>[A-Za-z0-9._-]+)\\s*=\\s*(?<hidden>'(?:[^'\\\\]|\\\\.)*'|[^&\\s]*)");

  /** What is shorter stands in other values by chance. */
  private static final int SHORTEST = 6;

  /** The longest first: a secret may be the beginning of another. */
  private final List<String> secrets;

  private Mask(List<String> secrets) {
    this.secrets = secrets;
  }

  /** Knows the secrets among {@code settings}. */
  public static Mask of(List<Setting> settings) {
    List<String> secrets = new ArrayList<>();
    for (Setting setting : settings) {
      if (isSecret(setting)) {
        for (String part : List.of(setting.value(), setting.standard())) {
          secrets.add(part);
          secrets.addAll(List.of(part.split("[,\\s]+", -1)));
        }
      } else if (isAddress(setting)) {
        PASSWORD.matcher(setting.value()).results().forEach(p -> secrets.add(p.group(1)));
      }
    }
    return new Mask(
        secrets.stream()
            .filter(s -> s.length() >= SHORTEST)
            .distinct()
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList());
  }

  /** Whether the whole value is hidden. */
  public boolean hides(Setting setting) {
    return setting.isSet() && isSecret(setting);
  }

  /** The value as it may be shown. */
  public String value(Setting setting) {
    return isSecret(setting) ? HIDDEN : shown(setting, setting.value());
  }

  /** The default as it may be shown. */
  public String standard(Setting setting) {
    return isSecret(setting) ? HIDDEN : shown(setting, setting.standard());
  }

  /** A header's value as it may be shown: of a secret one its scheme alone. */
  public String header(String name, String value) {
    if (!isSecret(name)) {
      return text(value);
    }
    int scheme = value.indexOf(' ');
    return name.toLowerCase(Locale.ROOT).endsWith("authorization") && scheme > 0
        ? value.substring(0, scheme + 1) + HIDDEN
        : HIDDEN;
  }

  /** Any text as it may be shown, such as a URL, a body or a line of a log. */
  public String text(String text) {
    return shown(text, new BitSet());
  }

  private static boolean isSecret(Setting setting) {
    return isSecret(setting.key())
        || (setting.origin().equals(Settings.SECRETS_FILE) && !isAddress(setting));
  }

  /** An address in a secrets file shows its host: the credentials in it are hidden anyway. */
  private static boolean isAddress(Setting setting) {
    return Settings.canonical(setting.key()).matches(".*\\.(url|uri)");
  }

  private static boolean isSecret(String name) {
    List<String> words =
        List.of(
            Settings.canonical(name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", ".")).split("\\.", -1));
    if (PLACES.contains(words.get(words.size() - 1))) {
      return false;
    }
    for (int i = 0; i < words.size(); i++) {
      boolean key = words.get(i).equals("key") || words.get(i).equals("keys");
      if (SECRET_WORD.matcher(words.get(i)).matches()
          || (key && (i == 0 || !words.get(i - 1).equals("public")))) {
        return true;
      }
    }
    return false;
  }

  private String shown(Setting setting, String value) {
    BitSet hidden = new BitSet();
    hide(CREDENTIALS.matcher(value), hidden);
    if (isAddress(setting)) {
      hide(BARE_CREDENTIALS.matcher(value), hidden);
    }
    return shown(value, hidden);
  }

  private String shown(String value, BitSet hidden) {
    Matcher parameter = PARAMETER.matcher(value);
    while (parameter.find()) {
      if (isSecret(parameter.group("name"))) {
        hidden.set(parameter.start("hidden"), parameter.end("hidden"));
      }
    }
    for (String secret : secrets) {
      for (int at = value.indexOf(secret); at >= 0; at = value.indexOf(secret, at + 1)) {
        hidden.set(at, at + secret.length());
      }
    }
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      if (!hidden.get(i)) {
        shown.append(value.charAt(i));
      } else if (i == 0 || !hidden.get(i - 1)) {
        shown.append(HIDDEN);
      }
    }
    return shown.toString();
  }

  private static void hide(Matcher matcher, BitSet hidden) {
    if (matcher.find()) {
      hidden.set(matcher.start("hidden"), matcher.end("hidden"));
    }
  }
}
