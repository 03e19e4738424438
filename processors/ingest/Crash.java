package ingest;

import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a process in which something went wrong that nobody provided for: it is logged, a
 * {@link Dump} is written, and the process is gone with exit code 70. It gives nothing back, as if
 * it had been killed: leases run out, and what a killed process leaves is what this one leaves.
 *
 * <p>What counts is whatever a thread did not catch, and every {@link Error} in a route or on a
 * Vert.x thread, however a policy would have handled it: after a LinkageError or a
 * StackOverflowError nobody knows what holds. An exception in a route is work, and its policy's.
 */
final class Crash {
  static final int EXIT = 70;

  private static final Logger LOG = LoggerFactory.getLogger(Crash.class);
  private static final long PATIENCE_MILLIS = 10_000;

  private final Dump dump;
  private final AtomicBoolean begun = new AtomicBoolean();

  Crash(Dump dump) {
    this.dump = dump;
  }

  /** Takes what no thread of this process caught from now on. */
  void takeUncaught() {
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, thrown) -> end(thread.getName(), null, thrown));
  }

  /** For Vert.x, whose exceptions of connections are everyday. */
  void ifError(Throwable thrown) {
    ifError(null, thrown);
  }

  private void ifError(@Nullable String route, Throwable thrown) {
    if (hasError(thrown)) {
      end(Thread.currentThread().getName(), route, thrown);
    }
  }

  /** Never returns to the first who calls it; who calls while it ends is of no account. */
  private void end(String thread, @Nullable String route, Throwable thrown) {
    if (begun.getAndSet(true)) {
      return;
    }
    Thread lastResort = new Thread(Crash::exitLater, "crash-exit");
    lastResort.setDaemon(true);
    lastResort.start();
    try {
      LOG.error("uncaught in thread {}; this process ends with exit code {}", thread, EXIT, thrown);
      LOG.error("its state at the end: {}", dump.write(thread, route, thrown));
    } finally {
      Runtime.getRuntime().halt(EXIT);
    }
  }

  /** Should even the dump come to no end. */
  private static void exitLater() {
    try {
      Thread.sleep(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(EXIT);
  }

  private static boolean hasError(@Nullable Throwable thrown) {
    int depth = 0;
    for (Throwable cause = thrown; cause != null && depth < 20; cause = cause.getCause()) {
      if (cause instanceof Error) {
        return true;
      }
      depth++;
    }
    return false;
  }

  /** Sees the errors of routes, those too that a policy handles or would try again. */
  EventNotifierSupport inRoutes() {
    return new InRoutes();
  }

  private final class InRoutes extends EventNotifierSupport {
    InRoutes() {
      setIgnoreCamelContextEvents(true);
      setIgnoreRouteEvents(true);
      setIgnoreServiceEvents(true);
      setIgnoreStepEvents(true);
      setIgnoreExchangeCreatedEvent(true);
      setIgnoreExchangeCompletedEvent(true);
      setIgnoreExchangeSendingEvents(true);
      setIgnoreExchangeSentEvents(true);
    }

    @Override
    public void notify(CamelEvent event) {
      if (event instanceof ExchangeEvent of) {
        Throwable caught = of.getExchange().getException();
        if (caught == null) {
          caught =
              of.getExchange()
                  .getProperty(
                      org.apache.camel.ExchangePropertyKey.EXCEPTION_CAUGHT, Throwable.class);
        }
        if (caught != null) {
          ifError(of.getExchange().getFromRouteId(), caught);
        }
      }
    }
  }
}
