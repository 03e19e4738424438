package ingest.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The short run of {@code bin/faults webhooks}. */
class WebhookFaultsTest {
  private static final Duration SHORT = Duration.ofSeconds(5);

  @Test
  void what_was_answered_2xx_is_kept_once_whatever_is_killed_away_or_forged() throws Exception {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    FaultReport report =
        new WebhookOrdeal(new WebhookOrdeal.Plan(4, SHORT, SHORT, SHORT, 100, 300), 41, false, out)
            .run();
    report.print(out);
    assertTrue(report.holds(), said::toString);
    for (String rule :
        new String[] {
          "answered 2xx is in the outbox once",
          "one body of it in the inbox",
          "503 says when to come again",
          "PostgreSQL away: not one 2xx",
          "ClickHouse away: accepted all the same",
          "forged: answered 401 or 503",
          "RSA takes at most all cores but one"
        }) {
      assertTrue(report.examined(rule) > 0, rule);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--kills -1", "--rate 0", "--seed x"})
  void what_makes_no_sense_is_not_begun(String arguments) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    int code = new CommandLine(new WebhookFaults()).setErr(out).execute(arguments.split(" ", -1));
    assertEquals(2, code, said::toString);
  }
}
