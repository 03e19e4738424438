package ingest.resend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import ingest.webhook.CallMapping;
import ingest.webhook.CallPairs;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which calls of Resend are one event; what each becomes is in its pair of files. */
final class ResendCallsTest {
  private static final ResendSender SENDER = new ResendSender();
  private static final CallMapping MAPPING = CallPairs.mapping();

  private static UUID id(String name) throws IOException {
    return MAPPING
        .map(CallPairs.call(SENDER, CallPairs.headers(SENDER, name), CallPairs.body(SENDER, name)))
        .envelopes()
        .get(0)
        .id();
  }

  @Test
  void a_retry_and_a_replay_are_the_same_event_however_late() throws IOException {
    assertEquals(id("email.bounced"), id("sent-later-under-the-same-id"));
  }

  @Test
  void what_several_recipients_have_in_common_is_an_event_for_each_message() throws IOException {
    assertNotEquals(id("email.bounced"), id("another-message-of-the-same"));
  }

  @Test
  void the_time_of_the_attempt_is_that_of_its_header() {
    assertEquals(
        Instant.parse("2026-09-24T03:15:02Z"),
        SENDER.message(Map.of("svix-timestamp", "1790219702"), new byte[0]).sentAt());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "today", "-9223372036854775808", "9223372036854775807", "1e9"})
  void a_time_that_is_none_is_told_as_none(String text) {
    assertNull(SENDER.message(Map.of("svix-timestamp", text), new byte[0]).sentAt());
  }
}
