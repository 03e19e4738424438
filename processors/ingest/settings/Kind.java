package ingest.settings;

import java.time.format.DateTimeParseException;
import java.util.Optional;

/** What every value of a key has to be, by its default. */
public enum Kind {
  NUMBER("[0-9]+", "a whole number from 0 to " + Integer.MAX_VALUE),
  SPAN("[0-9]+(ms|s|m|h|d)", "a span such as 500ms, 30s, 5m, 2h or 8d"),
  SWITCH("true|false", "true or false");

  private final String form;
  private final String words;

  Kind(String form, String words) {
    this.form = form;
    this.words = words;
  }

  /** The kind of a default; most texts are of none. */
  public static Optional<Kind> of(String standard) {
    for (Kind kind : values()) {
      if (standard.matches(kind.form)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  /** Whether {@code value} can be read as one. */
  public boolean fits(String value) {
    try {
      return switch (this) {
        case NUMBER -> Integer.parseInt(value) >= 0;
        case SPAN -> !Settings.span(value).isNegative();
        case SWITCH -> value.matches(form);
      };
    } catch (DateTimeParseException | NumberFormatException e) {
      return false;
    }
  }

  /** What a value has to be, in words. */
  @Override
  public String toString() {
    return words;
  }
}
