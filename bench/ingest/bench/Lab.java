package ingest.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * Everything that has to be gone in the end: the folder, the server, processes, pools. Also on
 * Ctrl-C, which closes it from another thread: what is being opened then is opened first, and
 * nothing after it.
 */
final class Lab implements AutoCloseable {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Thread hook = new Thread(this::closeAll, "bench-end");
  private boolean ended;

  Lab() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Opens something and keeps it for {@link #close}. */
  synchronized <T extends AutoCloseable> T open(Callable<T> opening) throws Exception {
    if (ended) {
      throw new IllegalStateException("this run has ended");
    }
    T opened = opening.call();
    open.push(opened);
    return opened;
  }

  /** A new folder below {@code parent}. */
  Path folder(Path parent) throws Exception {
    Path folder = Files.createTempDirectory(Files.createDirectories(parent), "ingest-bench-");
    open(() -> () -> delete(folder));
    return folder;
  }

  /** How much is open: what comes after it is closed by {@link #closeTo}. */
  synchronized int mark() {
    return open.size();
  }

  /** Closes, the latest first, until only {@code mark} things are open. */
  synchronized void closeTo(int mark) {
    while (open.size() > mark) {
      try {
        open.pop().close();
      } catch (Exception e) {
        System.err.println("closing: " + e);
      }
    }
  }

  /** Whether a signal ended it; what fails afterwards fails for that. */
  synchronized boolean ended() {
    return ended;
  }

  private synchronized void closeAll() {
    ended = true;
    closeTo(0);
  }

  @Override
  public void close() {
    if (!ended()) {
      closeAll();
      Runtime.getRuntime().removeShutdownHook(hook);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> walk = Files.walk(folder)) {
      List<Path> paths = walk.sorted(Comparator.reverseOrder()).toList();
      for (Path path : paths) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
