package ingest.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The keys of settings that stand in Java as they are; a key that is put together is not seen. */
final class JavaSettings {
  /** A file that reads a key. */
  record Use(String file, String key) {}

  private static final List<String> SOURCES =
      List.of("processors", "projectors", "embedded/ingest");

  /** The names of the files are spelled like keys. */
  private static final String KEY =
      "\"(?![^\"]*\\.properties\")([a-z][a-z0-9-]*(?:\\.[a-z0-9-]+)+)\"";

  private JavaSettings() {}

  /** Keys that are asked of settings, or handed on together with them. */
  static List<Use> read(Path root) {
    List<Use> uses = new ArrayList<>();
    sources(root)
        .forEach(
            (file, text) -> {
              Set<String> names =
                  Pattern.compile("\\bSettings>? (\\w+)")
                      .matcher(text)
                      .results()
                      .map(r -> r.group(1))
                      .collect(Collectors.toCollection(TreeSet::new));
              names.add("settings");
              String settings = "\\b(?:" + String.join("|", names) + ")\\b(?:\\.get\\(\\))?";
              Matcher matcher =
                  Pattern.compile(
                          (settings
                                  + "\\s*\\.\\s*(?:text|number|duration|port|list|find|has)\\(\\s*"
                                  + KEY)
                              + ("|" + settings + ",\\s*" + KEY)
                              + ("|" + KEY + ",\\s*" + settings)
                              + ("|\\bSettings\\.variable\\(\\s*" + KEY))
                      .matcher(text);
              while (matcher.find()) {
                for (int group = 1; group <= matcher.groupCount(); group++) {
                  if (matcher.group(group) != null) {
                    uses.add(new Use(file, matcher.group(group)));
                  }
                }
              }
            });
    return uses;
  }

  /** Every literal that could be a key, or the end of a family of keys. */
  static Set<String> literals(Path root) {
    Set<String> literals = new TreeSet<>();
    Pattern key = Pattern.compile(KEY + "|\"(\\.[a-z][a-z0-9-]+)\"");
    sources(root)
        .values()
        .forEach(
            text ->
                key.matcher(text)
                    .results()
                    .forEach(r -> literals.add(r.group(1) == null ? r.group(2) : r.group(1))));
    return literals;
  }

  /** By path. */
  private static Map<String, String> sources(Path root) {
    Map<String, String> sources = new TreeMap<>();
    for (String folder : SOURCES) {
      Path top = root.resolve(folder);
      if (!Files.isDirectory(top)) {
        continue;
      }
      try (Stream<Path> files = Files.walk(top)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          sources.put(root.relativize(file).toString(), Files.readString(file));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return sources;
  }
}
