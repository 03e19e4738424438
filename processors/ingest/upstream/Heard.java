package ingest.upstream;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of an answer say of limits and costs; null where they say nothing.
 *
 * @param limit calls that are allowed until {@code resetsAt}
 * @param remaining calls, or credits, that are left
 * @param cost credits of this call
 */
public record Heard(
    @Nullable Integer limit,
    @Nullable Long remaining,
    @Nullable Instant resetsAt,
    @Nullable Integer cost) {
  static final Heard NOTHING = new Heard(null, null, null, null);

  private static final Pattern WHOLE = Pattern.compile("[0-9]{1,12}");

  /** Above it a reset is a time, below it a number of seconds from now. */
  private static final long A_TIME = 1_000_000_000;

  /** A reset that is further away than a day is no limit of calls. */
  private static final Duration FURTHEST = Duration.ofDays(1);

  /**
   * Reads {@code x-rate-limit-*} (X), {@code ratelimit-*}, {@code x-ratelimit-*}, {@code
   * Scrape.do-Remaining-Credits}, {@code Scrape.do-Request-Cost} and {@code sa-credit-cost}.
   *
   * @param headers by name; the case of names does not matter
   */
  static Heard in(Map<String, ?> headers, Instant now) {
    if (headers.isEmpty()) {
      return NOTHING;
    }
    Long limit = number(headers, named("limit"));
    Long remaining = number(headers, named("remaining"));
    Long reset = number(headers, named("reset"));
    Long credits = number(headers, new String[] {"scrape.do-remaining-credits"});
    Long cost = number(headers, new String[] {"scrape.do-request-cost", "sa-credit-cost"});
    return new Heard(
        limit == null ? null : (int) Math.min(limit, Integer.MAX_VALUE),
        remaining == null ? credits : remaining,
        reset == null ? null : reset(reset, now),
        cost == null ? null : (int) Math.min(cost, Integer.MAX_VALUE));
  }

  boolean nothing() {
    return equals(NOTHING);
  }

  private static String[] named(String what) {
    return new String[] {"x-rate-limit-" + what, "x-ratelimit-" + what, "ratelimit-" + what};
  }

  private static @Nullable Instant reset(long said, Instant now) {
    Instant at = said >= A_TIME ? Instant.ofEpochSecond(said) : now.plusSeconds(said);
    return at.isAfter(now.plus(FURTHEST)) ? null : at;
  }

  private static @Nullable Long number(Map<String, ?> headers, String[] names) {
    for (String name : names) {
      for (Map.Entry<String, ?> header : headers.entrySet()) {
        if (header.getKey().equalsIgnoreCase(name)) {
          String text = String.valueOf(header.getValue()).trim();
          return WHOLE.matcher(text).matches() ? Long.valueOf(text) : null;
        }
      }
    }
    return null;
  }
}
