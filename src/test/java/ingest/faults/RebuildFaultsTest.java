package ingest.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** The short run of {@code bin/faults rebuild}. */
class RebuildFaultsTest {
  @Test
  void tables_that_wrong_projectors_wrote_are_made_anew_by_a_rebuild_that_is_killed()
      throws Exception {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    ReplayReport report =
        new ReplayOrdeal(new ReplayOrdeal.Plan(10, 100, 2, ReplayOrdeal.Way.rebuild), 7, false, out)
            .run();
    report.print(out);
    assertTrue(report.holds(), said::toString);
    assertEquals(2, report.kills(), said::toString);
  }
}
