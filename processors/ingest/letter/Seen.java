package ingest.letter;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a preview saw, as {@code pg_current_snapshot()} writes it: which transactions had committed
 * by then. Comes back by way of whoever looked, so it is checked before the database is given it.
 */
public final class Seen {
  private static final Pattern FORM =
      Pattern.compile("([1-9]\\d{0,17}):([1-9]\\d{0,17}):((?:\\d{1,18}(?:,\\d{1,18}){0,9999})?)");

  private Seen() {}

  /** Whether PostgreSQL takes it. */
  public static boolean valid(String seen) {
    Matcher parts = FORM.matcher(seen);
    if (!parts.matches()) {
      return false;
    }
    long first = Long.parseLong(parts.group(1));
    long end = Long.parseLong(parts.group(2));
    long last = first - 1;
    if (!parts.group(3).isEmpty()) {
      for (String open : parts.group(3).split(",", -1)) {
        long id = Long.parseLong(open);
        if (id <= last || id >= end) {
          return false;
        }
        last = id;
      }
    }
    return first <= end;
  }
}
