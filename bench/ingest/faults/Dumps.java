package ingest.faults;

import ingest.run.IngestProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What the threads of a process do, again and again until it is closed: it is asked by SIGQUIT and
 * tells in its output, which costs it far less than a program that asks.
 */
final class Dumps implements AutoCloseable {
  private static final Duration EVERY = Duration.ofMillis(250);
  private static final String DUMP = "Full thread dump";
  private static final String VERIFYING = "RSASignature.engineVerify";

  private final IngestProcess process;
  private final int before;
  private final Thread asking = new Thread(this::ask, "dumps");

  Dumps(IngestProcess process) {
    this.process = process;
    this.before = process.lines().size();
    asking.setDaemon(true);
    asking.start();
  }

  private void ask() {
    try {
      while (process.handle().isAlive()) {
        LibC.C.kill((int) process.handle().pid(), LibC.SIGQUIT);
        Thread.sleep(EVERY.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** In each dump so far, how many threads were verifying an RSA signature. */
  List<Integer> verifying() {
    List<Integer> counts = new ArrayList<>();
    List<String> lines = process.lines();
    for (String line : lines.subList(before, lines.size())) {
      if (line.startsWith(DUMP)) {
        counts.add(0);
      } else if (line.contains(VERIFYING) && !counts.isEmpty()) {
        counts.set(counts.size() - 1, counts.get(counts.size() - 1) + 1);
      }
    }
    return counts;
  }

  @Override
  public void close() {
    asking.interrupt();
  }
}
