package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CliTest {
  @TempDir private Path root = Path.of("");

  private Caller caller() {
    return new Caller(root);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"run", "migrate", "status", "doctor", "pollers", "targets", "emit", "try", "test"})
  void every_command_explains_itself_with_an_example(String command) {
    Caller.Result help = caller().calls(command, "--help");
    assertEquals(0, help.code());
    assertTrue(help.out().startsWith("Usage: bin/ingest " + command), help.out());
    assertTrue(help.out().contains("Example"), help.out());
    assertTrue(help.out().contains("  bin/ingest " + command) || command.equals("migrate"));
    assertTrue(caller().calls("--help").out().contains("  " + command + " "), command);
  }

  @Test
  void an_unknown_command_suggests_the_near_one() {
    Caller.Result result = caller().calls("stauts");
    assertEquals(2, result.code());
    assertTrue(result.err().contains("Did you mean: bin/ingest status"), result.err());
    assertEquals("", result.out());
  }

  @Test
  void no_command_shows_what_there_is() {
    Caller.Result result = caller().calls();
    assertEquals(2, result.code());
    assertTrue(result.err().contains("Commands:"), result.err());
  }

  @Test
  void a_mistaken_argument_says_where_to_read_on() {
    Caller.Result result = caller().calls("targets", "set", "stage", "slow");
    assertEquals(2, result.code());
    assertTrue(result.err().contains("[off, paused, live]"), result.err());
    assertTrue(result.err().contains("bin/ingest targets set --help"), result.err());
  }

  @Test
  void version_names_the_product_and_java() {
    Caller.Result result = caller().calls("--version");
    assertEquals(0, result.code());
    assertTrue(result.out().startsWith("ingest "), result.out());
    assertTrue(result.out().contains(System.getProperty("java.version")), result.out());
  }

  @Test
  void run_passes_its_options_on() {
    Caller caller = caller();
    assertEquals(0, caller.calls("run", "--role", "webhooks", "--without-clickhouse").code());
    assertEquals(new RunOptions(false, true, "webhooks"), caller.runtime.options);
    caller.calls("run", "--only-stores");
    assertEquals(new RunOptions(true, false, null), caller.runtime.options);
  }

  @Test
  void a_missing_setting_is_told_in_a_line() {
    Caller caller = caller();
    Caller.Result result = caller.calls("migrate");
    assertEquals(1, result.code());
    assertEquals("DM_DATABASE_URL is not set\n", result.err());
    assertEquals(1, caller.runtime.migrations);
  }

  @Test
  void the_command_line_starts_without_camel_spring_and_logs() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAPackage("ingest.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.camel..", "org.springframework..", "org.slf4j..")
        .because("a command that asks a running ingest answers at once and prints nothing else")
        .check(new ClassFileImporter().importPackages("ingest.cli"));
  }
}
