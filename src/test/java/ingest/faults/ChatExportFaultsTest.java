package ingest.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The short run of {@code bin/faults chat-export}. */
class ChatExportFaultsTest {
  @Test
  void an_export_that_is_killed_between_its_steps_loses_no_line_and_repeats_none()
      throws Exception {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    FaultReport report = new ChatExportOrdeal(4, 42, false, out).run();
    report.print(out);
    assertTrue(report.holds() && report.loaded(), said::toString);
    assertTrue(report.examined("a row of the table is a line") > 0, said::toString);
    assertTrue(report.examined("a line is a row of the table, once") > 0, said::toString);
  }

  @Test
  void what_makes_no_sense_is_not_begun() {
    PrintWriter out = new PrintWriter(new StringWriter());
    assertEquals(2, new CommandLine(new ChatExportFaults()).setErr(out).execute("--kills", "-1"));
  }
}
