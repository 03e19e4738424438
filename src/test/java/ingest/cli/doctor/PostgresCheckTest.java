package ingest.cli.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.Settings;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(Lifecycle.PER_CLASS)
class PostgresCheckTest {
  private final EmbeddedPostgres careless;
  private final EmbeddedPostgres careful;

  @TempDir private Path root = Path.of("");

  PostgresCheckTest() throws IOException {
    careless = EmbeddedPostgres.builder().start();
    careful =
        EmbeddedPostgres.builder()
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on")
            .setServerConfig("synchronous_standby_names", "standby")
            .start();
  }

  @AfterAll
  void stop() throws IOException {
    careless.close();
    careful.close();
  }

  private List<String> findings(String variable, String dsn) {
    List<String> findings = new ArrayList<>();
    new PostgresCheck(Settings.load(root, Map.of(variable, dsn)), Set.of())
        .examine(f -> findings.add(f.level() + " " + f.finding()));
    return findings;
  }

  private static String dsn(EmbeddedPostgres server, String options) {
    return "postgres://postgres:postgres@127.0.0.1:%d/postgres%s"
        .formatted(server.getPort(), options);
  }

  @ParameterizedTest
  @CsvSource({"DM_DATABASE_URL", "INGEST_DATABASE_URL", "DATABASE_URL"})
  void a_server_that_keeps_what_it_commits_is_fine(String variable) {
    List<String> findings = findings(variable, dsn(careful, ""));
    assertEquals(1, findings.size(), findings.toString());
    assertTrue(findings.get(0).matches("ok PostgreSQL 18\\.6.*"), findings.toString());
  }

  @Test
  void a_server_that_may_lose_commits_is_not() {
    List<String> findings = findings("DM_DATABASE_URL", dsn(careless, ""));
    assertTrue(findings.contains("FAIL fsync is off: a power cut loses commits"));
    assertTrue(findings.contains("FAIL synchronous_commit is off: a crash loses commits"));
    assertTrue(
        findings.contains(
            "warn synchronous_standby_names is empty: the loss of the node loses commits"));
  }

  @Test
  void a_role_that_does_not_wait_for_the_standby_is_warned_of() {
    List<String> findings =
        findings("DM_DATABASE_URL", dsn(careful, "?options=-c%20synchronous_commit=local"));
    assertTrue(
        findings.contains("warn synchronous_commit is local: commits do not wait for the standby"),
        findings.toString());
  }

  @Test
  void an_unknown_database_is_named_by_the_server() {
    List<String> findings =
        findings("DM_DATABASE_URL", dsn(careful, "").replaceFirst("postgres$", "nowhere"));
    assertEquals(
        List.of("FAIL no connection: FATAL: database \"nowhere\" does not exist"), findings);
  }
}
