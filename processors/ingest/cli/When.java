package ingest.cli;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A time as it is given on a command line: RFC 3339, or how long ago. */
final class When {
  /** For a command's description. */
  static final String FORMS = "A FROM or TO is an RFC 3339 time, or how long ago: 90m, 24h, 7d.";

  private static final Pattern AGO = Pattern.compile("(\\d{1,6})([smhd])");

  private When() {}

  /**
   * The time that {@code text} says.
   *
   * @param option whose value it is, for who mistypes it
   */
  static Instant of(String option, String text, Clock clock) {
    Matcher ago = AGO.matcher(text);
    if (ago.matches()) {
      long number = Long.parseLong(ago.group(1));
      Duration span =
          switch (ago.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
          };
      return clock.instant().minus(span);
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw new CommandFailure.Misuse(
          option + " is neither a time such as 2026-11-19T08:00:00Z nor an age such as 24h");
    }
  }
}
