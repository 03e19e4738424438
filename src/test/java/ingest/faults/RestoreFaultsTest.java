package ingest.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The short run of {@code bin/faults restore}. */
class RestoreFaultsTest {
  @Test
  void whatever_is_lost_and_restored_balances_again_and_the_rest_is_named() throws Exception {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    FaultReport report = new RestoreOrdeal(Duration.ofSeconds(2), 40, 7, false, out).run();
    report.print(out);
    assertTrue(report.holds(), said::toString);
    for (String rule :
        new String[] {
          "an environment restored to T: projected rows are as before",
          "the archive lost: the balance sees all of it",
          "dm restored to T: the balance sees it",
          "dm restored to T, the archive away since: the mend names what is beyond repair",
          "one body of it in the inbox"
        }) {
      assertTrue(report.examined(rule) > 0, rule);
    }
  }

  @Test
  void what_makes_no_sense_is_not_begun() {
    StringWriter said = new StringWriter();
    int code =
        new CommandLine(new RestoreFaults())
            .setErr(new PrintWriter(said))
            .execute("--seconds", "0");
    assertEquals(2, code, said::toString);
  }
}
