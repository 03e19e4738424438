package ingest.cli.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.Role;
import ingest.settings.Settings;
import ingest.store.TestStores;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PostgresRightsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  @TempDir static Path root;

  @AfterEach
  void forget() {
    STORES
        .owner()
        .run(
            """
            DO $$ BEGIN
              IF to_regrole('doctored') IS NOT NULL THEN DROP OWNED BY doctored; DROP ROLE doctored; END IF;
            END $$
            """);
    STORES.owner().run("GRANT INSERT ON dm.poll_slot TO ingest_writer");
  }

  /** Findings about rights alone, with their ways out. */
  private static List<String> findings(String url, Set<Role> roles) {
    List<String> findings = new ArrayList<>();
    new PostgresCheck(
            Settings.load(
                root,
                Map.of(
                    "DM_DATABASE_URL",
                    url.replaceFirst("jdbc:postgresql://(.*)\\?user=(.*)", "postgres://$2@$1"))),
            roles)
        .examine(
            f -> {
              if (!f.finding().startsWith("PostgreSQL ")
                  && !f.finding().startsWith("synchronous_standby_names")) {
                findings.add(f.level() + " " + f.finding() + " -> " + f.mend());
              }
            });
    return findings;
  }

  private static String login(String attributes) {
    STORES.owner().run("CREATE ROLE doctored LOGIN " + attributes);
    return STORES.ownerUrl().replaceFirst("user=.*", "user=doctored");
  }

  @ParameterizedTest
  @EnumSource(
      value = Role.class,
      names = {"INGEST", "WEBHOOKS"})
  void a_member_of_ingest_writer_is_who_a_writing_role_should_be(Role role) {
    assertEquals(List.of(), findings(STORES.dm().pool().getJdbcUrl(), Set.of(role)));
    assertEquals(List.of(), findings(STORES.dm().pool().getJdbcUrl(), EnumSet.allOf(Role.class)));
  }

  @Test
  void a_member_of_env_reader_is_who_an_environment_should_be() {
    assertEquals(List.of(), findings(login("IN ROLE env_reader"), Set.of(Role.ENV)));
  }

  @ParameterizedTest(name = "{0} by role {1}: {2}")
  @CsvSource(
      delimiter = ';',
      value = {
        "SUPERUSER; INGEST; doctored is a superuser and could change tables",
        "IN ROLE dm_owner; WEBHOOKS; doctored is a member of dm_owner and could change tables",
        "IN ROLE dm_owner; ENV; doctored is a member of dm_owner and could change tables",
        "IN ROLE ingest_writer; ENV; doctored has USAGE ON SCHEMA ingest, INSERT ON dm."
      })
  void who_may_do_too_much_is_warned_of(String attributes, Role role, String finding) {
    List<String> findings = findings(login(attributes), Set.of(role));
    assertEquals(1, findings.size(), findings.toString());
    assertTrue(findings.get(0).startsWith("warn " + finding), findings.toString());
    assertTrue(
        findings.get(0).endsWith("IN ROLE " + (role == Role.ENV ? "env_reader" : "ingest_writer")),
        findings.toString());
  }

  @ParameterizedTest(name = "no member of {1} as role {0}")
  @CsvSource({"INGEST, ingest_writer", "WEBHOOKS, ingest_writer", "ENV, env_reader"})
  void who_may_nothing_is_told_the_grant_to_run(Role role, String group) {
    String url = login("");
    List<String> findings = findings(url, Set.of(role));
    assertEquals(1, findings.size(), findings.toString());
    assertTrue(
        findings.get(0).matches("FAIL doctored lacks USAGE ON SCHEMA dm, .* more -> .*"),
        findings.toString());
    String grant = findings.get(0).replaceFirst(".* -> run: ", "");
    assertEquals("GRANT " + group + " TO doctored", grant);
    STORES.owner().run(grant);
    assertEquals(List.of(), findings(url, Set.of(role)));
  }

  @Test
  void a_single_right_that_the_role_itself_lacks_is_named() {
    STORES.owner().run("REVOKE INSERT ON dm.poll_slot FROM ingest_writer");
    List<String> findings = findings(STORES.dm().pool().getJdbcUrl(), Set.of(Role.INGEST));
    assertEquals(
        List.of(
            "FAIL ingest lacks INSERT ON dm.poll_slot -> run as dm_owner: GRANT INSERT ON"
                + " dm.poll_slot TO ingest_writer"),
        findings);
    STORES
        .owner()
        .run(findings.get(0).replaceFirst(".* dm_owner: ", "SET ROLE dm_owner; ") + "; RESET ROLE");
    assertEquals(List.of(), findings(STORES.dm().pool().getJdbcUrl(), Set.of(Role.INGEST)));
  }

  @Test
  void a_database_that_was_not_migrated_is_told() {
    List<String> findings =
        findings(STORES.ownerUrl().replaceFirst("/[^/?]*\\?", "/postgres?"), Set.of(Role.INGEST));
    assertEquals(
        List.of(
            "warn its tables are not there yet, or older than its roles -> run bin/ingest migrate as"
                + " the owner of the database"),
        findings);
  }
}
