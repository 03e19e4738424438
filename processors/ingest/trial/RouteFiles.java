package ingest.trial;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/** The tree's route files as they are now; one that is broken hinders no route but its own. */
final class RouteFiles {
  private static final String SUFFIX = ".camel.yaml";
  private static final Pattern DIRECT = Pattern.compile("direct:([A-Za-z0-9._-]+)");
  private static final YAMLMapper YAML = new YAMLMapper();

  /**
   * A file.
   *
   * @param from what each of its routes comes in by
   */
  private record File(Path path, String text, Map<String, String> from, boolean policy) {
    Set<String> routes() {
      return from.keySet();
    }
  }

  private final List<File> files = new ArrayList<>();

  /** By file: why it cannot be loaded. */
  private final Map<Path, String> broken = new TreeMap<>();

  RouteFiles(Path folder) {
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path path : walk.filter(p -> p.toString().endsWith(SUFFIX)).sorted().toList()) {
        read(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read(Path path) throws IOException {
    String text = Files.readString(path);
    Map<String, String> routes = new LinkedHashMap<>();
    boolean policy = false;
    try {
      for (JsonNode entry : YAML.readTree(text)) {
        policy |= entry.has("routeConfiguration");
        if (entry.has("route")) {
          JsonNode route = entry.path("route");
          routes.put(route.path("id").asText(), route.path("from").path("uri").asText());
        }
      }
    } catch (JsonProcessingException e) {
      broken.put(
          path,
          "line %d: %s"
              .formatted(
                  e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
                  String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("")));
    }
    files.add(new File(path, text, routes, policy));
  }

  /** The ids of every route that can be read. */
  List<String> ids() {
    return files.stream().flatMap(f -> f.routes().stream()).sorted().toList();
  }

  /** What a route comes in by; empty where there is none of this id. */
  String from(String route) {
    return files.stream()
        .flatMap(f -> Stream.ofNullable(f.from().get(route)))
        .findFirst()
        .orElse("");
  }

  /** The routes from outside of the tree that come to {@code direct:<route>} in the end. */
  List<String> entrances(String route) {
    return ids().stream()
        .filter(id -> !id.equals(route) && !from(id).startsWith("direct:"))
        .filter(id -> from(route).startsWith("direct:") && calls(id).contains(route))
        .toList();
  }

  /** Why the route of this name is not there, where its file is broken. */
  String why(String route) {
    return broken.entrySet().stream()
        .filter(e -> String.valueOf(e.getKey().getFileName()).equals(route + SUFFIX))
        .map(e -> e.getKey() + ": " + e.getValue())
        .findFirst()
        .orElse("");
  }

  /**
   * Loads the error policies, then every route; none is started.
   *
   * @param between what is done with the policies before routes take them over
   */
  void load(CamelContext camel, Runnable between) {
    for (boolean policies : new boolean[] {true, false}) {
      if (!policies) {
        between.run();
      }
      for (File file : files) {
        if (file.policy() == policies && !broken.containsKey(file.path())) {
          try {
            PluginHelper.getRoutesLoader(camel)
                .loadRoutes(
                    ResourceHelper.fromString(
                        "file:" + file.path().toString().replace('\\', '/'), file.text()));
          } catch (Exception e) {
            broken.put(file.path(), String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
          }
        }
      }
    }
  }

  /** The routes that a run of {@code route} can come to by what the files say, itself included. */
  Set<String> reached(String route) {
    Set<String> reached = calls(route);
    // a policy may send anywhere, and there are few
    files.stream()
        .filter(File::policy)
        .flatMap(f -> called(f).stream())
        .forEach(r -> reached.addAll(calls(r)));
    return reached;
  }

  /** What a route calls, and what that calls, itself included. */
  private Set<String> calls(String route) {
    Map<String, File> byId = new LinkedHashMap<>();
    files.forEach(f -> f.routes().forEach(id -> byId.put(id, f)));
    Set<String> calls = new LinkedHashSet<>(Set.of(route));
    Deque<String> open = new ArrayDeque<>(calls);
    while (!open.isEmpty()) {
      File file = byId.get(open.pop());
      if (file != null) {
        called(file).stream().filter(calls::add).forEach(open::add);
      }
    }
    return calls;
  }

  private static Set<String> called(File file) {
    Set<String> called = new LinkedHashSet<>();
    Matcher names = DIRECT.matcher(file.text());
    while (names.find()) {
      called.add(names.group(1));
    }
    called.removeAll(file.routes());
    return called;
  }
}
