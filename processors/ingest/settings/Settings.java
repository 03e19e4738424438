package ingest.settings;

import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The effective settings of one process, with the place each came from.
 *
 * <p>Precedence, first wins: environment, a file of the secrets folder, {@code
 * application-<env>.properties}, {@code application.properties}. One rule relates the names: the
 * key {@code kick.client-id} is the variable and the secrets file {@code KICK_CLIENT_ID}. An empty
 * value is no value.
 */
public final class Settings {
  /** The origin of what the process was started with. */
  public static final String ENVIRONMENT = "environment";

  /** The origin of what a file of the secrets folder holds. */
  public static final String SECRETS_FILE = "secrets file";

  /** What a target has settings for, behind its name; the first two it has to have. */
  public static final List<String> PER_TARGET =
      List.of("internal-events-url", "delivery-secret", "types", "batch");

  private static final String DECLARATIONS = "application.properties";

  /** By canonical key: lower case, words parted by dots. */
  private final Map<String, Setting> settings;

  /** Hears of each key that is asked for. */
  private final Consumer<String> asked;

  private Settings(Map<String, Setting> settings) {
    this(settings, key -> {});
  }

  private Settings(Map<String, Setting> settings, Consumer<String> asked) {
    this.settings = settings;
    this.asked = asked;
  }

  /**
   * Reads the layers below {@code root}.
   *
   * @throws SettingException when a file is there and cannot be read
   */
  public static Settings load(Path root, Map<String, String> environment) {
    Map<String, Setting> settings = new TreeMap<>();
    layer(settings, DECLARATIONS, read(root.resolve(DECLARATIONS)));
    Settings declared = new Settings(settings);
    declared
        .with(ENVIRONMENT, environment)
        .find("ingest.env")
        .map(env -> "application-" + env + ".properties")
        .ifPresent(file -> layer(settings, file, read(root.resolve(file))));
    declared
        .with(ENVIRONMENT, environment)
        .find("secrets.dir")
        .ifPresent(folder -> layer(settings, SECRETS_FILE, readSecrets(root.resolve(folder))));
    return declared.with(ENVIRONMENT, environment);
  }

  /** The same settings with {@code added} in front of every layer, from {@code origin}. */
  public Settings with(String origin, Map<String, String> added) {
    Map<String, Setting> copy = new TreeMap<>(settings);
    layer(copy, origin, added);
    return new Settings(copy, asked);
  }

  /** The same settings, which tell {@code asked} each key that is asked for, canonical. */
  public Settings telling(Consumer<String> asked) {
    return new Settings(settings, asked);
  }

  /** What came from one place, such as {@code environment}. */
  public Map<String, String> from(String origin) {
    return settings.values().stream()
        .filter(s -> s.origin().equals(origin))
        .collect(Collectors.toMap(Setting::key, Setting::value));
  }

  /** The environment variable and secrets file that sets {@code key}. */
  public static String variable(String key) {
    return key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
  }

  public Optional<String> find(String key) {
    asked.accept(canonical(key));
    return Optional.ofNullable(settings.get(canonical(key)))
        .map(Setting::value)
        .filter(v -> !v.isEmpty());
  }

  public boolean has(String key) {
    return find(key).isPresent();
  }

  /**
   * The value of a key that has to have one.
   *
   * @throws SettingException when it has none
   */
  public String text(String key) {
    return find(key)
        .orElseThrow(
            () ->
                new SettingException(
                    "%s is not set: set the environment variable %s, a file of that name in SECRETS_DIR, or %s in application.properties"
                        .formatted(variable(key), variable(key), key)));
  }

  public List<String> list(String key) {
    return find(key).stream()
        .flatMap(v -> Stream.of(v.split(",")))
        .map(String::strip)
        .filter(v -> !v.isEmpty())
        .toList();
  }

  /**
   * A whole number.
   *
   * @throws SettingException when it is none from {@code least} to {@code most}
   */
  public int number(String key, int least, int most) {
    String value = text(key);
    try {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below, together with numbers out of range
    }
    throw unreadable(key, value, "a whole number from " + least + " to " + most);
  }

  /** A TCP port; 0 asks for a free one. */
  public int port(String key) {
    return number(key, 0, 65535);
  }

  /** A span as {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h} or {@code 8d}. */
  public Duration duration(String key) {
    String value = text(key);
    try {
      return span(value);
    } catch (DateTimeParseException | NumberFormatException e) {
      throw unreadable(key, value, Kind.SPAN.toString());
    }
  }

  static Duration span(String value) {
    String iso =
        value.endsWith("ms")
            ? null
            : value.endsWith("d") ? "P" + value : "PT" + value.replace(" ", "");
    return iso == null
        ? Duration.ofMillis(Long.parseLong(value.substring(0, value.length() - 2)))
        : Duration.parse(iso.toUpperCase(Locale.ROOT));
  }

