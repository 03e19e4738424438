package ingest.cli.doctor;

import ingest.settings.Role;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What the user of {@code dm} may do there, held against what the roles of this process need: no
 * less, and no change of a table.
 */
final class PostgresRights {
  private static final String WRITER = "ingest_writer";
  private static final String READER = "env_reader";

  /** More would hide the way out. */
  private static final int SHOWN = 3;

  private static final String MIGRATED =
      """
      SELECT count(*) FROM pg_roles, pg_namespace
      WHERE rolname = ? AND nspname IN ('dm', 'ingest') AND nspowner = to_regrole('dm_owner')
      """;

  private static final String LACKED_BY_A_WRITER =
      """
      SELECT 'USAGE ON SCHEMA ' || s FROM unnest(ARRAY['dm', 'ingest']) s
      WHERE NOT has_schema_privilege(s, 'USAGE')
      UNION ALL
      SELECT p || ' ON ' || c.oid::regclass
      FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p
      WHERE c.relnamespace IN (to_regnamespace('dm'), to_regnamespace('ingest'))
        AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT has_table_privilege(c.oid, p)
      UNION ALL
      SELECT 'USAGE ON SEQUENCE ' || c.oid::regclass FROM pg_class c
      WHERE c.relnamespace IN (to_regnamespace('dm'), to_regnamespace('ingest'))
        AND CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege(c.oid, 'USAGE') ELSE false END
      UNION ALL
      SELECT 'EXECUTE ON FUNCTION ' || f.oid::regprocedure FROM pg_proc f
      WHERE f.pronamespace IN (to_regnamespace('dm'), to_regnamespace('ingest'))
        AND NOT has_function_privilege(f.oid, 'EXECUTE')
      """;

  private static final String LACKED_BY_A_READER =
      """
      SELECT 'USAGE ON SCHEMA dm' WHERE NOT has_schema_privilege('dm', 'USAGE')
      UNION ALL
      SELECT 'SELECT ON ' || c.oid::regclass FROM pg_class c
      WHERE c.relnamespace = to_regnamespace('dm') AND c.relkind IN ('r', 'p', 'v')
        AND has_table_privilege('env_reader', c.oid, 'SELECT') AND NOT has_table_privilege(c.oid, 'SELECT')
      """;

  /** Of a user who owns nothing there and is no superuser. */
  private static final String TOO_MUCH_FOR_A_READER =
      """
      SELECT 'USAGE ON SCHEMA ingest' WHERE has_schema_privilege('ingest', 'USAGE')
      UNION ALL
      SELECT p || ' ON ' || c.oid::regclass FROM pg_class c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) p
      WHERE c.relnamespace = to_regnamespace('dm') AND c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, p)
      """;

  private static final String CHANGES_TABLES =
      """
      SELECT CASE WHEN rolsuper THEN 'a superuser' ELSE 'a member of ' || pg_get_userbyid(nspowner) END
      FROM pg_roles, pg_namespace
      WHERE rolname = current_user AND nspname = 'dm'
        AND (rolsuper OR pg_has_role(current_user, nspowner, 'MEMBER'))
      """;

  private final Connection connection;
  private final String what;
  private final Consumer<Finding> told;

  PostgresRights(Connection connection, String what, Consumer<Finding> told) {
    this.connection = connection;
    this.what = what;
    this.told = told;
  }

  /** Tells nothing where all is as it should be. */
  void examine(Set<Role> roles) throws SQLException {
    boolean writes = roles.contains(Role.INGEST) || roles.contains(Role.WEBHOOKS);
    if (!writes && !roles.contains(Role.ENV)) {
      return;
    }
    String role = writes ? WRITER : READER;
    if (texts(MIGRATED, role).get(0).equals("0")) {
      told.accept(
          Finding.warn(
              what,
              "its tables are not there yet, or older than its roles",
              "run bin/ingest migrate as the owner of the database"));
      return;
    }
    String user = texts("SELECT quote_ident(current_user)").get(0);
    List<String> lacked = texts(writes ? LACKED_BY_A_WRITER : LACKED_BY_A_READER);
    if (!lacked.isEmpty()) {
      boolean member =
          texts("SELECT pg_has_role(current_user, ?, 'USAGE')::text", role).contains("true");
      told.accept(
          Finding.fail(
              what,
              user + " lacks " + some(lacked),
              member
                  ? "run as dm_owner: GRANT " + lacked.get(0) + " TO " + role
                  : "run: GRANT %s TO %s".formatted(role, user)));
    }
    List<String> owner = texts(CHANGES_TABLES);
    List<String> more = writes || !owner.isEmpty() ? List.of() : texts(TOO_MUCH_FOR_A_READER);
    if (!owner.isEmpty()) {
      tooMuch(user, "is " + owner.get(0) + " and could change tables", role);
    } else if (!more.isEmpty()) {
      tooMuch(user, "has " + some(more), role);
    }
  }

  private void tooMuch(String user, String finding, String role) {
    told.accept(
        Finding.warn(
            what,
            user + " " + finding,
            "log in as another: CREATE ROLE … LOGIN PASSWORD '…' IN ROLE " + role));
  }

  private static String some(List<String> rights) {
    String some = String.join(", ", rights.subList(0, Math.min(SHOWN, rights.size())));
    return rights.size() > SHOWN ? some + " and " + (rights.size() - SHOWN) + " more" : some;
  }

  private List<String> texts(String query, String... parameters) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      try (ResultSet rows = statement.executeQuery()) {
        List<String> texts = new ArrayList<>();
        while (rows.next()) {
          texts.add(String.valueOf(rows.getString(1)));
        }
        return texts;
      }
    }
  }
}
