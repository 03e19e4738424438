package ingest.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The short run of {@code bin/faults poll-push}. */
class PollPushTest {
  @Test
  void what_polls_and_webhooks_tell_becomes_what_is_so() throws Exception {
    StringWriter said = new StringWriter();
    ObjectNode report =
        new PollPushOrdeal(
                PollPushOrdeal.Plan.of(Duration.ofSeconds(45)), 7, false, new PrintWriter(said))
            .run();
    assertTrue(report.path("holds").booleanValue(), said::toString);
    assertTrue(report.path("ends_not_told").intValue() > 0, said::toString);
  }
}
