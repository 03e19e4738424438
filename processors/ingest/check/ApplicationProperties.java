package ingest.check;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** An application.properties with the comments that Java's reader drops. */
record ApplicationProperties(List<Entry> entries) {
  static final String FILE = "application.properties";

  /**
   * One declared key.
   *
   * @param line counted from 1
   * @param comment the comment lines right above it
   */
  record Entry(int line, String key, String value, String comment) {}

  /** Reads {@code application.properties}; no entries where there is no such file. */
  static ApplicationProperties read(Path root) {
    return readFile(root.resolve(FILE));
  }

  /** The files of single environments, by name. */
  static Map<String, ApplicationProperties> ofEnvironments(Path root) {
    Map<String, ApplicationProperties> found = new TreeMap<>();
    for (String name : files(root)) {
      if (!name.equals(FILE)) {
        found.put(name, readFile(root.resolve(name)));
      }
    }
    return found;
  }

  /** The environment that a file is of; empty for the one of all. */
  static String environment(String file) {
    return file.replaceFirst("^application-?", "").replaceFirst("\\.properties$", "");
  }

  /** The names of all such files below {@code root}, sorted. */
  static List<String> files(Path root) {
    try (Stream<Path> files = Files.list(root.toAbsolutePath())) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.matches("application(-.+)?\\.properties"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ApplicationProperties readFile(Path file) {
    if (!Files.exists(file)) {
      return new ApplicationProperties(List.of());
    }
    try {
      return parse(Files.readAllLines(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ApplicationProperties parse(List<String> lines) throws IOException {
    List<Entry> entries = new ArrayList<>();
    StringBuilder comment = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.startsWith("#") || line.startsWith("!")) {
        comment.append(line).append('\n');
        continue;
      }
      if (!line.isEmpty()) {
        int first = i;
        while (line.endsWith("\\") && i + 1 < lines.size()) {
          i++;
          line += "\n" + lines.get(i);
        }
        Properties one = new Properties();
        one.load(new StringReader(line));
        one.forEach(
            (k, v) ->
                entries.add(new Entry(first + 1, (String) k, (String) v, comment.toString())));
      }
      comment.setLength(0);
    }
    return new ApplicationProperties(List.copyOf(entries));
  }

  Set<String> keys() {
    Set<String> keys = new TreeSet<>();
    entries.forEach(e -> keys.add(e.key()));
    return keys;
  }
}
