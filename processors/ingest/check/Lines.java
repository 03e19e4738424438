package ingest.check;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Where in a file what stands, by JSON pointer: a property at its name, an item at its beginning.
 * The pointers are unescaped, as a slash in a name is not worth the trouble.
 */
final class Lines {
  private final Map<String, Integer> lines = new HashMap<>();

  private Lines() {}

  /** Knows the first line only. */
  static Lines none() {
    return new Lines();
  }

  /**
   * Of a text in YAML.
   *
   * @throws MarkedYAMLException when it is none
   */
  static Lines ofYaml(String text) {
    Lines lines = new Lines();
    Node top = new Yaml(new LoaderOptions()).compose(new StringReader(text));
    if (top != null) {
      lines.add("", top);
    }
    return lines;
  }

  private void add(String pointer, Node node) {
    lines.putIfAbsent(pointer, node.getStartMark().getLine() + 1);
    if (node instanceof MappingNode mapping) {
      for (NodeTuple property : mapping.getValue()) {
        if (property.getKeyNode() instanceof ScalarNode name) {
          String below = pointer + "/" + name.getValue();
          lines.put(below, name.getStartMark().getLine() + 1);
          add(below, property.getValueNode());
        }
      }
    } else if (node instanceof SequenceNode sequence) {
      List<Node> items = sequence.getValue();
      for (int i = 0; i < items.size(); i++) {
        add(pointer + "/" + i, items.get(i));
      }
    }
  }

  /** Knows what stands before the first mistake where the text is no JSON. */
  static Lines ofJson(String text) {
    Lines lines = new Lines();
    try (JsonParser parser = new JsonFactory().createParser(text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        lines.lines.putIfAbsent(
            parser.getParsingContext().pathAsPointer().toString(),
            parser.currentTokenLocation().getLineNr());
      }
    } catch (IOException e) {
      // what is wrong with the file is told where it is read
    }
    return lines;
  }

  /** The line of what {@code pointer} points to, or of the nearest thing around it. */
  int of(String pointer) {
    for (String at = pointer; !at.isEmpty(); at = at.substring(0, at.lastIndexOf('/'))) {
      Integer line = lines.get(at);
      if (line != null) {
        return line;
      }
    }
    return lines.getOrDefault("", 1);
  }

  /** The line of the first property of this name, wherever it stands. */
  int ofName(String name) {
    return lines.entrySet().stream()
        .filter(e -> e.getKey().endsWith("/" + name))
        .mapToInt(Map.Entry::getValue)
        .min()
        .orElse(of(""));
  }
}
