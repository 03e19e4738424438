package ingest.bench;

import org.jspecify.annotations.Nullable;

/** How much is run. */
record Plan(int rounds, @Nullable Integer wanted, boolean quick) {
  /** Less than this and the limit of a delivery is measured on a table that is all in caches. */
  private static final int LIMIT_ROWS = 200_000;

  private static final int QUICK = 4_000;
  private static final int CHANNELS = 50_000;
  private static final int QUICK_CHANNELS = 5_000;
  private static final int HUNDRED = 100;

  /** Events of one run where nothing else is asked for; a quick run has fewer. */
  int events(int usual) {
    return wanted != null ? wanted : quick ? QUICK : usual;
  }

  /** A part of them for what takes its time with each, in hundreds. */
  static int part(int events, int of) {
    return Math.max(HUNDRED, events / of / HUNDRED * HUNDRED);
  }

  /** Channels that are known before one is seen. */
  int channels() {
    return quick ? QUICK_CHANNELS : CHANNELS;
  }

  int limitRows() {
    return quick ? 4 * events(QUICK) : Math.max(LIMIT_ROWS, 2 * events(QUICK));
  }
}
