package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Ansi.Style;

/** Rows under headings, numbers to the right. Not thread-safe. */
final class Table {
  /** One value; {@code alarming} ones stand out where there is colour. */
  private record Cell(String text, boolean number, boolean alarming) {}

  private final List<String> headings;
  private final List<List<Cell>> rows = new ArrayList<>();

  Table(String... headings) {
    this.headings = List.of(headings);
  }

  /** One cell per heading: a JSON value or a text. */
  void row(Object... values) {
    rows.add(Stream.of(values).map(Table::cell).toList());
  }

  /** A count that should be zero. */
  static Object alarm(JsonNode count) {
    return new Cell(cell(count).text(), count.isNumber(), count.asLong() > 0);
  }

  private static Cell cell(Object value) {
    if (value instanceof Cell cell) {
      return cell;
    }
    if (value instanceof JsonNode node) {
      return node.isIntegralNumber()
          ? new Cell(Text.number(node.asLong()), true, false)
          : new Cell(Text.of(node), false, false);
    }
    return new Cell(Text.oneLine(value.toString()), false, false);
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  void print(PrintWriter out, Ansi ansi) {
    out.println(
        line(headings.stream().map(h -> new Cell(h, false, false)).toList(), ansi, Style.bold));
    rows.forEach(row -> out.println(line(row, ansi, Style.fg_red)));
  }

  private String line(List<Cell> cells, Ansi ansi, Style style) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      Cell cell = cells.get(i);
      String gap = " ".repeat(width(i) - cell.text().length());
      boolean styled =
          ansi.enabled() && !cell.text().isEmpty() && (style == Style.bold || cell.alarming());
      String text = styled ? style.on() + cell.text() + Style.reset.on() : cell.text();
      line.append(i == 0 ? "" : "  ").append(right(i) ? gap + text : text + gap);
    }
    return line.toString().stripTrailing();
  }

  private int width(int column) {
    return Stream.concat(
            Stream.of(headings.get(column).length()),
            rows.stream().map(row -> row.get(column).text().length()))
        .max(Integer::compare)
        .orElseThrow();
  }

  private boolean right(int column) {
    return rows.stream().anyMatch(row -> row.get(column).number());
  }
}
