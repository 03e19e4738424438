package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** How values read in a terminal. */
final class Text {
  private static final DateTimeFormatter TODAY =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
  private static final DateTimeFormatter THIS_YEAR =
      DateTimeFormatter.ofPattern("d MMM HH:mm", Locale.ENGLISH);
  private static final DateTimeFormatter EVER =
      DateTimeFormatter.ofPattern("d MMM uuuu", Locale.ENGLISH);

  private Text() {}

  /** Thousands apart: {@code 1,234}. */
  static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Without what would move the cursor, ring or recolour: these words came from elsewhere. */
  static String oneLine(String words) {
    return words.replaceAll("\\p{Cntrl}", " ").strip();
  }

  /** A text of a JSON answer, {@code -} where there is none. */
  static String of(JsonNode value) {
    String text = oneLine(value.asText(""));
    return value.isNull() || text.isEmpty() ? "-" : text;
  }

  /** Local and short, with its distance from now; {@code -} for none. */
  static String time(JsonNode value, Clock clock) {
    if (!value.isTextual()) {
      return "-";
    }
    try {
      ZonedDateTime at = OffsetDateTime.parse(value.textValue()).atZoneSameInstant(clock.getZone());
      LocalDate today = LocalDate.now(clock);
      DateTimeFormatter format =
          at.toLocalDate().equals(today)
              ? TODAY
              : at.getYear() == today.getYear() ? THIS_YEAR : EVER;
      Duration age = Duration.between(at.toInstant(), clock.instant());
      return "%s (%s)"
          .formatted(
              format.format(at),
              age.isNegative() ? "in " + span(age.negated()) : span(age) + " ago");
    } catch (DateTimeException e) {
      return of(value);
    }
  }

  /** In the largest unit that fits. */
  static String span(Duration span) {
    if (span.toDays() > 1) {
      return number(span.toDays()) + " d";
    }
    if (span.toHours() > 1) {
      return span.toHours() + " h";
    }
    if (span.toMinutes() > 1) {
      return span.toMinutes() + " min";
    }
    return span.toSeconds() + " s";
  }
}
