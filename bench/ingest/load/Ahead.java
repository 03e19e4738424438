package ingest.load;

import java.util.Iterator;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Requests that a thread of its own makes ahead, so that signing them does not delay what is
 * measured. Without end; whoever is faster than the signing waits for it.
 */
public final class Ahead<R extends Request> implements Iterator<R>, AutoCloseable {
  private static final int MOST = 512;
  private static final long LOOK_MILLIS = 500;

  private final BlockingQueue<R> made = new ArrayBlockingQueue<>(MOST);
  private final Supplier<R> maker;
  private volatile @Nullable RuntimeException failure;
  private final Thread thread = new Thread(this::make, "load-requests");

  public Ahead(Supplier<R> maker) {
    this.maker = maker;
    thread.setDaemon(true);
    thread.start();
  }

  private void make() {
    try {
      while (true) {
        made.put(maker.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  /** Throws away what was made so far: a signature of some minutes ago is stale. */
  public void renew() {
    made.clear();
  }

  @Override
  public boolean hasNext() {
    return true;
  }

  @Override
  public R next() {
    try {
      R next = made.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      while (next == null) {
        if (failure != null) {
          throw new IllegalStateException("making a request", failure);
        }
        next = made.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
      return next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a request", e);
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
