package ingest.export;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ingest.store.TestStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who exports which span, and when it is over: the statements of the chat export. */
class ChatExportRunsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Pattern PARAMETER = Pattern.compile(":#(\\w+)");
  private static final String WAITING =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

  private static final String ONE = UUID.randomUUID().toString();
  private static final String OTHER = UUID.randomUUID().toString();

  @BeforeEach
  void empty() {
    STORES.sql().run("DELETE FROM dm.chat_export_run");
    STORES.sql().run("DELETE FROM dm.chat_export_watermark");
    STORES.sql().run("DELETE FROM dm.chat_archive_log");
    STORES.sql().run("DELETE FROM ingest.delivery_item");
    STORES.sql().run("DELETE FROM ingest.delivery_chunk");
    STORES.sql().run("DELETE FROM ingest.ingest_outbox");
  }

  @Test
  void the_first_run_begins_where_chat_begins_and_goes_a_day_far() throws Exception {
    watermark("100 hours");
    claim(ONE);
    assertEquals(List.of("100|76"), span());
    assertEquals(List.of("100"), hours("last_exported_at", "dm.chat_export_watermark"), "not yet");
  }

  @Test
  void where_there_is_no_chat_it_begins_an_hour_ago() throws Exception {
    run("begin", Map.of("oldest", "NULL"));
    assertEquals(List.of("1"), hours("last_exported_at", "dm.chat_export_watermark"));
  }

  @Test
  void a_run_goes_up_to_an_hour_ago() throws Exception {
    watermark("5 hours");
    claim(ONE);
    assertEquals(List.of("5|1"), span());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "an open chunk of any type holds it, 0, acme.apple.seen, 5|3",
    "a chunk with chat that failed holds it, 2, kick.chat.message.sent, 5|3",
    "one without chat does not, 2, acme.apple.seen, 5|1",
    "what is delivered does not, 1, kick.chat.message.sent, 5|1"
  })
  void what_clickhouse_does_not_have_holds_the_watermark(
      String why, int status, String type, String span) throws Exception {
    watermark("5 hours");
    outbox(1, type, "3 hours");
    chunk(1, status);
    outbox(2, "kick.chat.message.sent", "2 hours");
    chunk(2, 1);
    claim(ONE);
    assertEquals(List.of(span), span(), why);
  }

  @Test
  void a_line_by_itself_that_is_tried_again_holds_it_and_a_dead_one_does_not() throws Exception {
    watermark("5 hours");
    outbox(1, "kick.chat.message.sent", "4 hours");
    outbox(2, "kick.chat.message.sent", "3 hours");
    item(1, "dead");
    item(2, "pending");
    claim(ONE);
    assertEquals(List.of("5|3"), span());
  }

  @Test
  void one_instance_exports_and_what_it_left_is_taken_over_as_it_was_planned() throws Exception {
    watermark("5 hours");
    assertEquals(1, claim(ONE).size());
    assertEquals(0, claim(OTHER).size(), "leased");
    List<String> planned =
        STORES.sql().rows("SELECT span_until, part_rows FROM dm.chat_export_run");
    STORES.sql().run("UPDATE dm.chat_export_run SET leased_until = ingest.now()");
    assertEquals(1, claim(OTHER, 7).size());
    assertEquals(
        planned, STORES.sql().rows("SELECT span_until, part_rows FROM dm.chat_export_run"));
    assertEquals(0, change("renew", ONE));
    assertEquals(1, change("renew", OTHER));
    assertEquals(0, change("commit", ONE), "its owner is another");
    assertEquals(1, change("commit", OTHER));
    assertEquals(0, change("commit", OTHER), "it is over");
    assertEquals(List.of("1"), hours("last_exported_at", "dm.chat_export_watermark"));
    assertEquals(
        List.of("30|4|2|900|t"),
        STORES
            .sql()
            .rows(
                "SELECT rows_exported, rows_late, files_written, bytes_written, success FROM dm.chat_archive_log"));
  }

  @Test
  void who_plans_while_another_commits_begins_where_that_ended() throws Exception {
    watermark("5 hours");
    claim(ONE);
    CompletableFuture<List<String>> claimed = new CompletableFuture<>();
    STORES
        .dm()
        .transaction(
            tx -> {
              try (java.sql.Statement committing = tx.createStatement()) {
                committing.execute(statement("commit", Map.of("token", quoted(ONE))));
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
              claimed.completeAsync(
                  () -> {
                    try {
                      return claim(OTHER);
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
              await().until(() -> STORES.sql().number(WAITING) > 0);
              return true;
            });
    assertEquals(1, claimed.get().size());
    assertEquals(List.of("1|1"), span());
  }

  @Test
  void a_run_that_failed_is_told_and_taken_over_at_once() throws Exception {
    watermark("5 hours");
    claim(ONE);
    change("fail", OTHER);
    assertEquals(0, claim(OTHER).size(), "who lost the run gives nothing back");
    change("fail", ONE);
    assertEquals(1, claim(OTHER).size());
    assertEquals(
        List.of("away|5|5", "away|5|1"),
        STORES
            .sql()
            .rows(
                "SELECT error, round(extract(epoch FROM ingest.now() - span_from) / 3600), round(extract(epoch FROM ingest.now() - span_until) / 3600) FROM dm.chat_archive_log ORDER BY id"));
  }

  private static void watermark(String ago) {
    STORES
        .sql()
        .run(
            "INSERT INTO dm.chat_export_watermark (env, last_exported_at) VALUES ('shared', ingest.now() - ?::interval)",
            ago);
  }

  private static List<String> claim(String token) throws IOException {
    return claim(token, 100);
  }

  private static List<String> claim(String token, int partRows) throws IOException {
    return STORES
        .sql()
        .rows(
            statement(
                "claim",
                Map.of(
                    "token",
                    quoted(token),
                    "partRows",
                    Integer.toString(partRows),
                    "insertedUntil",
                    Long.toString(Instant.now().getEpochSecond()))));
  }

  private static int change(String what, String token) throws IOException {
    return run(what, Map.of("token", quoted(token)));
  }

  private static int run(String what, Map<String, String> values) throws IOException {
    return STORES.sql().run(statement(what, values));
  }

  private static String statement(String what, Map<String, String> given) throws IOException {
    Map<String, String> values =
        new HashMap<>(
            Map.of(
                "env",
                "'shared'",
                "leaseSeconds",
                "60",
                "rows",
                "30",
                "lateRows",
                "4",
                "objects",
                "2",
                "bytes",
                "900",
                "error",
                "'away'"));
    values.putAll(given);
    String sql =
        Files.readString(Path.of("routes/sql/chat-export-" + what + ".sql"))
            .replaceAll("(?m)^--.*$", "");
    return PARAMETER.matcher(sql).replaceAll(found -> values.getOrDefault(found.group(1), "?"));
  }

  private static String quoted(String text) {
    return "'" + text + "'";
  }

  private static List<String> span() {
    return STORES
        .sql()
        .rows(
            "SELECT round(extract(epoch FROM ingest.now() - span_from) / 3600), round(extract(epoch FROM ingest.now() - span_until) / 3600) FROM dm.chat_export_run");
  }

  private static List<String> hours(String column, String table) {
    return STORES
        .sql()
        .rows(
            "SELECT round(extract(epoch FROM ingest.now() - %s) / 3600) FROM %s"
                .formatted(column, table));
  }

  private static void outbox(int chunk, String type, String ago) {
    STORES
        .sql()
        .run(
            "INSERT INTO ingest.ingest_outbox (day, chunk, pos, event_id, source, type, subject, rev, envelope, created_at) VALUES ((now() AT TIME ZONE 'UTC')::date, ?, 0, gen_random_uuid(), 's', ?, 's', 1, '{}', ingest.now() - ?::interval)",
            chunk,
            type,
            ago);
  }

  private static void chunk(int chunk, int status) {
    STORES
        .sql()
        .run(
            "INSERT INTO ingest.delivery_chunk (day, chunk, target, n, status, due_at) VALUES ((now() AT TIME ZONE 'UTC')::date, ?, 'clickhouse', 1, ?, now())",
            chunk,
            status);
  }

  private static void item(int chunk, String status) {
    STORES
        .sql()
        .run(
            "INSERT INTO ingest.delivery_item (day, target, event_id, chunk, pos, type, status, due_at) SELECT day, 'clickhouse', event_id, chunk, pos, type, ?, now() FROM ingest.ingest_outbox WHERE chunk = ?",
            status,
            chunk);
  }
}
