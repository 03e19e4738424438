package ingest.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class HeardTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  @Test
  void x_says_when_its_limit_begins_anew() {
    assertEquals(
        new Heard(300, 299L, NOW.plusSeconds(600), null),
        Heard.in(
            Map.of(
                "x-rate-limit-limit", "300",
                "X-Rate-Limit-Remaining", "299",
                "x-rate-limit-reset", Long.toString(NOW.plusSeconds(600).getEpochSecond())),
            NOW));
  }

  @Test
  void a_small_reset_is_a_number_of_seconds() {
    assertEquals(
        new Heard(100, 4L, NOW.plusSeconds(30), null),
        Heard.in(
            Map.of("ratelimit-limit", 100, "ratelimit-remaining", 4, "ratelimit-reset", 30), NOW));
  }

  @Test
  void scrapers_say_what_a_call_cost_and_what_is_left() {
    assertEquals(
        new Heard(null, 987L, null, 10),
        Heard.in(
            Map.of("Scrape.do-Remaining-Credits", "987", "Scrape.do-Request-Cost", "10"), NOW));
    assertEquals(new Heard(null, null, null, 25), Heard.in(Map.of("sa-credit-cost", "25"), NOW));
  }

  @Test
  void what_is_no_number_says_nothing() {
    assertEquals(
        Heard.NOTHING,
        Heard.in(
            Map.of("x-rate-limit-limit", "many", "x-rate-limit-remaining", "-1", "date", "today"),
            NOW));
  }

  @Test
  void a_reset_beyond_a_day_is_no_limit_of_calls() {
    assertEquals(
        Heard.NOTHING,
        Heard.in(
            Map.of("x-rate-limit-reset", Long.toString(NOW.plusSeconds(90_000).getEpochSecond())),
            NOW));
  }
}
