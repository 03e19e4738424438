package ingest.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.zaxxer.hikari.HikariDataSource;
import ingest.settings.Settings;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class PostgresPoolTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  @TempDir static Path root = Path.of("");

  private static Settings settings() {
    return Settings.load(root, Map.of("DM_DATABASE_URL", STORES.dm().pool().getJdbcUrl()));
  }

  @Test
  void a_transaction_that_stands_still_gives_back_what_others_wait_for() throws SQLException {
    try (HikariDataSource pool = PostgresPool.open("dm", "dm.database-url", settings(), 2);
        Connection still = pool.getConnection();
        Connection other = pool.getConnection()) {
      still.setAutoCommit(false);
      lock(still);
      lock(other); // returns once the other's transaction has been ended
      SQLException ended = assertThrows(SQLException.class, () -> lock(still));
      assertEquals("25P03", ended.getSQLState());
    }
  }

  @Test
  void a_migration_may_wait_in_its_transaction_as_long_as_it_does() throws SQLException {
    try (HikariDataSource pool = PostgresPool.patient("migrate", "dm.database-url", settings(), 1);
        Connection connection = pool.getConnection()) {
      assertEquals(
          "0|UTC",
          Sql.rows(
                  connection,
                  "SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('TimeZone')")
              .get(0));
    }
  }

  private static void lock(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_advisory_xact_lock(42)");
    }
  }
}
