package ingest.trial;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** YAML that knows the line of each of its values, by their JSON pointers. */
final class TestYaml {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Map<String, Integer> lines = new HashMap<>();
  private JsonNode root = JSON.missingNode();

  private TestYaml() {}

  /**
   * Reads a text.
   *
   * @throws RouteTestException when it is no YAML
   */
  static TestYaml parse(String file, String text) {
    TestYaml yaml = new TestYaml();
    try {
      LoaderOptions options = new LoaderOptions();
      options.setAllowDuplicateKeys(false);
      Node node = new Yaml(options).compose(new java.io.StringReader(text));
      yaml.root = node == null ? JSON.nullNode() : yaml.value("", node);
      return yaml;
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
      throw new RouteTestException("%s:%d: is no YAML: %s".formatted(file, line, e.getProblem()));
    }
  }

  JsonNode root() {
    return root;
  }

  /** Where the value of a pointer begins, or of what it stands in. */
  int line(String pointer) {
    String at = pointer;
    while (!lines.containsKey(at) && !at.isEmpty()) {
      at = at.substring(0, at.lastIndexOf('/'));
    }
    return lines.getOrDefault(at, 1);
  }

  private JsonNode value(String pointer, Node node) {
    lines.putIfAbsent(pointer, node.getStartMark().getLine() + 1);
    if (node instanceof MappingNode mapping) {
      ObjectNode object = JSON.objectNode();
      for (NodeTuple entry : mapping.getValue()) {
        String key = ((ScalarNode) entry.getKeyNode()).getValue();
        String at = pointer + "/" + key.replace("~", "~0").replace("/", "~1");
        lines.put(at, entry.getKeyNode().getStartMark().getLine() + 1);
        object.set(key, value(at, entry.getValueNode()));
      }
      return object;
    }
    if (node instanceof SequenceNode sequence) {
      ArrayNode array = JSON.arrayNode();
      for (Node item : sequence.getValue()) {
        array.add(value(pointer + "/" + array.size(), item));
      }
      return array;
    }
    return scalar((ScalarNode) node);
  }

  private static JsonNode scalar(ScalarNode node) {
    String text = node.getValue();
    if (node.getTag().equals(Tag.NULL)) {
      return JSON.nullNode();
    }
    if (node.getTag().equals(Tag.BOOL)) {
      return JSON.booleanNode(text.equalsIgnoreCase("true"));
    }
    if (node.getTag().equals(Tag.INT) && text.matches("-?(0|[1-9][0-9]*)")) {
      return JSON.numberNode(new BigInteger(text));
    }
    if (node.getTag().equals(Tag.FLOAT) && text.matches("-?[0-9]+\\.[0-9]+")) {
      return JSON.numberNode(new BigDecimal(text));
    }
    return JSON.textNode(text); // a time too stays as it is written
  }
}
