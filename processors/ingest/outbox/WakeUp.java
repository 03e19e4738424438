package ingest.outbox;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells lanes that something is due: those of this process at once, those of others by NOTIFY.
 *
 * <p>The notification comes from a connection of its own and is never part of the commit: there it
 * would hold a lock of the whole database through the wait for the standby. Notifications of one
 * {@link #COALESCE} are one. A lost notification costs nothing but time: lanes look by themselves
 * every second.
 */
public final class WakeUp implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WakeUp.class);
  private static final String CHANNEL = "ingest_due";
  private static final Duration COALESCE = Duration.ofMillis(3);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition due = lock.newCondition();
  private final AtomicBoolean running = new AtomicBoolean(true);
  private final String url;
  private final Thread notifier;
  private final Thread listener;
  private volatile int notifierPid;

  /** Wake-ups of any kind, and those that the other processes have to hear of. */
  private long generation;

  private long commits;

  public WakeUp(DmDatabase dm) {
    this.url = dm.pool().getJdbcUrl();
    this.notifier = thread("outbox-notify", this::notifyOthers);
    this.listener = thread("outbox-listen", this::listen);
  }

  /** Wakes the lanes of this process and, where something is left for a claim, those of others. */
  void committed(boolean leftForClaim) {
    wake(leftForClaim ? 1 : 0);
  }

  private void wake(int newCommits) {
    lock.lock();
    try {
      generation++;
      commits += newCommits;
      due.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Wakes the lanes of this process alone. */
  public void local() {
    wake(0);
  }

  /** A number that rises with every wake-up; take it before looking for work. */
  public long generation() {
    lock.lock();
    try {
      return generation;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there was a wake-up after {@code seen}, or {@code longest} is over. */
  public void await(long seen, Duration longest) throws InterruptedException {
    long nanos = longest.toNanos();
    lock.lockInterruptibly();
    try {
      while (generation == seen && nanos > 0) {
        nanos = due.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    running.set(false);
    notifier.interrupt();
    listener.interrupt();
  }

  private void notifyOthers() throws SQLException, InterruptedException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("SET synchronous_commit = off");
      notifierPid = connection.unwrap(PGConnection.class).getBackendPID();
      long notified = 0;
      while (running.get()) {
        notified = awaitCommit(notified);
        statement.execute("SELECT pg_notify('" + CHANNEL + "', '')");
        Thread.sleep(COALESCE.toMillis());
      }
    }
  }

  private long awaitCommit(long notified) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (commits == notified) {
        due.await();
      }
      return commits;
    } finally {
      lock.unlock();
    }
  }

  private void listen() throws SQLException, InterruptedException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("LISTEN " + CHANNEL);
      PGConnection pg = connection.unwrap(PGConnection.class);
      while (running.get()) {
        PGNotification[] notifications = pg.getNotifications(1000);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        if (notifications != null
            && Stream.of(notifications).anyMatch(n -> n.getPID() != notifierPid)) {
          wake(0);
        }
      }
    }
  }

  private interface Loop {
    void run() throws SQLException, InterruptedException;
  }

  private Thread thread(String name, Loop loop) {
    Thread thread =
        new Thread(
            () -> {
              while (running.get()) {
                try {
                  loop.run();
                } catch (SQLException e) {
                  LOG.debug("{}: {}; lanes look every second meanwhile", name, e.getMessage());
                  pause();
                } catch (InterruptedException e) {
                  return;
                }
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void pause() {
    try {
      Thread.sleep(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
