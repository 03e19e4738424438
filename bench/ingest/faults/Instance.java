package ingest.faults;

import ingest.run.IngestProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One place for a process of the product: whatever ends there is started again, as a deployment
 * would. Thread-safe.
 */
final class Instance implements AutoCloseable {
  private static final long PAUSE_MILLIS = 500;
  private static final long CLOSE_MILLIS = 10_000;

  /** What a process logs when it settles after its lease had run out. */
  private static final Pattern LATE = Pattern.compile("deliver \\S+: (\\d+) leases had run out");

  private enum State {
    STARTING,
    READY,
    STOPPED
  }

  private final String name;
  private final Map<String, String> environment;
  private final @Nullable Path classes;
  private final Path log;
  private final Thread keeper;
  private State state = State.STARTING;
  private @Nullable IngestProcess process;
  private boolean condemned;
  private boolean closing;
  private int starts;
  private int unasked;
  private long late;

  Instance(String name, Map<String, String> environment, Path folder) {
    this(name, environment, folder, null);
  }

  /**
   * A place for processes of other classes.
   *
   * @param classes what stands before the product's; null for nothing
   */
  Instance(String name, Map<String, String> environment, Path folder, @Nullable Path classes) {
    this.name = name;
    this.environment = environment;
    this.classes = classes;
    this.log = folder.resolve(name + ".log");
    this.keeper = new Thread(this::keep, name);
    keeper.setDaemon(true);
    keeper.start();
  }

  String name() {
    return name;
  }

  private void keep() {
    try {
      while (true) {
        IngestProcess started;
        synchronized (this) {
          if (closing) {
            return;
          }
          started =
              classes == null
                  ? IngestProcess.startApart(environment, "run")
                  : IngestProcess.startApartWith(classes, environment, "run");
          process = started;
          condemned = false;
          starts++;
        }
        boolean ready = started.becomesReady();
        synchronized (this) {
          if (ready && !condemned) {
            state = State.READY;
            notifyAll();
          }
        }
        started.awaitEnd();
        synchronized (this) {
          state = State.STARTING;
          if (ready && !condemned && !closing) {
            unasked++;
          }
          keep(started.lines());
        }
        if (!ready) {
          Thread.sleep(PAUSE_MILLIS); // its store was away; a deployment waits, too
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("keeping " + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void keep(List<String> lines) throws IOException {
    Files.writeString(
        log,
        String.join("\n", lines) + "\n",
        StandardCharsets.UTF_8,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    late += late(lines);
  }

  private static long late(List<String> lines) {
    return lines.stream()
        .map(LATE::matcher)
        .filter(Matcher::find)
        .mapToLong(found -> Long.parseLong(found.group(1)))
        .sum();
  }

  /** Takes part now. */
  synchronized boolean ready() {
    return state == State.READY;
  }

  /** SIGKILL to what runs here. */
  synchronized void kill() {
    condemned = true;
    state = State.STARTING;
    if (process != null) {
      LibC.C.kill((int) process.handle().pid(), LibC.SIGKILL);
    }
  }

  /** SIGSTOP to what runs here; it keeps what it holds, its connections too. */
  synchronized void stop() {
    if (process != null) {
      state = State.STOPPED;
      LibC.C.kill((int) process.handle().pid(), LibC.SIGSTOP);
    }
  }

  /** SIGCONT to what was stopped. */
  synchronized void goOn() {
    if (process != null && state == State.STOPPED) {
      state = State.READY;
      LibC.C.kill((int) process.handle().pid(), LibC.SIGCONT);
    }
  }

  /** What runs here now. */
  synchronized IngestProcess process() {
    if (process == null) {
      throw new IllegalStateException(name + " has not been started");
    }
    return process;
  }

  HttpResponse<String> manage(String method, String path, String body)
      throws IOException, InterruptedException {
    return process().manage(method, path, body);
  }

  String managementPort() {
    return environment.getOrDefault("MANAGEMENT_PORT", "");
  }

  /** Waits until it takes part; false when that takes longer. */
  synchronized boolean awaitReady(long millis) throws InterruptedException {
    long until = System.nanoTime() + millis * 1_000_000;
    while (state != State.READY) {
      long left = (until - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  /** Ends that nobody asked for, of processes that had been ready. */
  synchronized int unasked() {
    return unasked;
  }

  synchronized int starts() {
    return starts;
  }

  /** Chunks and items that were settled after the lease, and were not. */
  synchronized long late() {
    return late + (process == null || !process.handle().isAlive() ? 0 : late(process.lines()));
  }

  /** Ends it for good, by SIGKILL: it is at rest by now, and a drain would take its time. */
  @Override
  public void close() {
    synchronized (this) {
      closing = true;
      kill();
    }
    try {
      keeper.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
