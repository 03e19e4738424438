package ingest.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Does numbered pieces of work on as many threads as there are connections. */
final class Workers {
  /** On both sides of every race, as section G7 of the physical design has it. */
  static final int CONNECTIONS = 2;

  /** A piece of work. */
  interface Task {
    void run(int number) throws Exception;
  }

  private Workers() {}

  /** Returns when all of them are done; the first that failed fails it. */
  static void each(int pieces, Task task) throws Exception {
    AtomicInteger next = new AtomicInteger();
    Callable<Void> worker =
        () -> {
          for (int i = next.getAndIncrement(); i < pieces; i = next.getAndIncrement()) {
            try {
              task.run(i);
            } catch (Exception e) {
              next.set(pieces); // the others need not go on
              throw e;
            }
          }
          return null;
        };
    ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
    try {
      List<Future<Void>> ends = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        ends.add(threads.submit(worker));
      }
      for (Future<Void> end : ends) {
        end.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    } finally {
      threads.shutdownNow();
    }
  }
}
