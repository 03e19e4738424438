package ingest.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/**
 * The short run of {@code bin/faults pollers}. Whether a channel was asked for in time depends on
 * the machine: that is judged by the command alone.
 */
class PollerFaultsTest {
  @Test
  void nobody_is_forgotten_and_the_budget_holds_whoever_is_killed() throws Exception {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    PollerReport report =
        new PollerOrdeal(new PollerOrdeal.Plan(1500, 150, 90, 15, 35), 41, false, out).run();
    report.print(out);
    assertEquals(
        List.of(),
        report.broken().stream()
            .filter(rule -> !rule.startsWith("live in each period") && !rule.startsWith("lag told"))
            .toList(),
        said::toString);
    for (String part :
        new String[] {"one instance", "three instances", "three, one by one killed"}) {
      assertTrue(report.examined("live in each period: " + part) >= 150, part);
      assertTrue(report.examined("budget: " + part) > 0, part);
    }
    assertEquals(1500, report.examined("nobody forgotten"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--live 0",
        "--channels 2000",
        "--seconds 60",
        "--calls-per-minute 30",
        "--live-seconds 2",
        "--seed x"
      })
  void what_makes_no_sense_is_not_begun(String arguments) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    int code = new CommandLine(new PollerFaults()).setErr(out).execute(arguments.split(" ", -1));
    assertEquals(2, code, said::toString);
  }
}