  /**
   * An http or https URL. It may hold credentials, so a refusal does not show it.
   *
   * @throws SettingException when it is none
   */
  public URI url(String key) {
    String value = text(key);
    try {
      URI url = new URI(value);
      if (url.getHost() != null && List.of("http", "https").contains(url.getScheme())) {
        return url;
      }
    } catch (URISyntaxException e) {
      // told below; its message quotes the value
    }
    throw new SettingException("%s is not an http or https URL".formatted(variable(key)));
  }

  /**
   * Holds every value against the kind of its default: a whole number, a span, true or false. Else
   * what only routes read would be found out by their first run.
   *
   * @throws SettingException for the first that is of another kind
   */
  public void requireKinds() {
    for (Setting setting : settings.values()) {
      Kind kind = Kind.of(setting.standard()).orElse(null);
      if (kind != null && !setting.value().isEmpty() && !kind.fits(setting.value())) {
        throw unreadable(setting.key(), setting.value(), kind.toString());
      }
    }
  }

  /** The setting is there and cannot be used; the value is told, so never use it for secrets. */
  public SettingException unreadable(String key, String value, String wanted) {
    Setting setting = settings.get(canonical(key));
    return new SettingException(
        "%s (%s, from %s): '%s' is not %s"
            .formatted(
                variable(key), key, setting == null ? "?" : setting.origin(), value, wanted));
  }

  /** Where the value of a key came from; empty where it has none. */
  public Optional<String> origin(String key) {
    return Optional.ofNullable(settings.get(canonical(key)))
        .filter(s -> !s.value().isEmpty())
        .map(Setting::origin);
  }

  /**
   * Every setting that a file declares or a target has, with a value or without; not what else
   * stands in the environment.
   */
  public List<Setting> known() {
    Map<String, Setting> known = new TreeMap<>(settings);
    known.values().removeIf(s -> !s.declared());
    for (String target : list("ingest.target-envs")) {
      for (String name : PER_TARGET) {
        String key = target + "." + name;
        Setting set = settings.get(canonical(key));
        if (set != null || PER_TARGET.indexOf(name) < 2) {
          known.put(
              canonical(key),
              set == null
                  ? new Setting(key, "", "", "", true)
                  : new Setting(key, set.value(), set.origin(), set.standard(), true));
        }
      }
    }
    return List.copyOf(known.values());
  }

  /** Every key that has a value, as application.properties spells it. */
  public List<String> keys() {
    return settings.values().stream().filter(s -> !s.value().isEmpty()).map(Setting::key).toList();
  }

  /** Every key with its effective value, for Camel's {@code {{key}}} placeholders. */
  public Properties asProperties() {
    Properties properties = new Properties();
    settings.values().forEach(s -> properties.setProperty(s.key(), s.value()));
    return properties;
  }

  /** An empty value declares a key and overrides nothing. */
  private static void layer(
      Map<String, Setting> settings, String origin, Map<String, String> added) {
    added.forEach(
        (key, value) -> {
          String canonical = canonical(key);
          Setting known = settings.get(canonical);
          if (known == null || !value.isBlank()) {
            settings.put(
                canonical,
                known == null
                    ? new Setting(
                        key,
                        value.strip(),
                        origin,
                        origin.equals(DECLARATIONS) ? value.strip() : "",
                        !origin.equals(ENVIRONMENT))
                    : new Setting(
                        known.key(), value.strip(), origin, known.standard(), known.declared()));
          }
        });
  }

  /** One spelling of a key for all that name the same setting. */
  public static String canonical(String key) {
    return key.toLowerCase(Locale.ROOT).replaceAll("[_-]", ".");
  }

  private static Map<String, String> read(Path file) {
    Properties properties = new Properties();
    if (Files.exists(file)) {
      try (Reader reader = Files.newBufferedReader(file)) {
        properties.load(reader);
      } catch (IOException | IllegalArgumentException e) {
        throw new SettingException(file + " cannot be read: " + e.getMessage());
      }
    }
    Map<String, String> values = new TreeMap<>();
    properties.forEach((k, v) -> values.put((String) k, (String) v));
    return values;
  }

  private static Map<String, String> readSecrets(Path folder) {
    Map<String, String> values = new TreeMap<>();
    if (!Files.isDirectory(folder)) {
      throw new SettingException("SECRETS_DIR " + folder + " is not a folder");
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = String.valueOf(file.getFileName());
        if (!name.startsWith(".")) {
          values.put(name, readSecret(file));
        }
      }
    } catch (IOException e) {
      throw new SettingException("SECRETS_DIR " + folder + " cannot be read: " + e.getMessage());
    }
    return values;
  }

  private static String readSecret(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new SettingException("SECRETS_DIR: " + file + " is not text in UTF-8");
    } catch (IOException e) {
      throw new SettingException("SECRETS_DIR: " + file + " cannot be read: " + e.getMessage());
    }
  }
}
