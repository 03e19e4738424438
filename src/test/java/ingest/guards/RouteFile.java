package ingest.guards;

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

/**
 * One {@code *.camel.yaml} as it is written, not as Camel loads it.
 *
 * @param path from the root, with slashes
 * @param yaml missing where the file is no YAML; then unreadable says why
 */
record RouteFile(String path, String text, JsonNode yaml, @Nullable String unreadable) {
  static final String SUFFIX = ".camel.yaml";

  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  static RouteFile parse(String path, String text) {
    try {
      return new RouteFile(path, text, YAML.readTree(text), null);
    } catch (JsonProcessingException e) {
      return new RouteFile(path, text, MissingNode.getInstance(), e.getOriginalMessage());
    }
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

  String id() {
    return flow().path("id").asText();
  }

  /** Every text, with the JSON pointer to it. */
  void texts(BiConsumer<String, String> visitor) {
    texts("", yaml, visitor);
  }

  private static void texts(String pointer, JsonNode node, BiConsumer<String, String> visitor) {
    if (node.isTextual()) {
      visitor.accept(pointer, node.textValue());
    }
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      texts(pointer + "/" + i, node.get(i), visitor);
    }
    node.properties().forEach(p -> texts(pointer + "/" + p.getKey(), p.getValue(), visitor));
  }

  /** Every endpoint the file names, in either spelling: {@code to: uri} or {@code to: {uri: …}}. */
  List<Endpoint> endpoints() {
    List<Endpoint> found = new ArrayList<>();
    endpoints(yaml, found);
    return found;
  }

  private static void endpoints(JsonNode node, List<Endpoint> found) {
    for (Map.Entry<String, JsonNode> property : node.properties()) {
      JsonNode value = property.getValue();
      if ((Endpoint.SENDING.contains(property.getKey()) && value.isTextual())
          || value.path("uri").isTextual()) {
        found.add(Endpoint.of(value));
      }
      endpoints(value, found);
    }
    if (node.isArray()) {
      node.forEach(item -> endpoints(item, found));
    }
  }
}
