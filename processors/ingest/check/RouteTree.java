package ingest.check;

import ingest.RouteBean;
import ingest.settings.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one Camel context.
 *
 * @param folder below the root
 * @param errors the folder of route configurations
 * @param hasRoles whether a process starts some of the routes only
 * @param keys what a placeholder may name
 * @param values what placeholders stand for
 * @param beans what routes may name; null where that is not known
 * @param all its files, those that are no YAML too
 */
record RouteTree(
    Path root,
    String folder,
    String errors,
    boolean hasRoles,
    Set<String> keys,
    Values values,
    @Nullable Map<String, Class<?>> beans,
    List<RouteFile> all) {

  /** The product's: configured by application.properties. */
  static RouteTree product(Path root, Settings settings) {
    Map<String, ApplicationProperties> properties = new TreeMap<>();
    ApplicationProperties declared = ApplicationProperties.read(root);
    properties.put(ApplicationProperties.FILE, declared);
    properties.putAll(ApplicationProperties.ofEnvironments(root));
    Set<String> keys = new TreeSet<>(Values.WORKED_OUT);
    keys.addAll(declared.keys());
    String folder = "routes";
    return new RouteTree(
        root,
        folder,
        "routes/errors",
        true,
        keys,
        new Values(settings, properties),
        beans(declared),
        routeFiles(root, folder));
  }

  /** The wiring's, and those that application.properties has Camel make. */
  private static Map<String, Class<?>> beans(ApplicationProperties declared) {
    Map<String, Class<?>> beans = new TreeMap<>(RouteBean.classes());
    for (ApplicationProperties.Entry entry : declared.entries()) {
      String prefix = "camel.beans.";
      if (entry.key().startsWith(prefix)) {
        String name = entry.key().substring(prefix.length());
        if (!name.contains(".") && !name.contains("[")) {
          beans.put(name, Classes.ofBean(entry.value()));
        }
      }
    }
    return beans;
  }

  /** Those that can be read. */
  List<RouteFile> files() {
    return all.stream().filter(f -> f.unreadable() == null).toList();
  }

  /** Those that are no YAML; what they name is not known. */
  List<RouteFile> unreadable() {
    return all.stream().filter(f -> f.unreadable() != null).toList();
  }

  boolean isErrors(RouteFile file) {
    return file.path().startsWith(errors + "/");
  }

  /** Files below the folder whose names end so, as paths from the root, sorted. */
  List<String> files(String suffix) {
    return below(root, folder, suffix);
  }

  String text(String path) {
    return read(root, path);
  }

  static List<RouteFile> routeFiles(Path root, String folder) {
    return below(root, folder, RouteFile.SUFFIX).stream()
        .map(p -> RouteFile.parse(p, read(root, p)))
        .toList();
  }

  private static List<String> below(Path root, String folder, String suffix) {
    Path top = root.resolve(folder);
    if (!Files.isDirectory(top)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(top)) {
      return files
          .filter(Files::isRegularFile)
          .map(f -> root.relativize(f).toString().replace('\\', '/'))
          .filter(p -> p.endsWith(suffix))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path root, String path) {
    try {
      return Files.readString(root.resolve(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
