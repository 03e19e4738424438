package ingest.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a Java process holds.
 *
 * @param rss bytes of memory that it has of the machine
 * @param live bytes of its heap that a collection leaves
 */
record Vitals(long rss, long live) {
  /** As it is started here; see {@code IngestProcess}. */
  static final long HEAP = 400L << 20;

  /** Heap, classes, code, and what the sockets of some thousand clients need. */
  static final long MOST = HEAP + (300L << 20);

  /** What a process may keep of a fault that is over. */
  static final long MOST_KEPT = 64L << 20;

  private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");

  /** Of the whole heap, or of each generation, by the collector. */
  private static final Pattern USED = Pattern.compile("(?:heap|generation|Gen)\\s.* used (\\d+)K");

  private static final int PATIENCE_SECONDS = 60;

  /** Makes it collect first. */
  static Vitals of(ProcessHandle process) throws IOException, InterruptedException {
    jcmd(process, "GC.run");
    String told = jcmd(process, "GC.heap_info");
    long used =
        USED.matcher(told).results().mapToLong(found -> Long.parseLong(found.group(1))).sum();
    if (used == 0) {
      throw new IOException("GC.heap_info does not tell what is used: " + told);
    }
    return new Vitals(rss(process), used * 1024);
  }

  static long rss(ProcessHandle process) throws IOException {
    Matcher found = RSS.matcher(Files.readString(Path.of("/proc/" + process.pid() + "/status")));
    return found.find() ? Long.parseLong(found.group(1)) * 1024 : 0;
  }

  private static String jcmd(ProcessHandle process, String command)
      throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home", ""), "bin", "jcmd").toString(),
                Long.toString(process.pid()),
                command)
            .redirectErrorStream(true)
            .start();
    String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!jcmd.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || jcmd.exitValue() != 0) {
      throw new IOException("jcmd " + command + ": " + said);
    }
    return said;
  }

  /** Looks at the memory of a process until it is closed. */
  static final class Peak implements AutoCloseable {
    private static final Duration EVERY = Duration.ofMillis(250);

    private final AtomicLong most = new AtomicLong();
    private final Thread watch;

    Peak(ProcessHandle process) {
      this.watch = new Thread(() -> watch(process), "memory");
      watch.setDaemon(true);
      watch.start();
    }

    private void watch(ProcessHandle process) {
      try {
        while (process.isAlive()) {
          most.accumulateAndGet(Vitals.rss(process), Math::max);
          Thread.sleep(EVERY.toMillis());
        }
      } catch (IOException e) {
        // it ended meanwhile
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** The most bytes it had so far. */
    long rss() {
      return most.get();
    }

    @Override
    public void close() {
      watch.interrupt();
    }
  }
}
