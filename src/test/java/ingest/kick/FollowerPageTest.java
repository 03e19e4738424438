package ingest.kick;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.mapping.PolledChannel;
import ingest.scrape.Outcome;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a channel's page is to us, and what identifies its poll. */
final class FollowerPageTest {
  private static final String USER = "900000001";
  private static final PolledChannel POLL =
      new PolledChannel(
          "kick",
          USER,
          "01K8ZF6T3Q5W9X7Y2N4M8B1C0D",
          Instant.parse("2026-11-01T10:00:00.000Z"),
          Instant.parse("2026-11-01T10:00:01.250123Z"));
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private static FollowerPage read(int status, String body) {
    return FollowerPage.read(status, body.getBytes(StandardCharsets.UTF_8), USER);
  }

  @ParameterizedTest(name = "{0} {1} is {2}")
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "200, `{\"user_id\":900000001,\"followers_count\":7}`, OK",
        "200, `{\"user_id\":\"900000001\",\"followers_count\":\"7\"}`, OK",
        "200, `{\"user_id\":900000001,\"followers_count\":0}`, OK",
        "200, `{\"user_id\":900000001,\"followers_count\":2147483647}`, OK",
        "200, `{\"user_id\":900000001,\"followers_count\":2147483648}`, UNREADABLE",
        "200, `{\"user_id\":900000001,\"followers_count\":\"9999999999999999999\"}`, UNREADABLE",
        "200, `{\"user_id\":900000001,\"followers_count\":-1}`, UNREADABLE",
        "200, `{\"user_id\":900000001,\"followers_count\":\"1,234\"}`, UNREADABLE",
        "200, `{\"user_id\":900000001,\"followers_count\":1.5}`, UNREADABLE",
        "200, `{\"user_id\":900000001,\"followers_count\":null}`, UNREADABLE",
        "200, `{\"user_id\":900000001,\"followers_count\":[7]}`, UNREADABLE",
        "200, `{\"user_id\":900000001}`, UNREADABLE",
        "200, `{\"user_id\":900000002,\"followers_count\":7}`, OTHER_ACCOUNT",
        "200, `{\"id\":900000001,\"followers_count\":7}`, UNREADABLE",
        "200, `{\"error\":\"Request blocked by security policy.\"}`, UNREADABLE",
        "200, `[]`, UNREADABLE",
        "200, `{\"user_id\":900000001,\"followers_c`, UNREADABLE",
        "200, `{\"user_id\":900000001,\"followers_count\":7} x`, UNREADABLE",
        "200, `<!doctype html>`, UNREADABLE",
        "200, ``, UNREADABLE",
        "404, `{}`, NOT_FOUND",
        "410, `{}`, NOT_FOUND",
        "403, `{\"error\":\"Request blocked by security policy.\"}`, BLOCKED",
        "500, `{\"user_id\":900000001,\"followers_count\":7}`, FAILED"
      })
  void an_answer_is_one_thing_to_us(int status, String body, Outcome outcome) {
    FollowerPage page = read(status, body == null ? "" : body);
    assertEquals(outcome, page.outcome(), page.said());
    assertEquals(outcome == Outcome.OK, page.said().isEmpty());
    if (outcome != Outcome.OK) {
      assertThrows(IllegalStateException.class, () -> page.event(POLL, TRACE));
    }
  }

  @Test
  void another_poll_of_the_slot_is_the_same_event_and_the_next_slot_another() {
    FollowerPage page = read(200, "{\"user_id\":900000001,\"followers_count\":7}");
    Envelope event = page.event(POLL, TRACE);
    EventTypes.load(Path.of("routes")).check(event);
    assertEquals("kick:900000001", event.subject());
    assertEquals(1_793_527_201_250_123L, event.rev());
    assertEquals(
        event.id(),
        page.event(
                new PolledChannel(
                    "kick", USER, POLL.externalId(), POLL.slot(), POLL.at().plusSeconds(90)),
                TRACE)
            .id());
    assertNotEquals(
        event.id(),
        page.event(
                new PolledChannel(
                    "kick", USER, POLL.externalId(), POLL.slot().plusSeconds(86_400), POLL.at()),
                TRACE)
            .id());
  }

  @Test
  void a_jobs_key_tells_its_poll_again() {
    String key = new FollowersJob(POLL).key();
    assertTrue(key.matches("[A-Za-z0-9_-]{1,128}"), key);
    assertEquals(Optional.of(new FollowersJob(POLL)), FollowersJob.of(key));
  }

  @ParameterizedTest
  @CsvSource({
    "kick-followers-900000001",
    "kf-01K8ZF6T3Q5W9X7Y2N4M8B1C0-900000001-1-1",
    "kf-01K8ZF6T3Q5W9X7Y2N4M8B1C0D-x-1-1",
    "kf-01K8ZF6T3Q5W9X7Y2N4M8B1C0D-900000001-1",
    "kf-01K8ZF6T3Q5W9X7Y2N4M8B1C0D-900000001-1-1-1",
    "kf-01K8ZF6T3Q5W9X7Y2N4M8B1C0D-900000001-9999999999999999-1"
  })
  void a_key_of_another_kind_is_no_poll(String key) {
    assertEquals(Optional.empty(), FollowersJob.of(key));
  }
}
