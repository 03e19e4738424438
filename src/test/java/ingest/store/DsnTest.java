package ingest.store;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DsnTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  @TempDir static Path root;

  private static String refusal(String dsn) {
    Settings settings = Settings.load(root, Map.of("DM_DATABASE_URL", dsn));
    return String.valueOf(
        assertThrows(
                SettingException.class,
                () -> PostgresPool.open("dm", "dm.database-url", settings, 1))
            .getMessage());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "postgresql://u:p@h/d, h, 5432, d, u, p",
    "postgres://u:p@h:5433/d, h, 5433, d, u, p",
    "postgresql://u:a+b@h/d, h, 5432, d, u, a+b",
    "postgresql://u:a&b=c@h/d, h, 5432, d, u, a&b=c",
    "postgresql://u:a%40b%25%2Fc@h/d, h, 5432, d, u, a@b%/c",
    "postgresql://u%40x:p@h/d?sslmode=require, h, 5432, d, u@x, p",
    "jdbc:postgresql://h:1/d?user=u&password=a%2Bb, h, 1, d, u, a+b",
  })
  void libpqs_form_of_a_DSN_is_read_as_libpq_reads_it(
      String dsn, String host, String port, String database, String user, String password) {
    Properties read =
        requireNonNull(org.postgresql.Driver.parseURL(Dsn.jdbc(dsn), new Properties()));
    assertEquals(host, read.getProperty("PGHOST"));
    assertEquals(port, read.getProperty("PGPORT"));
    assertEquals(database, read.getProperty("PGDBNAME"));
    assertEquals(user, read.getProperty("user"));
    assertEquals(password, read.getProperty("password"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://u:hunter2 x@h/d",
        "postgresql://u:hunter2^x@h/d",
        "postgresql://u:hunter2%zz@h/d",
        "postgresql://u:hunter2@/d",
        "mysql://u:hunter2@h/d",
        "hunter2",
      })
  void what_is_no_DSN_is_told_by_its_variable_and_never_quoted(String dsn) {
    String message = refusal(dsn);
    assertTrue(message.startsWith("DM_DATABASE_URL "), message);
    assertFalse(message.contains("hunter2"), message);
  }

  @Test
  void a_database_that_is_away_is_told_by_its_variable() {
    String message = refusal("postgresql://u:hunter2@127.0.0.1:" + TestStores.freePort() + "/d");
    assertTrue(message.startsWith("DM_DATABASE_URL: cannot connect: "), message);
    assertFalse(message.contains("hunter2"), message);
  }

  @Test
  void sessions_are_in_UTC_whatever_this_machine_is_in() {
    String url = STORES.dm().pool().getJdbcUrl();
    Settings settings = Settings.load(root, Map.of("DM_DATABASE_URL", url, "DM_POOL_SIZE", "2"));
    try (DmDatabase dm = DmDatabase.open(settings)) {
      assertEquals("UTC", new Sql(dm.pool()).rows("SHOW TimeZone").get(0));
    }
  }
}
