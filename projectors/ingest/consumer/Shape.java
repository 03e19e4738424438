package ingest.consumer;

import ingest.projection.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A live table as the catalog has it, for statements that hold it against its shadow.
 *
 * @param columns that can be written: those that PostgreSQL computes are left out
 * @param key of its primary key, in the key's order
 * @param keyTypes theirs
 * @param writeTimes columns that are not compared
 * @param unique whether another column set is unique too
 */
record Shape(
    String name,
    List<String> columns,
    List<String> key,
    List<String> keyTypes,
    List<String> writeTimes,
    boolean unique) {
  Shape {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
    keyTypes = List.copyOf(keyTypes);
    writeTimes = List.copyOf(writeTimes);
  }

  private static final String COLUMNS =
      """
      SELECT a.attname, a.attgenerated <> '' AS computed, a.attidentity <> '' AS counted
      FROM pg_attribute a WHERE a.attrelid = ?::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
      """;

  private static final String KEY =
      """
      SELECT a.attname, format_type(a.atttypid, a.atttypmod)
      FROM pg_index i, unnest(i.indkey::int[]) WITH ORDINALITY k (attnum, n), pg_attribute a
      WHERE i.indrelid = ?::regclass AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.attnum
      ORDER BY k.n
      """;

  private static final String UNIQUE =
      """
      SELECT string_agg(indexrelid::regclass::text, ', ') FROM pg_index
      WHERE indrelid = ?::regclass AND indisunique AND NOT indisprimary
      """;

  private static final String REFERRERS =
      """
      SELECT string_agg(conrelid::regclass::text, ', ') FROM pg_constraint
      WHERE confrelid = ?::regclass AND contype = 'f' AND confdeltype IN ('c', 'n', 'd')
      """;

  private static final String SAME_COLUMNS =
      """
      SELECT NOT EXISTS (
          (SELECT attname, atttypid FROM pg_attribute WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped)
          EXCEPT
          (SELECT attname, atttypid FROM pg_attribute WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped))
      """;

  /**
   * Reads it.
   *
   * @throws Refusal 409 when it is not there, or is no table that can be held against a shadow
   */
  static Shape of(Connection tx, Table table) throws SQLException {
    String live = live(table.name());
    if (text(tx, "SELECT to_regclass(?)::text", live) == null) {
      throw new Refusal(409, live + " is not there");
    }
    List<String> columns = new ArrayList<>();
    try (PreparedStatement query = tx.prepareStatement(COLUMNS)) {
      query.setString(1, live);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          if (rows.getBoolean("counted")) {
            throw new Refusal(
                409, live + " counts its rows by " + rows.getString(1) + ", which no event tells");
          }
          if (!rows.getBoolean("computed")) {
            columns.add(rows.getString(1));
          }
        }
      }
    }
    List<String> key = new ArrayList<>();
    List<String> keyTypes = new ArrayList<>();
    try (PreparedStatement query = tx.prepareStatement(KEY)) {
      query.setString(1, live);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          key.add(rows.getString(1));
          keyTypes.add(rows.getString(2));
        }
      }
    }
    if (key.isEmpty()) {
      throw new Refusal(409, live + " has no primary key, by which its rows could be compared");
    }
    String referrers = text(tx, REFERRERS, live);
    if (referrers != null) {
      throw new Refusal(
          409, "rows of %s go with those of %s: a swap would lose them".formatted(referrers, live));
    }
    return new Shape(
        table.name(), columns, key, keyTypes, table.writeTimes(), text(tx, UNIQUE, live) != null);
  }

  private static @Nullable String text(Connection tx, String sql, String argument)
      throws SQLException {
    try (PreparedStatement query = tx.prepareStatement(sql)) {
      query.setString(1, argument);
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    }
  }

  static String live(String table) {
    return "public." + quoted(table);
  }

  static String shadow(String table) {
    return "ingest_rebuild." + quoted(table);
  }

  String live() {
    return live(name);
  }

  String shadow() {
    return shadow(name);
  }

  /** Whether a migration has changed the live table since the shadow was made. */
  boolean migrated(Connection tx) throws SQLException {
    try (PreparedStatement query = tx.prepareStatement(SAME_COLUMNS)) {
      for (String[] pair : new String[][] {{live(), shadow()}, {shadow(), live()}}) {
        query.setString(1, pair[0]);
        query.setString(2, pair[1]);
        try (ResultSet row = query.executeQuery()) {
          row.next();
          if (!row.getBoolean(1)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** {@code each} of the key's columns, with commas. */
  String key(String each) {
    return key(each, ", ");
  }

  /** The same with something else between; {@code %s} is the column. */
  String key(String each, String between) {
    return joined(key, each, between);
  }

  String columns(String each) {
    return joined(columns, each, ", ");
  }

  /** Parameters for a key, as text. */
  String keyParameters() {
    return keyTypes.stream()
        .map(type -> "CAST(? AS " + type + ")")
        .collect(Collectors.joining(", "));
  }

  /** A row without the columns that are not compared; null where there is no row. */
  String told(String row) {
    Function<String, String> literal = column -> "'" + column.replace("'", "''") + "'";
    return writeTimes.isEmpty()
        ? "to_jsonb(" + row + ")"
        : "(to_jsonb(%s) - ARRAY[%s])"
            .formatted(row, writeTimes.stream().map(literal).collect(Collectors.joining(", ")));
  }

  private static String joined(List<String> names, String each, String between) {
    return names.stream()
        .map(name -> each.replace("%s", quoted(name)))
        .collect(Collectors.joining(between));
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
