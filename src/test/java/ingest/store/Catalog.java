package ingest.store;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is in a database, as its catalog tells it: two databases with equal dumps have the same
 * schema, owners and rights. Partitions of days are told by their distance from the first day, so
 * that midnight makes no difference.
 */
public final class Catalog {
  private static final Pattern DAY = Pattern.compile("_(20[0-9]{6})\\b");

  private static final String OURS = " n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'";

  private static final List<String> PARTS =
      List.of(
          "SELECT 'schema', n.nspname, pg_get_userbyid(n.nspowner), %s FROM pg_namespace n WHERE"
              .formatted(acl("n.nspacl")),
          """
          SELECT 'relation', c.relkind, c.oid::regclass, pg_get_userbyid(c.relowner), %s, c.reloptions,
                 pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),
                 (SELECT i.inhparent::regclass FROM pg_inherits i WHERE i.inhrelid = c.oid)
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE"""
              .formatted(acl("c.relacl")),
          """
          SELECT 'column', c.oid::regclass, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
                 a.attnotnull, a.attstorage, a.attgenerated, a.attidentity, %s, pg_get_expr(d.adbin, d.adrelid)
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
          WHERE a.attnum > 0 AND NOT a.attisdropped AND"""
              .formatted(acl("a.attacl")),
          """
          SELECT 'constraint', c.conrelid::regclass, c.conname, c.convalidated, pg_get_constraintdef(c.oid)
          FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE c.conrelid <> 0 AND""",
          """
          SELECT 'index', pg_get_indexdef(i.indexrelid), i.indisvalid FROM pg_index i
          JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE""",
          """
          SELECT 'view', c.oid::regclass, pg_get_viewdef(c.oid) FROM pg_class c
          JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v' AND""",
          """
          SELECT 'sequence', s.seqrelid::regclass, s.seqstart, s.seqincrement, s.seqmax, s.seqcycle
          FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE""",
          """
          SELECT 'function', p.oid::regprocedure, pg_get_userbyid(p.proowner), %s, pg_get_functiondef(p.oid)
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE"""
              .formatted(acl("p.proacl")),
          """
          SELECT 'trigger', pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND""");

  /** Their schema may be none: what a role gives by default wherever it makes something. */
  private static final String DEFAULTS =
      """
      SELECT 'default', pg_get_userbyid(d.defaclrole), n.nspname, d.defaclobjtype, %s
      FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
      """
          .formatted(acl("d.defaclacl"));

  private Catalog() {}

  private static String acl(String column) {
    return "(SELECT string_agg(x::text, ',' ORDER BY x::text) FROM unnest(%s) x)".formatted(column);
  }

  /** A line for each thing, sorted. */
  public static List<String> dump(Sql sql) {
    List<String> lines = new ArrayList<>(sql.rows(DEFAULTS));
    for (String part : PARTS) {
      lines.addAll(sql.rows(part + OURS));
    }
    return Stream.of(undated(String.join("\0", lines)).split("\0")).sorted().toList();
  }

  /** What Flyway wrote down, but when. */
  public static List<String> history(Sql sql) {
    return sql.rows(
        "SELECT installed_rank, version, description, type, script, checksum, success FROM"
            + " public.ingest_schema_history ORDER BY installed_rank");
  }

  private static String undated(String text) {
    TreeSet<LocalDate> days =
        DAY.matcher(text)
            .results()
            .map(day -> LocalDate.parse(day.group(1), DateTimeFormatter.BASIC_ISO_DATE))
            .collect(Collectors.toCollection(TreeSet::new));
    String undated = text;
    for (int n = 0; !days.isEmpty() && n <= days.size(); n++) {
      LocalDate day = days.first().plusDays(n);
      String millis =
          String.format(
              Locale.ROOT, "%012x", day.atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli());
      undated =
          undated
              .replace("_" + day.format(DateTimeFormatter.BASIC_ISO_DATE), "_day" + n)
              .replace(day.toString(), "day" + n)
              .replace(millis.substring(0, 8) + "-" + millis.substring(8), "id" + n);
    }
    return undated;
  }
}
