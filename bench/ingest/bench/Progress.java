package ingest.bench;

import java.io.PrintWriter;

/** What is being done: one line that changes where a person looks, else a line per round. */
final class Progress {
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintWriter err;
  private final boolean terminal;
  private String last = "";

  Progress(PrintWriter err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  void at(String race, String contestant, int round, int rounds) {
    String where = race + ": " + (round == 0 ? "warm-up" : "round " + round + " of " + rounds);
    if (terminal) {
      err.print(CLEAR_LINE + where + ", " + contestant);
      err.flush();
    } else if (!where.equals(last)) {
      say(where);
    }
    last = where;
  }

  void say(String what) {
    err.println(terminal ? CLEAR_LINE + what : what);
    err.flush();
  }

  /** Leaves no half line behind. */
  void done() {
    if (terminal) {
      err.print(CLEAR_LINE);
      err.flush();
    }
  }
}
