package ingest.reload;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The texts that a run takes over, as they stood at one look.
 *
 * @param texts by path from the root
 */
record Snapshot(Map<String, String> texts) {
  static final String ROUTE = ".camel.yaml";
  static final String SQL = ".sql";
  static final String SCHEMA = ".schema.json";
  private static final String ROUTES = "routes";

  /**
   * Reads all of them: they are few, and neither the time nor the size of a file is sure to tell of
   * an edit.
   *
   * @throws IOException when a file goes away meanwhile, or the folder is not there
   */
  static Snapshot read(Path root) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root.resolve(ROUTES))) {
      for (Path file : files.filter(Snapshot::isWatched).toList()) {
        add(texts, root, file);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    try (Stream<Path> files = Files.list(root.toAbsolutePath())) {
      for (Path file : files.filter(f -> isProperties(name(f))).toList()) {
        add(texts, root.toAbsolutePath(), file);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return new Snapshot(Map.copyOf(texts));
  }

  private static void add(Map<String, String> texts, Path root, Path file) throws IOException {
    texts.put(
        root.relativize(file).toString(),
        new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
  }

  /** What editors put beside a file while it is edited has another ending or begins with a dot. */
  private static boolean isWatched(Path file) {
    String name = name(file);
    return !name.startsWith(".")
        && (name.endsWith(ROUTE) || name.endsWith(SQL) || name.endsWith(SCHEMA));
  }

  static boolean isProperties(String name) {
    return name.equals("application.properties")
        || (name.startsWith("application-") && name.endsWith(".properties"));
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  /** The files of one kind, in the order of their paths. */
  Map<String, String> files(String suffix) {
    Map<String, String> files = new TreeMap<>(texts);
    files.keySet().removeIf(f -> !f.endsWith(suffix));
    return files;
  }

  /** The files that are there in one of the two only, or differ. */
  Set<String> changed(Snapshot other) {
    Set<String> changed = new TreeSet<>(texts.keySet());
    changed.addAll(other.texts.keySet());
    changed.removeIf(
        f -> {
          String text = texts.get(f);
          return text != null && text.equals(other.texts.get(f));
        });
    return changed;
  }
}
