package ingest.delivery;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import ingest.signature.Secret;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where events go, as this process is configured; its mode is in {@code ingest.target} alone.
 *
 * @param types patterns such as {@code kick.livestream.*}
 * @param batch most events of one request; 1 makes each request one CloudEvents event
 * @param url of an http target
 * @param secrets the first signs
 */
public record Target(
    String name,
    String kind,
    List<String> types,
    int batch,
    @Nullable URI url,
    List<Secret> secrets) {

  public static final String HTTP = "http";
  public static final String CLICKHOUSE = "clickhouse";

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,39}");

  /** The archive. It takes every type, whatever is configured. */
  public static Target clickhouse() {
    return new Target(CLICKHOUSE, CLICKHOUSE, List.of("*"), 1000, null, List.of());
  }

  /**
   * The http targets of {@code ingest.target-envs}.
   *
   * @throws SettingException when one lacks its URL or its secret, or its name is taken or
   *     malformed
   */
  public static List<Target> configured(Settings settings) {
    List<String> names = settings.list("ingest.target-envs");
    for (String name : names) {
      if (!NAME.matcher(name).matches() || name.equals(CLICKHOUSE)) {
        throw settings.unreadable(
            "ingest.target-envs",
            name,
            "a name for an environment: a-z, 0-9 and -, not clickhouse");
      }
      if (Collections.frequency(names, name) > 1) {
        throw settings.unreadable("ingest.target-envs", name, "there once");
      }
    }
    return names.stream().map(name -> http(name, settings)).toList();
  }

  private static Target http(String name, Settings settings) {
    return new Target(
        name,
        HTTP,
        types(name, settings),
        settings.has(name + ".batch")
            ? settings.number(name + ".batch", 1, 1000)
            : settings.number("target.batch", 1, 1000),
        settings.url(name + ".internal-events-url"),
        secrets(name + ".delivery-secret", settings));
  }

  private static List<String> types(String name, Settings settings) {
    List<String> own = settings.list(name + ".types");
    return own.isEmpty() ? settings.list("target.types") : own;
  }

  /** One secret, or several during a rotation: the first signs, all verify. */
  public static List<Secret> secrets(String key, Settings settings) {
    settings.text(key);
    try {
      return settings.list(key).stream().map(Secret::parse).toList();
    } catch (IllegalArgumentException e) {
      throw new SettingException(Settings.variable(key) + ": " + e.getMessage());
    }
  }
}
