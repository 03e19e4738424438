package ingest.sheets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import ingest.mapping.MalformedAnswer;
import java.util.ArrayList;
import java.util.List;

/**
 * The cells of a range, row by row, as Google answered them: rows are ragged, what is empty at
 * their end is left out, and a range without any value has none.
 */
record Grid(List<List<JsonNode>> rows) {
  private static final JsonNode EMPTY = TextNode.valueOf("");

  Grid {
    rows = List.copyOf(rows);
  }

  /**
   * Reads an answer to {@code values.get}.
   *
   * @throws MalformedAnswer when it is none
   */
  static Grid of(JsonNode answer) {
    if (!answer.isObject() || !answer.path("range").isTextual()) {
      throw new MalformedAnswer("$.range", "a string");
    }
    if (!answer.path("majorDimension").asText("ROWS").equals("ROWS")) {
      throw new MalformedAnswer("$.majorDimension", "ROWS");
    }
    JsonNode values = answer.path("values");
    if (!values.isMissingNode() && !values.isArray()) {
      throw new MalformedAnswer("$.values", "an array");
    }
    List<List<JsonNode>> rows = new ArrayList<>();
    for (JsonNode row : values) {
      if (!row.isArray()) {
        throw new MalformedAnswer("$.values[%d]".formatted(rows.size()), "an array");
      }
      List<JsonNode> cells = new ArrayList<>();
      for (JsonNode cell : row) {
        if (cell.isContainerNode()) {
          throw new MalformedAnswer(
              "$.values[%d][%d]".formatted(rows.size(), cells.size()), "a cell");
        }
        cells.add(cell.isNull() ? EMPTY : cell);
      }
      rows.add(cells);
    }
    return new Grid(rows);
  }

  /** A cell; empty where its row ends before it. */
  static JsonNode cell(List<JsonNode> row, int column) {
    return column < row.size() ? row.get(column) : EMPTY;
  }

  static boolean isEmpty(JsonNode cell) {
    return cell.asText().isBlank();
  }
}
