package ingest.cli.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ingest.settings.SettingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresUrlTest {
  @ParameterizedTest
  @ValueSource(strings = {"postgres", "postgresql", "jdbc:postgresql"})
  void credentials_leave_the_address(String scheme) {
    PostgresUrl url =
        PostgresUrl.of("database.url", scheme + "://vf:p%40ss+w@a:5432,b:5433/dm?sslmode=require");
    assertEquals("jdbc:postgresql://a:5432,b:5433/dm?sslmode=require", url.jdbc());
    assertEquals("vf", url.credentials().getProperty("user"));
    assertEquals("p@ss+w", url.credentials().getProperty("password"));
    assertEquals("a:5432,b:5433/dm", url.shown());
  }

  @Test
  void credentials_may_be_absent() {
    PostgresUrl url = PostgresUrl.of("database.url", "postgres://localhost/dm");
    assertEquals("jdbc:postgresql://localhost/dm", url.jdbc());
    assertEquals(0, url.credentials().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"s3cret", "mysql://s3cret@h/d", "postgres://s3cret@h", "postgres://s3cret@h/ d"})
  void what_is_no_dsn_is_not_shown(String dsn) {
    SettingException e =
        assertThrows(SettingException.class, () -> PostgresUrl.of("dm.database-url", dsn));
    assertFalse(String.valueOf(e.getMessage()).contains("s3cret"), e.getMessage());
  }
}
