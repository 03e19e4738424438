package ingest.check;

import ingest.settings.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Trees to hold against the rules, as they are without an environment. */
final class Trees {
  private Trees() {}

  static RouteTree product(Path root) {
    return RouteTree.product(root, Settings.load(root, Map.of()));
  }

  /** The simulated upstreams': a context of its own, which knows no properties. */
  static RouteTree simulator(Path root) {
    String folder = "embedded/simulator";
    Settings none = Settings.load(root.resolve("no such folder"), Map.of());
    return new RouteTree(
        root,
        folder,
        folder,
        false,
        Set.of(),
        new Values(none, Map.of()),
        null,
        RouteTree.routeFiles(root, folder));
  }

  static String told(List<Finding> findings) {
    return findings.stream().map(Finding::toString).collect(Collectors.joining("\n"));
  }
}
