package ingest.sheets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.mapping.MalformedAnswer;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import ingest.sheets.KnownRows.KnownRow;
import ingest.sheets.SheetRefused.Reason;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What changed in a sheet; and what of one is not believed. */
final class ComparisonTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Sheet SHEET =
      new Sheet("partners", "s", "A1:C", "id", List.of("id", "name", "share"));
  private static final KnownRows NOTHING = new KnownRows(null, Map.of());
  private static final String HEADER = "[\"id\",\"name\",\"share\"]";

  private static Grid grid(String... rows) throws Exception {
    return Grid.of(
        JSON.readTree(
            "{\"range\":\"A1:C9\",\"majorDimension\":\"ROWS\",\"values\":[%s]}"
                .formatted(String.join(",", rows))));
  }

  private static Comparison compared(KnownRows known, String... rows) throws Exception {
    return Comparison.of(SHEET, grid(rows), known, 20);
  }

  private static List<String> told(Comparison comparison) {
    return comparison.changes().stream()
        .map(c -> c.key() + (c.deleted() ? " gone" : " " + c.cells()))
        .toList();
  }

  /** What is known once the changes are committed. */
  private static KnownRows after(KnownRows before, Comparison comparison) {
    Map<String, KnownRow> rows = new HashMap<>(before.rows());
    comparison.changes().forEach(c -> rows.put(c.key(), new KnownRow(c.hash(), c.deleted())));
    return new KnownRows(UUID.randomUUID(), rows);
  }

  @Test
  void only_what_changed_is_told() throws Exception {
    Comparison first =
        compared(NOTHING, HEADER, "[\"a\",\"Ash\",1]", "[\"b\",\"Birch\"]", "[\"c\"]");
    assertEquals(
        List.of(
            "a {id=\"a\", name=\"Ash\", share=1}", "b {id=\"b\", name=\"Birch\"}", "c {id=\"c\"}"),
        told(first));
    KnownRows known = after(NOTHING, first);
    assertEquals(
        List.of(),
        told(compared(known, HEADER, "[\"c\"]", "[\"a\",\"Ash\",1]", "[\"b\",\"Birch\"]")));
    Comparison second =
        compared(known, HEADER, "[\"a\",\"Ash\",1.5]", "[\"c\"]", "[\"d\",\"\",true]");
    assertEquals(
        List.of("a {id=\"a\", name=\"Ash\", share=1.5}", "d {id=\"d\", share=true}", "b gone"),
        told(second));
    assertEquals(3, second.liveRows());
    KnownRows later = after(known, second);
    assertEquals(
        List.of("b {id=\"b\", name=\"Birch\"}"),
        told(
            compared(
                later,
                HEADER,
                "[\"a\",\"Ash\",1.5]",
                "[\"c\"]",
                "[\"d\",\"\",true]",
                "[\"b\",\"Birch\"]")),
        "a row that comes back as it was");
  }

  @Test
  void a_ragged_row_is_the_row_that_it_would_be_with_empty_cells() throws Exception {
    KnownRows known = after(NOTHING, compared(NOTHING, HEADER, "[\"a\"]"));
    assertEquals(List.of(), told(compared(known, HEADER, "[\"a\",\"\",\"\"]")));
    assertEquals(List.of(), told(compared(known, HEADER, "[\"a\",null]")));
    assertEquals(
        List.of(), told(compared(known, HEADER, "[\"a\",\"\",\"\",\"a note beside the table\"]")));
  }

  @Test
  void a_value_that_moves_to_another_column_is_a_change() {
    assertNotEquals(
        Comparison.hash(SHEET, List.of(JSON.valueToTree("a"), JSON.valueToTree("x"))),
        Comparison.hash(
            SHEET, List.of(JSON.valueToTree("a"), JSON.valueToTree(""), JSON.valueToTree("x"))));
  }

  @Test
  void rows_without_a_key_that_can_be_used_are_passed_over_and_counted() throws Exception {
    String tooLong = "k".repeat(121);
    String tooLongOnceEncoded = "ё".repeat(40);
    Comparison comparison =
        compared(
            NOTHING,
            HEADER,
            "[\"\",\"no key\"]",
            "[]",
            "[\"\",\"\"]",
            "[\"" + tooLong + "\"]",
            "[\"" + tooLongOnceEncoded + "\"]",
            "[\" a \"]");
    assertEquals(List.of("a {id=\" a \"}"), told(comparison));
    assertEquals(3, comparison.unkeyed());
  }

  @Test
  void an_emptied_sheet_is_refused() throws Exception {
    KnownRows known = after(NOTHING, compared(NOTHING, HEADER, "[\"a\"]"));
    Grid empty = Grid.of(JSON.readTree("{\"range\":\"A1:C9\",\"majorDimension\":\"ROWS\"}"));
    assertEquals(Reason.HEADER, refused(() -> Comparison.of(SHEET, empty, known, 20)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[\"id\",\"name\"]",
        "[\"name\",\"id\",\"share\"]",
        "[\"id\",\"Name\",\"share\"]",
        "[\"a\",\"Ash\",1]"
      })
  void another_header_is_refused(String header) {
    assertEquals(Reason.HEADER, refused(() -> compared(NOTHING, header, "[\"a\"]")));
  }

  @Test
  void a_key_that_is_there_twice_is_refused() {
    assertEquals(Reason.KEYS, refused(() -> compared(NOTHING, HEADER, "[\"a\"]", "[\"a\",1]")));
  }

  @Test
  void more_rows_than_there_may_be_are_refused() {
    String[] rows = new String[Comparison.MOST_ROWS + 2];
    java.util.Arrays.setAll(rows, n -> n == 0 ? HEADER : "[\"" + n + "\"]");
    assertEquals(Reason.SIZE, refused(() -> compared(NOTHING, rows)));
  }

  /** Of ten rows two are 20 %. */
  @ParameterizedTest(name = "{0} of {1} rows are gone: refused {2}")
  @CsvSource({"2, 10, false", "3, 10, true", "1, 2, false", "1, 1, false", "2, 2, true"})
  void rows_that_vanish_at_once_are_refused(int gone, int of, boolean refused) throws Exception {
    String rows =
        IntStream.range(0, of).mapToObj(n -> "[\"" + n + "\"]").collect(Collectors.joining(","));
    KnownRows known = after(NOTHING, compared(NOTHING, HEADER, rows));
    String left =
        IntStream.range(gone, of).mapToObj(n -> "[\"" + n + "\"]").collect(Collectors.joining(","));
    String[] sheet = left.isEmpty() ? new String[] {HEADER} : new String[] {HEADER, left};
    if (refused) {
      assertEquals(Reason.ROWS, refused(() -> compared(known, sheet)));
    } else {
      assertEquals(gone, compared(known, sheet).changes().size());
    }
  }

  /** As many rows as before, all under other keys. */
  @Test
  void rows_that_are_replaced_count_as_gone() throws Exception {
    KnownRows known = after(NOTHING, compared(NOTHING, HEADER, "[\"a\"]", "[\"b\"]", "[\"c\"]"));
    assertEquals(
        Reason.ROWS, refused(() -> compared(known, HEADER, "[\"d\"]", "[\"e\"]", "[\"f\"]")));
  }

  private static Reason refused(org.junit.jupiter.api.function.Executable compared) {
    return assertThrows(SheetRefused.class, compared).reason();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{}",
        "{\"range\":7}",
        "{\"range\":\"A\",\"majorDimension\":\"COLUMNS\"}",
        "{\"range\":\"A\",\"values\":{}}",
        "{\"range\":\"A\",\"values\":[7]}",
        "{\"range\":\"A\",\"values\":[[[]]]}"
      })
  void an_answer_of_another_shape_is_none(String answer) {
    assertThrows(MalformedAnswer.class, () -> Grid.of(JSON.readTree(answer)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{}",
        "[7]",
        "[null]",
        "[{\"name\":\"a\"}]",
        "[{\"name\":\"A!\",\"spreadsheet\":\"s\",\"range\":\"r\",\"key\":\"k\",\"header\":[\"k\"]}]",
        "[{\"name\":\"a\",\"spreadsheet\":\"s\",\"range\":\"r\",\"key\":\"k\",\"header\":[\"k\",\"k\"]}]",
        "[{\"name\":\"a\",\"spreadsheet\":\"s\",\"range\":\"r\",\"key\":\"x\",\"header\":[\"k\"]}]",
        "[{\"name\":\"a\",\"spreadsheet\":\"s\",\"range\":\"r\",\"key\":\"k\",\"header\":[\"k\"],\"more\":1}]"
      })
  void ranges_that_cannot_be_synced_are_told_at_the_start(String ranges) {
    assertThrows(SettingException.class, () -> Sheet.configured(settings(ranges)));
  }

  @Test
  void ranges_are_read() {
    assertEquals(List.of(), Sheet.configured(settings("")));
    assertEquals(
        List.of(SHEET),
        Sheet.configured(
            settings(
                "[{\"name\":\"partners\",\"spreadsheet\":\"s\",\"range\":\"A1:C\",\"key\":\"id\",\"header\":[\"id\",\"name\",\"share\"]}]")));
  }

  private static Settings settings(String ranges) {
    return Settings.load(Path.of(""), Map.of("SHEETS_RANGES", ranges));
  }
}
