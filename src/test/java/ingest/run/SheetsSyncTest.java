package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A sheet that changes, and what Google does wrong, done to a running product. */
class SheetsSyncTest {
  private static final String RUN = "/admin/pollers/sheets-sync/run";
  private static final int TRIES = 3;

  @TempDir private static Path data = Path.of("");
  private static IngestProcess run;
  private static Stores stores;
  private static Upstream google;
  private static ArrayNode rows;

  @BeforeAll
  static void start() throws Exception {
    Map<String, String> settings = IngestProcess.settings(data);
    settings.put("POLL_KICK_VIEWERS_ENABLED", "false");
    settings.put("UPSTREAM_RESPONSE_TIMEOUT", "1500");
    settings.put("UPSTREAM_RETRY_DELAY", "50");
    settings.put("UPSTREAM_RETRIES", Integer.toString(TRIES - 1));
    settings.put("SHEETS_CALLS_PER_MINUTE", "0");
    run = IngestProcess.run(settings);
    stores = Stores.of(run);
    google = Upstream.of(run);
    rows = (ArrayNode) google.sheet();
  }

  @AfterAll
  static void stop() {
    run.close();
  }

  /** The sheet as it was at first, and synced. */
  @BeforeEach
  void a_sheet_that_is_known() throws Exception {
    google.clearFaults();
    stores.dmExecute("DELETE FROM dm.upstream");
    google.sheet(rows);
    sync();
    stores.dmExecute("DELETE FROM dm.skipped_page");
  }

  private static JsonNode sync() throws Exception {
    return run.act(RUN).path("last_run");
  }

  private static long known(String where) throws Exception {
    return stores.dmNumber("SELECT count(*) FROM dm.sheet_row WHERE " + where);
  }

  private static double refused(String reason) throws Exception {
    return run.metric(
        "ingest_sheets_refused_total{reason=\"%s\",sheet=\"partners\"}".formatted(reason));
  }

  private static ArrayNode changed(int row, String name) {
    ArrayNode changed = rows.deepCopy();
    ((ArrayNode) changed.get(row)).set(1, name);
    return changed;
  }

  @Test
  void only_changed_rows_become_events() throws Exception {
    assertEquals(20, known("sheet = 'partners' AND NOT deleted"));
    assertEquals(0, sync().path("events").intValue(), "nothing changed");
    ArrayNode next = changed(3, "Third");
    next.remove(20);
    next.addArray().add("p-21");
    google.sheet(next);
    JsonNode last = sync();
    assertEquals(3, last.path("new").intValue(), last::toString);
    assertEquals(20, known("NOT deleted"));
    assertEquals(1, known("deleted AND row_key = 'p-20'"));
    String told =
        """
        SELECT JSONExtractString(envelope, 'data', 'key'), JSONExtractBool(envelope, 'data', 'deleted'),
               JSONExtractString(envelope, 'data', 'cells', 'name')
        FROM vf.raw_events WHERE type = 'sheets.row.synced' AND subject IN ('sheet:partners:p-3', 'sheet:partners:p-20', 'sheet:partners:p-21')
        ORDER BY time DESC, subject LIMIT 3
        """;
    await()
        .untilAsserted(
            () -> assertEquals("p-20\t1\t\np-21\t0\t\np-3\t0\tThird\n", stores.clickHouse(told)));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "401",
        "403",
        "429",
        "500",
        "hang",
        "reset",
        "truncated",
        "not-json",
        "wrong-types",
        "huge"
      })
  void a_fault_that_passes_costs_nothing(String kind) throws Exception {
    google.sheet(changed(5, "After " + kind));
    google.fault("{\"kind\":\"%s\",\"api\":\"sheets\",\"retry_after\":1}".formatted(kind));
    JsonNode last = sync();
    assertEquals(0, last.path("skipped_pages").intValue(), last::toString);
    assertEquals(1, last.path("new").intValue(), last::toString);
    assertTrue(google.well());
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "401",
        "403",
        "500",
        "hang",
        "reset",
        "truncated",
        "not-json",
        "wrong-types",
        "huge"
      })
  void a_sync_that_keeps_failing_is_recorded_and_the_next_heals_it(String kind) throws Exception {
    google.sheet(changed(6, "In spite of " + kind));
    google.fault("{\"kind\":\"%s\",\"api\":\"sheets\",\"times\":%d}".formatted(kind, TRIES));
    double failed = run.metric("ingest_sheets_failed_total{sheet=\"partners\"}");
    JsonNode last = sync();
    assertEquals(1, last.path("skipped_pages").intValue(), last::toString);
    assertEquals(failed + 1, run.metric("ingest_sheets_failed_total{sheet=\"partners\"}"));
    JsonNode page = stores.dmRows("SELECT * FROM dm.skipped_page").get(0);
    assertTrue(page.path("error").asText().startsWith("partners: "), page::toString);
    assertTrue(google.well());
    assertEquals(1, sync().path("new").intValue());
  }

  @Test
  void a_refusal_without_a_time_pauses_and_nothing_is_skipped() throws Exception {
    google.sheet(changed(7, "Later"));
    google.fault("{\"kind\":\"429\",\"api\":\"sheets\",\"times\":%d}".formatted(TRIES));
    assertEquals(0, sync().path("skipped_pages").intValue());
    assertEquals(
        1,
        stores.dmNumber(
            "SELECT count(*) FROM dm.upstream WHERE upstream = 'sheets' AND paused_until > now()"));
    google.clearFaults();
    stores.dmExecute("DELETE FROM dm.upstream");
    assertEquals(1, sync().path("new").intValue());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"empty, header", "header, header", "gone, rows", "twice, keys"})
  void a_sheet_that_is_not_what_it_should_be_changes_nothing(String how, String reason)
      throws Exception {
    ArrayNode broken = rows.deepCopy();
    switch (how) {
      case "empty" -> broken.removeAll();
      case "header" -> ((ArrayNode) broken.get(0)).set(1, "Name");
      case "gone" -> {
        for (int n = 0; n < 5; n++) {
          broken.remove(1);
        }
      }
      default -> ((ArrayNode) broken.get(2)).set(0, "p-1");
    }
    google.sheet(broken);
    double before = refused(reason);
    JsonNode last = sync();
    assertEquals(0, last.path("events").intValue(), last::toString);
    assertEquals(1, last.path("skipped_pages").intValue(), last::toString);
    assertEquals(before + 1, refused(reason));
    assertEquals(20, known("NOT deleted"));
    assertEquals(
        List.of("sheets-sync"),
        stores.dmRows("SELECT poller FROM dm.skipped_page").stream()
            .map(row -> row.path("poller").asText())
            .toList());
    google.sheet(rows);
    assertEquals(0, sync().path("events").intValue(), "nothing had changed");
  }
}
