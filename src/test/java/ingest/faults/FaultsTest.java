package ingest.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The short run of {@code bin/faults}. */
class FaultsTest {
  @Test
  void ten_kills_under_load_lose_nothing_and_repeat_no_effect() throws Exception {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    Report report = new Ordeal(10, 40, 200, false, out).run();
    report.print(out);
    assertTrue(report.holds(), said::toString);
    assertEquals(10, report.done(), said::toString);
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 10, 30, 200})
  void a_plan_has_every_kind_of_fault_and_is_the_same_for_a_seed(int kills) {
    assertEquals(kills, Fault.plan(kills, new Random(1)).size());
    assertEquals(
        EnumSet.allOf(Fault.class),
        EnumSet.copyOf(Set.copyOf(Fault.plan(kills, new Random(kills)))));
    assertEquals(Fault.plan(kills, new Random(7)), Fault.plan(kills, new Random(7)));
  }
}
