package ingest.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ingest.channel.ChannelMetrics;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.mapping.Arrival;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the body of a claim may be. */
final class ClaimTest {
  private static final EventTypes TYPES = EventTypes.load(Path.of("routes"));
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-01T10:00:00Z"), ZoneOffset.UTC);
  private static final String WHOLE =
      """
      {"streamer_id": 17, "platform": "kick", "platform_user_id": "4711", "slug": "elm",
       "verified": true, "claimed_at": "2026-11-01T09:59:00Z"}""";

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final InternalClaims claims =
      new InternalClaims(
          TYPES, new ChannelMetrics(meters), new ClaimMetrics(meters, List.of()), CLOCK);

  @ParameterizedTest(name = "{0} is told as: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | the body is not an object",
        "{ | the body is not JSON",
        "[] | the body is not an object",
        "17 | the body is not an object",
        "{} {} | the body is not JSON",
        "{\"verified\": true, \"verified\": false} | the body is not JSON",
        "{} | streamer_id is missing; platform is missing; platform_user_id is missing; verified is missing; claimed_at is missing",
      })
  void a_body_that_is_no_claim(String body, String told) {
    assertEquals(told, refused(body));
  }

  @ParameterizedTest(name = "{0}: {1} is refused")
  @CsvSource(
      delimiter = '|',
      value = {
        "streamer_id | 0",
        "streamer_id | -1",
        "streamer_id | 1.5",
        "streamer_id | 2147483648",
        "streamer_id | 99999999999999999999999",
        "streamer_id | \"17\"",
        "streamer_id | true",
        "platform | 1",
        "platform | \"\"",
        "platform | \"Kick\"",
        "platform | \"ki ck\"",
        "platform | \"kick:1\"",
        "platform | \"kíck\"",
        "platform | \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
        "platform_user_id | \"\"",
        "platform_user_id | \"47 11\"",
        "platform_user_id | \"４７\"",
        "platform_user_id | LONG",
        "platform_user_id | 0",
        "platform_user_id | -4",
        "platform_user_id | 4711.0",
        "platform_user_id | 4e3",
        "platform_user_id | true",
        "platform_user_id | {\"id\": 4711}",
        "verified | 1",
        "verified | \"true\"",
        "claimed_at | 1793527205",
        "claimed_at | \"\"",
        "claimed_at | \"yesterday\"",
        "claimed_at | \"2026-11-01T09:59:00\"",
        "claimed_at | \"1969-12-31T23:59:59Z\"",
        "claimed_at | \"+12026-11-01T09:59:00Z\"",
      })
  void a_field_that_is_not_what_it_has_to_be(String field, String value) {
    String told =
        refused(with(field, value.equals("LONG") ? "\"" + "4".repeat(129) + "\"" : value));
    assertEquals(told.replaceFirst(" is not .*", ""), field, told);
    assertFalse(told.contains("4711") || told.contains("yesterday"), told);
    assertEquals(field + " is missing", refused(with(field, "null")));
    assertEquals(2, meters.counter("ingest.claims.refused", "reason", "malformed").count());
  }

  @ParameterizedTest(name = "{0}: {1} is the same claim")
  @CsvSource(
      delimiter = '|',
      value = {
        "platform_user_id | 4711",
        "claimed_at | \"2026-11-01T10:59:00+01:00\"",
        "claimed_at | \"2026-11-01T09:59:00.000000999Z\"",
        "slug | null",
        "slug | \"oak\"",
        "of_a_later_version | 1"
      })
  void what_is_the_same_fact_is_one_event(String field, String value) {
    assertEquals(event("stage", WHOLE), event("stage", with(field, value)));
    assertEquals(parse("stage", WHOLE).claimedAt(), parse("stage", with(field, value)).claimedAt());
  }

  @ParameterizedTest(name = "{0}: {1} is another claim")
  @CsvSource(
      delimiter = '|',
      value = {
        "streamer_id | 18",
        "platform | \"twitch\"",
        "platform_user_id | 4712",
        "verified | false",
        "claimed_at | \"2026-11-01T09:59:00.000001Z\""
      })
  void what_is_another_fact_is_another_event(String field, String value) {
    assertNotEquals(event("stage", WHOLE), event("stage", with(field, value)));
    assertNotEquals(event("stage", WHOLE), event("production", WHOLE));
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "\"Elm_Tree\" | elm_tree | 0",
        "\" elm \" | elm | 0",
        "null | none | 0",
        "\"\" | none | 1",
        "\"elm tree\" | none | 1",
        "\"Ëlm\" | none | 1",
        "LONG | none | 1",
        "17 | none | 1",
        "[\"elm\"] | none | 1"
      })
  void a_slug_that_is_none_is_counted_and_counts_as_absent(
      String value, @Nullable String slug, int refused) {
    Claim claim =
        parse("stage", with("slug", value.equals("LONG") ? "\"" + "e".repeat(254) + "\"" : value));
    claims.intake(claim);
    assertEquals(slug, claim.slug());
    assertEquals(refused, meters.counter("ingest.channels.refused", "field", "slug").count());
  }

  @Test
  void a_time_ahead_of_the_clock_is_held_to_it_for_the_order_alone() {
    Claim ahead = parse("stage", with("claimed_at", "\"2030-01-01T00:00:00Z\""));
    Envelope event =
        ahead.event(
            InternalClaims.type(TYPES),
            new Arrival(CLOCK.instant(), null, Envelope.newTraceparent()),
            1);
    assertEquals(Instant.parse("2026-11-01T10:02:00Z"), event.time());
    assertEquals("2030-01-01T00:00:00Z", event.data().path("claimed_at").asText());
    assertEquals(
        EventId.text(event.id()), event("stage", with("claimed_at", "\"2030-01-01T00:00:00Z\"")));
  }

  private Claim parse(String environment, String body) {
    return claims.parse(body.getBytes(StandardCharsets.UTF_8), environment);
  }

  private String event(String environment, String body) {
    Map<String, Object> keys = claims.keys(parse(environment, body));
    return EventId.text(UUID.fromString(String.valueOf(keys.get("event"))));
  }

  private String refused(String body) {
    ClaimRefusal refusal = assertThrows(ClaimRefusal.class, () -> parse("stage", body));
    assertEquals(400, refusal.status());
    return Objects.requireNonNull(refusal.getMessage());
  }

  /** The whole claim with another value of one field. */
  private static String with(String field, String value) {
    String without = WHOLE.replaceFirst("\"" + field + "\": (\"[^\"]*\"|[^,}]*),?", "");
    return without
        .replaceFirst("\\{", "{\"" + field + "\": " + Matcher.quoteReplacement(value) + ",")
        .replaceFirst(",\\s*}$", "}");
  }
}
