package ingest.cli;

import java.io.PrintWriter;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * A bar where a person looks at work of known size, else nothing; messages pass above it.
 *
 * <p>The library's own way to the terminal is not taken: it asks jline for the width, and jline
 * gives SIGINT back to the system, so that Ctrl-C ends the process without its shutdown hooks.
 */
final class Progress implements AutoCloseable {
  private static final int WIDTH = 79;
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintWriter err;
  private final @Nullable ProgressBar bar;

  private Progress(PrintWriter err, @Nullable ProgressBar bar) {
    this.err = err;
    this.bar = bar;
  }

  static Progress none(Surroundings around) {
    return new Progress(around.err(), null);
  }

  static Progress ofBytes(Surroundings around, String task, long bytes) {
    return of(around, task, bytes, " MiB", 1 << 20);
  }

  static Progress ofCalls(Surroundings around, String task, long calls) {
    return of(around, task, calls, " calls", 1);
  }

  static Progress of(Surroundings around, String task, long most) {
    return of(around, task, most, "", 1);
  }

  private static Progress of(
      Surroundings around, String task, long most, String unit, long unitSize) {
    if (!around.terminal()) {
      return none(around);
    }
    return new Progress(
        around.err(),
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(most)
            .setUnit(unit, unitSize)
            .setStyle(ProgressBarStyle.ASCII)
            .setConsumer(new DelegatingProgressBarConsumer(line -> draw(around.err(), line), WIDTH))
            .build());
  }

  private static void draw(PrintWriter err, String line) {
    err.print("\r" + line);
    err.flush();
  }

  void to(long step, String remark) {
    if (bar != null) {
      bar.stepTo(step);
      bar.setExtraMessage(" " + remark);
    }
  }

  void say(String message) {
    err.println(bar == null ? message : CLEAR_LINE + message);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      err.println();
    }
  }
}
