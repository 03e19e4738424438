package ingest.faults;

import java.util.concurrent.CountDownLatch;

/** While it is open, Ctrl-C does what is given and then waits until it is closed. */
final class OnInterrupt {
  private final CountDownLatch over = new CountDownLatch(1);

  OnInterrupt(Runnable stop) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stop.run();
                  try {
                    over.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
  }

  public void close() {
    over.countDown();
  }
}
