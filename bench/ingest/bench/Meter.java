package ingest.bench;

import java.lang.management.ManagementFactory;

/** What the measured parts of one run took: time, WAL, CPU and statements. Used by one thread. */
final class Meter {
  /** A part of a run. */
  interface Work {
    void run() throws Exception;
  }

  private final Server server;
  private long nanos;
  private long walBytes;
  private long ownCpu;
  private long postgresCpu;
  private long statements;

  Meter(Server server) {
    this.server = server;
  }

  /** Counts {@code work} in; what is done between two of these is nobody's. */
  void measure(Work work) throws Exception {
    long wal = server.walBytes();
    long own = ownCpuNanos();
    long postgres = server.cpuNanos();
    long executed = server.statements().sum();
    long began = System.nanoTime();
    work.run();
    nanos += System.nanoTime() - began;
    postgresCpu += server.cpuNanos() - postgres;
    ownCpu += ownCpuNanos() - own;
    statements += server.statements().sum() - executed;
    walBytes += server.walBytes() - wal;
  }

  /** Adds the CPU of another process of ours, in nanoseconds, to that of this JVM. */
  void also(long cpu) {
    ownCpu += cpu;
  }

  Sample sample(long events) {
    if (nanos == 0 || events == 0) {
      throw new Unbalanced("nothing was measured");
    }
    return new Sample(events, nanos, walBytes, ownCpu, postgresCpu, statements);
  }

  /** Of this JVM, its compiler and collector included. */
  private static long ownCpuNanos() {
    return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
        .getProcessCpuTime();
  }
}
