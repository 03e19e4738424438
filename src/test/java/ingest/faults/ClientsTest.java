package ingest.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The short run of {@code bin/faults clients}. */
class ClientsTest {
  @Test
  void clients_that_mean_no_good_are_bounded_and_others_unaffected() throws Exception {
    StringWriter said = new StringWriter();
    Siege siege =
        new Siege(500, Duration.ofSeconds(8), 20, 10, Duration.ofSeconds(1), new PrintWriter(said));
    assertTrue(siege.run(), said::toString);
  }
}
