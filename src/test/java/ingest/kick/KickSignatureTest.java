package ingest.kick;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.signature.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KickSignatureTest {
  private static final SigningKick KICK = new SigningKick(2048);
  private static final SigningKick OTHER = new SigningKick(2048);
  private static final byte[] BODY = "{\"is_live\":true,\"title\":\"naïve\"}".getBytes(UTF_8);
  private static final Instant NOW = Instant.parse(SigningKick.TIME);
  private static final Duration TOLERANCE = Duration.ofMinutes(10);

  private final KickSignature scheme =
      new KickSignature(KickPublicKeys.configured(KICK.pem()), TOLERANCE);

  @Test
  void what_kick_signed_is_genuine() {
    assertEquals(Verdict.VALID, scheme.verify(KICK.signed(BODY), BODY, NOW));
    assertEquals(Verdict.NO_MATCH, scheme.verify(OTHER.signed(BODY), BODY, NOW));
  }

  @Test
  void everything_that_is_signed_counts() {
    for (String name : List.of("kick-event-message-id", "kick-event-message-timestamp")) {
      Map<String, String> headers = KICK.signed(BODY);
      headers.compute(
          name, (n, value) -> String.valueOf(value).replace("14", "15").replace("RBA", "RBB"));
      assertEquals(Verdict.NO_MATCH, scheme.verify(headers, BODY, NOW), name);
    }
    assertEquals(Verdict.NO_MATCH, scheme.verify(KICK.signed(BODY), new byte[0], NOW));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"kick-event-message-id", "kick-event-message-timestamp", "kick-event-signature"})
  void each_header_is_needed(String name) {
    Map<String, String> headers = KICK.signed(BODY);
    headers.remove(name);
    assertEquals(Verdict.MISSING_HEADER, scheme.verify(headers, BODY, NOW));
  }

  @ParameterizedTest(name = "received {0} s after it was signed: {1}")
  @CsvSource({
    "600, VALID",
    "601, STALE_TIMESTAMP",
    "-600, VALID",
    "-601, FUTURE_TIMESTAMP",
    "31556889864, STALE_TIMESTAMP",
  })
  void time_is_tolerated_as_configured(long seconds, Verdict verdict) {
    assertEquals(verdict, scheme.verify(KICK.signed(BODY), BODY, NOW.plusSeconds(seconds)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-09-24T03:01:14Z",
        "2026-09-24T03:01:14.123456789Z",
        "2026-09-24T14:01:14+11:00",
        "2026-09-23T19:01:14-08:00"
      })
  void a_time_may_have_a_fraction_and_an_offset(String time) {
    assertEquals(Verdict.VALID, scheme.verify(KICK.signed("1", time, BODY), BODY, NOW));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1790219702",
        "2026-09-24",
        "2026-09-24T03:01:14",
        "2026-09-31T03:01:14Z",
        "2026-09-24T25:01:14Z",
        "2026-09-24T03:01:14+99:00",
        "+1000000-09-24T03:01:14Z",
        "2026-09-24T03:01:14.1234567890Z",
        "2026-09-24T03:01:14Z.1"
      })
  void a_time_is_in_its_form(String time) {
    assertEquals(Verdict.BAD_TIMESTAMP, scheme.verify(KICK.signed("1", time, BODY), BODY, NOW));
  }

  @Test
  void the_border_between_id_and_time_cannot_be_moved() {
    Map<String, String> headers = KICK.signed("a", SigningKick.TIME, BODY);
    headers.put("kick-event-message-id", "a." + SigningKick.TIME);
    headers.put("kick-event-message-timestamp", "{\"is_live\":true");
    assertEquals(Verdict.BAD_ID, scheme.verify(headers, BODY, NOW));
    for (String id : List.of("", "a b", "é", "a".repeat(129), "a\0")) {
      assertEquals(
          Verdict.BAD_ID, scheme.verify(KICK.signed(id, SigningKick.TIME, BODY), BODY, NOW), id);
    }
  }

  @Test
  void junk_never_reaches_rsa() {
    KickSignature full = new KickSignature(KickPublicKeys.configured(KICK.pem()), TOLERANCE, 0);
    for (String junk : List.of("", "AAAA", "!".repeat(344), "A".repeat(1369), "é".repeat(344))) {
      Map<String, String> headers = KICK.signed(BODY);
      headers.put("kick-event-signature", junk);
      assertEquals(Verdict.BAD_SIGNATURE, full.verify(headers, BODY, NOW), junk);
    }
    Map<String, String> headers = KICK.signed(BODY);
    headers.put("kick-event-signature", Base64.getEncoder().encodeToString(new byte[512]));
    assertEquals(Verdict.NO_MATCH, full.verify(headers, BODY, NOW), "of no key's length");
    assertEquals(
        Verdict.STALE_TIMESTAMP,
        full.verify(KICK.signed(BODY), BODY, NOW.plusSeconds(601)),
        "a call of yesterday that is sent again");
  }

  @Test
  void a_call_that_finds_no_room_is_not_decided() {
    KickSignature full = new KickSignature(KickPublicKeys.configured(KICK.pem()), TOLERANCE, 0);
    Verdict verdict = full.verify(KICK.signed(BODY), BODY, NOW);
    assertEquals(Verdict.BUSY, verdict);
    assertTrue(verdict.undecided());
  }

  @Test
  void room_is_given_back() throws Exception {
    KickSignature narrow = new KickSignature(KickPublicKeys.configured(KICK.pem()), TOLERANCE, 1);
    for (int i = 0; i < 3; i++) {
      assertEquals(Verdict.NO_MATCH, narrow.verify(OTHER.signed(BODY), BODY, NOW));
      assertEquals(Verdict.VALID, narrow.verify(KICK.signed(BODY), BODY, NOW));
    }
    Map<String, String> headers = KICK.signed(BODY);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<Verdict>> verdicts =
          IntStream.range(0, 64)
              .mapToObj(
                  i ->
                      threads.submit(
                          () -> {
                            start.await();
                            return narrow.verify(headers, BODY, NOW);
                          }))
              .toList();
      start.countDown();
      for (Future<Verdict> verdict : verdicts) {
        assertTrue(List.of(Verdict.VALID, Verdict.BUSY).contains(verdict.get()));
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(Verdict.VALID, narrow.verify(headers, BODY, NOW));
  }

  @Test
  void keys_of_several_lengths_verify_side_by_side() {
    SigningKick longer = new SigningKick(3072);
    KickSignature both =
        new KickSignature(KickPublicKeys.configured(longer.pem() + KICK.pem()), TOLERANCE);
    assertEquals(Verdict.VALID, both.verify(KICK.signed(BODY), BODY, NOW));
    assertEquals(Verdict.VALID, both.verify(longer.signed(BODY), BODY, NOW));
    assertEquals(Verdict.NO_MATCH, both.verify(OTHER.signed(BODY), BODY, NOW));
  }
}
