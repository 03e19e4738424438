package ingest.cli.doctor;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What was seen at one thing; never holds a secret.
 *
 * @param mend how to put it right; null where nothing is wrong or the finding says it
 */
public record Finding(Level level, String what, String finding, @Nullable String mend) {

  /** Only {@code FAIL} keeps something from working. */
  public enum Level {
    OK,
    WARN,
    FAIL;

    /** {@code FAIL} alone is loud. */
    @Override
    public String toString() {
      return this == FAIL ? name() : word();
    }

    @JsonValue
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Finding ok(String what, String finding) {
    return new Finding(Level.OK, what, finding, null);
  }

  static Finding warn(String what, String finding, String mend) {
    return new Finding(Level.WARN, what, finding, mend);
  }

  static Finding fail(String what, String finding, String mend) {
    return new Finding(Level.FAIL, what, finding, mend);
  }
}
