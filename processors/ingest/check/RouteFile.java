package ingest.check;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * One {@code *.camel.yaml} as it is written, not as Camel loads it.
 *
 * @param path from the root, with slashes
 * @param yaml missing where the file is no YAML; then unreadable says why
 */
record RouteFile(
    String path, String text, JsonNode yaml, Lines lines, @Nullable Unreadable unreadable) {
  static final String SUFFIX = ".camel.yaml";

  /** Why a file is no YAML. */
  record Unreadable(int line, String why) {}

  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  static RouteFile parse(String path, String text) {
    try {
      return new RouteFile(path, text, YAML.readTree(text), Lines.ofYaml(text), null);
    } catch (JsonProcessingException e) {
      return new RouteFile(
          path, text, MissingNode.getInstance(), Lines.none(), unreadable(text, e));
    }
  }

  /** In the words of the parser below, which has one line for what is wrong and one for where. */
  private static Unreadable unreadable(String text, JsonProcessingException e) {
    try {
      Lines.ofYaml(text);
    } catch (MarkedYAMLException yaml) {
      Mark at = yaml.getProblemMark() == null ? yaml.getContextMark() : yaml.getProblemMark();
      String around =
          yaml.getContext() == null || yaml.getContextMark() == null
              ? ""
              : ", %s that begins in line %d"
                  .formatted(yaml.getContext(), yaml.getContextMark().getLine() + 1);
      return new Unreadable(at == null ? 1 : at.getLine() + 1, yaml.getProblem() + around);
    }
    JsonLocation at = e.getLocation();
    return new Unreadable(
        at == null ? 1 : at.getLineNr(), e.getOriginalMessage().lines().findFirst().orElse(""));
  }

  /** The file's name without its ending, which is to be the id. */
  String name() {
    return path.substring(path.lastIndexOf('/') + 1, path.length() - SUFFIX.length());
  }

  /** The route; missing where the file holds none. */
  JsonNode route() {
    return yaml.path(0).path("route");
  }

  /** The route configuration; missing where the file holds none. */
  JsonNode configuration() {
    return yaml.path(0).path("routeConfiguration");
  }

  /** What the file declares, a route or a configuration. */
  JsonNode flow() {
    return route().isMissingNode() ? configuration() : route();
  }

  /** Where the flow begins. */
  String flowPointer() {
    return route().isMissingNode() ? "/0/routeConfiguration" : "/0/route";
  }

  String id() {
    return flow().path("id").asText();
  }

  /** Where the route begins; an endpoint of nothing where the file holds no route. */
  Endpoint from() {
    return Endpoint.of("/0/route/from", "from", route().path("from"));
  }

  /** Every text, with the JSON pointer to it. */
  void texts(BiConsumer<String, String> visitor) {
    nodes(
        (pointer, node) -> {
          if (node.isTextual()) {
            visitor.accept(pointer, node.textValue());
          }
        });
  }

  /** Every node, with the JSON pointer to it; the outer ones first. */
  void nodes(BiConsumer<String, JsonNode> visitor) {
    nodes("", yaml, visitor);
  }

  private static void nodes(String pointer, JsonNode node, BiConsumer<String, JsonNode> visitor) {
    visitor.accept(pointer, node);
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      nodes(pointer + "/" + i, node.get(i), visitor);
    }
    node.properties().forEach(p -> nodes(pointer + "/" + p.getKey(), p.getValue(), visitor));
  }

  /** Every endpoint the file names, in either spelling: {@code to: uri} or {@code to: {uri: …}}. */
  List<Endpoint> endpoints() {
    List<Endpoint> found = new ArrayList<>();
    nodes(
        (pointer, node) -> {
          if (pointer.endsWith("/parameters")) {
            return; // an option may be called as a step is
          }
          for (Map.Entry<String, JsonNode> property : node.properties()) {
            if (Endpoint.isNamedBy(property.getKey(), property.getValue())) {
              found.add(
                  Endpoint.of(
                      pointer + "/" + property.getKey(), property.getKey(), property.getValue()));
            }
          }
        });
    return found;
  }
}
