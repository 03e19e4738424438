package ingest.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the roles of {@code dm} may do; that the product gets by with its own, every other test. */
class DatabaseRolesTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private static final String DENIED = "42501";

  /** The SQLSTATE with which the product's user is refused. */
  private static String refused(String sql) throws SQLException {
    try (Connection connection = STORES.dm().connection()) {
      return refused(connection, sql);
    }
  }

  private static String refused(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return assertThrows(SQLException.class, () -> statement.execute(sql), sql).getSQLState();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE TABLE dm.mine (id int)",
        "CREATE TABLE ingest.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE INDEX mine ON dm.streamer_channel (bio)",
        "CREATE VIEW dm.mine AS SELECT 1",
        "CREATE OR REPLACE FUNCTION ingest.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
        "ALTER TABLE dm.streamer_channel ADD COLUMN mine int",
        "ALTER TABLE ingest.delivery_chunk DISABLE TRIGGER ALL",
        "DROP TABLE dm.skipped_page",
        "DROP SCHEMA ingest CASCADE",
        "TRUNCATE dm.streamer_channel CASCADE",
        "TRUNCATE ingest.event_key",
        "SET ROLE dm_owner"
      })
  void the_product_changes_rows_and_no_tables(String sql) throws SQLException {
    assertEquals(DENIED, refused(sql));
  }

  @Test
  void partitions_are_made_for_who_may_make_no_table() {
    String day = "20991231";
    assertEquals(4, STORES.sql().number("SELECT ingest.make_partitions('2099-12-31', 1)"));
    assertEquals(
        List.of("dm_owner|4"),
        STORES
            .sql()
            .rows(
                "SELECT pg_get_userbyid(relowner), count(*) FROM pg_class WHERE relkind = 'r' AND"
                    + " relname LIKE ? GROUP BY 1",
                "%" + day));
    STORES.sql().run("INSERT INTO ingest.switch VALUES ('a', 'b', 'c', now(), 'd')");
    assertEquals(0, STORES.sql().number("SELECT count(*) FROM ingest.event_key_" + day));
  }

  @Test
  void an_environment_reads_what_is_known_of_channels_and_nothing_else() throws SQLException {
    assertEquals(
        List.of(
            "dm.event_subscription",
            "dm.kick_follow_event",
            "dm.stream_session",
            "dm.streamer_channel",
            "dm.streamer_channel_slug_history"),
        STORES
            .owner()
            .rows(
                """
                SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname IN ('dm', 'ingest') AND c.relkind IN ('r', 'p', 'v')
                  AND has_table_privilege('env_reader', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
                ORDER BY 1
                """));
    try (Connection connection = java.sql.DriverManager.getConnection(STORES.ownerUrl());
        Statement statement = connection.createStatement()) {
      statement.execute("SET ROLE env_reader");
      assertEquals(List.of("0"), Sql.rows(connection, "SELECT count(*) FROM dm.kick_follow_event"));
      for (String sql :
          List.of(
              "INSERT INTO dm.streamer_channel (external_id, platform, platform_user_id) VALUES ('a', 'b', 'c')",
              "UPDATE dm.streamer_channel SET bio = 'x'",
              "DELETE FROM dm.stream_session",
              "SELECT count(*) FROM dm.scrape_log",
              "SELECT count(*) FROM dm.webhook_message_ids",
              "SELECT count(*) FROM ingest.ingest_outbox",
              "SELECT ingest.make_partitions('2099-12-30', 1)",
              "CREATE TABLE dm.mine (id int)")) {
        assertEquals(DENIED, refused(connection, sql), sql);
      }
    }
  }

  @Test
  void rights_that_are_given_twice_are_what_they_were() throws IOException {
    List<String> once = Catalog.dump(STORES.owner());
    STORES.owner().run(Files.readString(Path.of("migrations/dm/V7__roles.sql")) + "; RESET ROLE");
    assertEquals(String.join("\n", once), String.join("\n", Catalog.dump(STORES.owner())));
  }

  @Test
  void after_a_migration_that_works_as_dm_owner_Flyway_is_who_logged_in(@TempDir Path later)
      throws IOException {
    Files.writeString(
        later.resolve("V1__as_owner.sql"),
        "SET ROLE dm_owner;\nCREATE TABLE dm.later AS SELECT current_user AS who;");
    Files.writeString(
        later.resolve("V2__as_login.sql"),
        "CREATE TABLE public.later AS SELECT current_user AS who;");
    Flyway.configure()
        .dataSource(STORES.ownerUrl(), "postgres", "")
        .locations("filesystem:" + later)
        .table("later_history")
        .baselineOnMigrate(true)
        .baselineVersion("0")
        .load()
        .migrate();
    assertEquals(List.of("dm_owner"), STORES.owner().rows("SELECT who FROM dm.later"));
    assertEquals(List.of("postgres"), STORES.owner().rows("SELECT who FROM public.later"));
    assertTrue(
        STORES.sql().rows("SELECT who FROM dm.later").contains("dm_owner"),
        "what a later migration makes is the product's to use");
    assertEquals(1, STORES.sql().run("INSERT INTO dm.later VALUES ('product')"));
    STORES.owner().run("DROP TABLE dm.later, public.later, later_history");
  }
}
