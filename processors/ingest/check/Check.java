package ingest.check;

import ingest.settings.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What is wrong with the routes, statements, schemas and properties below a root, found without a
 * store, an open port or a Camel context that runs. A file is looked at as it is now; nothing is
 * kept from one call to the next.
 */
public final class Check {
  private final Path root;
  private final RouteTree tree;

  private Check(Path root, RouteTree tree) {
    this.root = root;
    this.tree = tree;
  }

  /**
   * Reads the files.
   *
   * @param settings what placeholders stand for
   */
  public static Check of(Path root, Settings settings) {
    return new Check(root, RouteTree.product(root, settings));
  }

  /** Everything that is wrong, by file and line; empty when nothing is. */
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    for (RouteRule rule : RouteRule.values()) {
      findings.addAll(rule.broken(tree));
    }
    for (PropertyRule rule : PropertyRule.values()) {
      findings.addAll(rule.broken(tree));
    }
    return findings.stream().distinct().sorted().toList();
  }

  /** The files that were looked at, from the root, sorted. */
  public List<String> files() {
    TreeSet<String> files = new TreeSet<>();
    Stream.of(RouteFile.SUFFIX, ".sql", ".json").forEach(s -> files.addAll(tree.files(s)));
    files.addAll(ApplicationProperties.files(root));
    return List.copyOf(files);
  }

  /** A rule as findings name it. */
  static String name(Enum<?> rule) {
    return rule.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
