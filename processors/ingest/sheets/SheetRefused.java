package ingest.sheets;

import java.io.Serial;
import java.util.Locale;

/**
 * A sheet that answers well and is not what it should be: nothing of it is taken until a person has
 * looked. Asking again would change nothing.
 */
public final class SheetRefused extends Exception {
  @Serial private static final long serialVersionUID = 1;

  /** What is wrong with it. */
  public enum Reason {
    /** The first row is not the expected one, or there is none. */
    HEADER,
    /** More rows are gone than may go at once. */
    ROWS,
    /** Two rows have one key. */
    KEYS,
    /** There are more rows than a sheet may have. */
    SIZE;

    /** As in metrics. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Reason reason;

  SheetRefused(Reason reason, String said) {
    super(said);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
