package ingest.sheets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.sheets.KnownRows.KnownRow;
import ingest.sheets.SheetRefused.Reason;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * What is new in a sheet, against what is known of it. Pure.
 *
 * @param changes in the order of the sheet, what is gone last
 * @param liveRows rows that it has
 * @param unkeyed rows that say something under no key that can be used; they are passed over
 */
record Comparison(List<Change> changes, int liveRows, int unkeyed) {
  static final int MOST_ROWS = 10_000;

  /** As the database has it. */
  private static final int LONGEST_KEY = 120;

  /** As an envelope has it. */
  private static final int LONGEST_SUBJECT = 200;

  Comparison {
    changes = List.copyOf(changes);
  }

  /**
   * Compares.
   *
   * @param maxLossPercent of the known rows, how many may be gone at once; one may always go
   * @throws SheetRefused when the sheet is not what it should be: an emptied sheet is a good answer
   */
  static Comparison of(Sheet sheet, Grid grid, KnownRows known, int maxLossPercent)
      throws SheetRefused {
    requireHeader(sheet, grid);
    if (grid.rows().size() - 1 > MOST_ROWS) {
      throw new SheetRefused(Reason.SIZE, "it has more than %d rows".formatted(MOST_ROWS));
    }
    Map<String, List<JsonNode>> rows = new LinkedHashMap<>();
    int unkeyed = 0;
    for (int number = 1; number < grid.rows().size(); number++) {
      List<JsonNode> row = grid.rows().get(number);
      String key = Grid.cell(row, sheet.keyColumn()).asText().strip();
      if (!usable(sheet, key)) {
        unkeyed += row.stream().allMatch(Grid::isEmpty) ? 0 : 1;
      } else if (rows.put(key, row) != null) {
        throw new SheetRefused(
            Reason.KEYS, "row %d has the key of a row above it".formatted(number + 1));
      }
    }
    TreeSet<String> gone = new TreeSet<>();
    known
        .rows()
        .forEach(
            (key, row) -> {
              if (!row.deleted() && !rows.containsKey(key)) {
                gone.add(key);
              }
            });
    if (gone.size() > 1 && gone.size() * 100L > maxLossPercent * known.live()) {
      throw new SheetRefused(
          Reason.ROWS,
          "%d of %d rows are gone, more than %d %%"
              .formatted(gone.size(), known.live(), maxLossPercent));
    }
    return new Comparison(changes(sheet, rows, gone, known), rows.size(), unkeyed);
  }

  private static boolean usable(Sheet sheet, String key) {
    return !key.isEmpty()
        && key.length() <= LONGEST_KEY
        && key.indexOf('\0') < 0
        && sheet.subject(key).length() <= LONGEST_SUBJECT;
  }

  private static void requireHeader(Sheet sheet, Grid grid) throws SheetRefused {
    List<String> found =
        grid.rows().isEmpty()
            ? List.of()
            : grid.rows().get(0).stream().map(cell -> cell.asText().strip()).toList();
    int columns = sheet.header().size();
    boolean same = found.size() >= columns && found.subList(0, columns).equals(sheet.header());
    if (!same) {
      throw new SheetRefused(
          Reason.HEADER,
          grid.rows().isEmpty() ? "it is empty" : "its first row is not the expected header");
    }
  }

  private static List<Change> changes(
      Sheet sheet, Map<String, List<JsonNode>> rows, TreeSet<String> gone, KnownRows known) {
    List<Change> changes = new ArrayList<>();
    rows.forEach(
        (key, row) -> {
          String hash = hash(sheet, row);
          KnownRow before = known.rows().get(key);
          if (before == null || before.deleted() || !before.hash().equals(hash)) {
            changes.add(new Change(key, false, cells(sheet, row), hash));
          }
        });
    for (String key : gone) {
      KnownRow before = known.rows().get(key);
      if (before != null) {
        changes.add(new Change(key, true, Map.of(), before.hash()));
      }
    }
    return changes;
  }

  /** Cells right of the header belong to no column and are not read. */
  private static Map<String, JsonNode> cells(Sheet sheet, List<JsonNode> row) {
    Map<String, JsonNode> cells = new LinkedHashMap<>();
    for (int column = 0; column < sheet.header().size(); column++) {
      JsonNode cell = Grid.cell(row, column);
      if (!Grid.isEmpty(cell)) {
        cells.put(sheet.header().get(column), cell);
      }
    }
    return cells;
  }

  /** The same for a row that ends in empty cells and one that ends before them. */
  static String hash(Sheet sheet, List<JsonNode> row) {
    ArrayNode told = JsonNodeFactory.instance.arrayNode();
    cells(sheet, row).forEach((column, cell) -> told.add(column).add(cell));
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(told.toString().getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
