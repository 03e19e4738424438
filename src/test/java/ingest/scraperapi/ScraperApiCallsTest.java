package ingest.scraperapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.mapping.Arrival;
import ingest.webhook.Call;
import ingest.webhook.CallMapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What makes two callbacks one event, and that the token stays where it was. */
final class ScraperApiCallsTest {
  private static final Path CALLS = Path.of("src/test/resources/calls/scraperapi");
  private static final ScraperApiSender SENDER = new ScraperApiSender();
  private static final String MAC = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";

  private static Call call(String name, String job, Instant arrived) throws IOException {
    byte[] body = Files.readAllBytes(CALLS.resolve(name + ".body.json"));
    Arrival.Message message = SENDER.message(Map.of(CallbackToken.TOKEN, job + "." + MAC), body);
    Arrival arrival =
        new Arrival(
            arrived, null, message, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    return new Call(SENDER, Map.of(), body, arrival);
  }

  private static Envelope event(String name, String job, Instant arrived) throws IOException {
    return new CallMapping(List.of(new FinishedJob()), EventTypes.load(Path.of("routes")))
        .map(call(name, job, arrived))
        .envelopes()
        .get(0);
  }

  @Test
  void a_callback_that_comes_again_is_the_same_event() throws IOException {
    Instant first = Instant.parse("2026-09-24T03:15:02Z");
    assertEquals(
        event("finished", "job-1", first).id(),
        event("finished", "job-1", first.plusSeconds(7200)).id());
  }

  @Test
  void the_token_of_one_job_takes_no_event_of_another() throws IOException {
    Instant at = Instant.parse("2026-09-24T03:15:02Z");
    assertNotEquals(event("finished", "job-1", at).id(), event("finished", "job-2", at).id());
    assertNotEquals(event("finished", "job-1", at).id(), event("failed", "job-1", at).id());
    assertNotEquals(
        event("trap.not-json", "job-1", at).id(), event("trap.still-running", "job-1", at).id());
  }

  @Test
  void the_token_is_in_nothing_that_is_kept() throws IOException {
    for (String name : List.of("finished", "failed", "trap.not-json", "trap.still-running")) {
      Call call = call(name, "job-1", Instant.parse("2026-09-24T03:15:02Z"));
      String all =
          event(name, "job-1", call.arrival.time()).toJson()
              + call.arrival.message()
              + call.headers;
      assertFalse(all.contains(MAC), name);
    }
    assertFalse(SENDER.headers().contains(CallbackToken.TOKEN));
  }
}
