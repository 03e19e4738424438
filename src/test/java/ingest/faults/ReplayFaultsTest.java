package ingest.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** The short run of {@code bin/faults replay}. */
class ReplayFaultsTest {
  @Test
  void what_wrong_projectors_wrote_becomes_right_by_a_replay_that_is_killed() throws Exception {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    ReplayReport report =
        new ReplayOrdeal(new ReplayOrdeal.Plan(10, 100, 1, ReplayOrdeal.Way.replay), 7, false, out)
            .run();
    report.print(out);
    assertTrue(report.holds(), said::toString);
    assertEquals(1, report.kills(), said::toString);
  }
}
