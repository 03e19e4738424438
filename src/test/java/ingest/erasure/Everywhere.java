package ingest.erasure;

import ingest.store.ClickHouse;
import ingest.store.Sql;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Looks for texts in every column of every table of every store, as the catalogs list them, and in
 * every file below a folder: whatever a store is given later is looked at, too.
 */
record Everywhere(Sql dm, Sql env, ClickHouse archive, Path files) {
  /** Each place where one of the texts stands, with how often. */
  List<String> find(List<String> texts) throws IOException, InterruptedException {
    List<String> found = new ArrayList<>();
    postgres("dm", dm, texts, found);
    postgres("env", env, texts, found);
    clickHouse(texts, found);
    try (Stream<Path> all = Files.walk(files)) {
      all.filter(Files::isRegularFile).forEach(file -> file(file, texts, found));
    }
    return found;
  }

  private static List<String> tables(Sql database) {
    return database.rows(
        """
        SELECT format('%I.%I', n.nspname, c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'
        ORDER BY 1
        """);
  }

  private static void postgres(String store, Sql database, List<String> texts, List<String> found) {
    for (String table : tables(database)) {
      for (String text : texts) {
        // a row as text has bytea in hex: so these columns are looked at as what they are
        String bytes =
            String.join(
                "",
                database.rows(
                    "SELECT ' || coalesce(encode(t.' || quote_ident(attname) || ', ''escape''), '''')' FROM pg_attribute WHERE attrelid = ?::regclass AND atttypid = 'bytea'::regtype AND attnum > 0",
                    table));
        long rows =
            database.number(
                "SELECT count(*) FROM %s t WHERE position(? IN lower(t::text%s)) > 0"
                    .formatted(table, bytes),
                text.toLowerCase(Locale.ROOT));
        if (rows > 0) {
          found.add("%s %s: %s in %d".formatted(store, table, text, rows));
        }
      }
    }
  }

  private void clickHouse(List<String> texts, List<String> found)
      throws IOException, InterruptedException {
    for (String table :
        archive
            .text(
                "SELECT name FROM system.tables WHERE database = 'vf' AND engine LIKE '%MergeTree' ORDER BY name",
                Map.of())
            .lines()
            .toList()) {
      for (String text : texts) {
        long rows =
            archive.number(
                "SELECT count() FROM vf.%s WHERE positionCaseInsensitive(toString(tuple(*)), {text:String}) > 0"
                    .formatted(table),
                Map.of("text", text));
        if (rows > 0) {
          found.add("clickhouse %s: %s in %d".formatted(table, text, rows));
        }
      }
    }
  }

  private static void file(Path file, List<String> texts, List<String> found) {
    try {
      String content =
          file.toString().endsWith(".gz")
              ? new String(
                  new GZIPInputStream(Files.newInputStream(file)).readAllBytes(),
                  StandardCharsets.UTF_8)
              : Files.readString(file, StandardCharsets.ISO_8859_1);
      for (String text : texts) {
        if (content.toLowerCase(Locale.ROOT).contains(text.toLowerCase(Locale.ROOT))) {
          found.add("%s: %s".formatted(file.getFileName(), text));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
