package ingest.guards;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The routes of one Camel context.
 *
 * @param folder below the root
 * @param errors the folder of route configurations
 * @param hasRoles whether a process starts some of the routes only
 * @param keys what a placeholder may name
 */
record RouteTree(
    Path root,
    String folder,
    String errors,
    boolean hasRoles,
    Set<String> keys,
    List<RouteFile> files) {

  /** What the start works out from settings for preconditions, and nobody sets. */
  static final Set<String> WORKED_OUT =
      Set.of("role.ingest", "role.webhooks", "role.env", "archive");

  /** The product's: configured by application.properties. */
  static RouteTree product(Path root) {
    Set<String> keys = new TreeSet<>(WORKED_OUT);
    keys.addAll(ApplicationProperties.read(root).keys());
    String folder = "routes";
    return new RouteTree(root, folder, "routes/errors", true, keys, routeFiles(root, folder));
  }

  /** The simulated upstreams': a context of its own, which knows no properties. */
  static RouteTree simulator(Path root) {
    String folder = "embedded/simulator";
    return new RouteTree(root, folder, folder, false, Set.of(), routeFiles(root, folder));
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

  private static List<RouteFile> routeFiles(Path root, String folder) {
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
