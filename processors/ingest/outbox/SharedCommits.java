package ingest.outbox;

import ingest.envelope.InvalidEnvelope;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets intakes that come at the same time share a commit: while one group commits the next one
 * fills. Nobody waits for a group to fill, so an intake that is alone is committed at once.
 *
 * <p>What waits is bounded by number and by bytes. Whoever waits holds no thread.
 */
public final class SharedCommits implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SharedCommits.class);

  /** Groups that commit at the same time: one is built while the other waits for its fsync. */
  private static final int LANES = 2;

  /** Bytes of the calls that one group carries; one call may be as large. */
  private static final int MOST_GROUP_BYTES = 1024 * 1024;

  /** Bytes of the calls that wait. */
  private static final int MOST_BYTES = 64 * 1024 * 1024;

  /** Data that PostgreSQL does not take, and rows that break a rule of a table. */
  private static final List<String> OF_ONE = List.of("22", "23");

  /** The class of SQLSTATEs that tell of a lost connection. */
  private static final String CONNECTION = "08";

  private final Outbox outbox;
  private final OutboxMetrics metrics;
  private final int most;
  private final List<Thread> lanes = new ArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  private final Deque<Waiting> queue = new ArrayDeque<>();
  private long bytes;
  private boolean closed;

  /** Told once, after the commit: what became of the intake, or why it is not known to be there. */
  interface Outcome {
    void is(@Nullable Committed committed, @Nullable Throwable failure);
  }

  private record Waiting(Intake intake, Outcome outcome) {
    int bytes() {
      return intake.original() == null ? 0 : intake.original().body.length;
    }
  }

  /** {@code most}: intakes that may wait. */
  public SharedCommits(Outbox outbox, OutboxMetrics metrics, int most) {
    this.outbox = outbox;
    this.metrics = metrics;
    this.most = most;
    metrics.watch(this::waiting);
    for (int i = 0; i < LANES; i++) {
      Thread lane = new Thread(this::run, "outbox-commit-" + i);
      lane.setDaemon(true);
      lane.start();
      lanes.add(lane);
    }
  }

  /**
   * Commits an intake together with others.
   *
   * @param outcome told on a thread of this class, so it does little. Fails as {@link
   *     Outbox#commit(Intake)} does, for this intake's own fault or one that its group shares
   * @throws InvalidEnvelope for an event off its schema, or that shares its id with another
   * @throws CommitsFull when too many wait, or it is closed
   */
  void commit(Intake intake, Outcome outcome) throws CommitsFull {
    outbox.check(intake);
    Waiting waiting = new Waiting(intake, outcome);
    lock.lock();
    try {
      if (closed || queue.size() >= most || bytes + waiting.bytes() > MOST_BYTES) {
        metrics.refused();
        throw new CommitsFull(closed ? "it is stopping" : "too many wait for a commit");
      }
      queue.add(waiting);
      bytes += waiting.bytes();
      filled.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Takes nothing more, commits what waits, then ends. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      filled.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      for (Thread lane : lanes) {
        lane.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // no patience for what waits
    }
  }

  private int waiting() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    for (List<Waiting> group = next(); !group.isEmpty(); group = next()) {
      commit(group);
    }
  }

  /** As many as one chunk holds; empty when it is closed and nothing waits. */
  private List<Waiting> next() {
    List<Waiting> group = new ArrayList<>();
    lock.lock();
    try {
      while (queue.isEmpty() && !closed) {
        filled.awaitUninterruptibly();
      }
      int events = 0;
      long size = 0;
      for (Waiting first = queue.peek(); first != null; first = queue.peek()) {
        events += first.intake().envelopes().size();
        size += first.bytes();
        if (!group.isEmpty() && (events > Outbox.CHUNK_EVENTS || size > MOST_GROUP_BYTES)) {
          filled.signal();
          break;
        }
        group.add(queue.remove());
        bytes -= first.bytes();
      }
    } finally {
      lock.unlock();
    }
    return group;
  }

  /** All together; where the fault may be one intake's own, by halves until it is alone. */
  private void commit(List<Waiting> group) {
    try {
      List<Committed> committed = outbox.commit(group.stream().map(Waiting::intake).toList());
      for (int i = 0; i < group.size(); i++) {
        group.get(i).outcome().is(committed.get(i), null);
      }
    } catch (SQLException | RuntimeException e) {
      if (group.size() > 1 && ofOne(e)) {
        commit(group.subList(0, group.size() / 2));
        commit(group.subList(group.size() / 2, group.size()));
      } else {
        group.forEach(w -> w.outcome().is(null, e));
        if (away(e)) {
          takeAll().forEach(w -> w.outcome().is(null, e));
        }
      }
    } catch (Error e) {
      LOG.error("a commit was broken off", e);
      group.forEach(w -> w.outcome().is(null, e));
      throw e;
    }
  }

  /** Whoever waits behind those who found the store away would find it away as late again. */
  private List<Waiting> takeAll() {
    lock.lock();
    try {
      List<Waiting> all = List.copyOf(queue);
      queue.clear();
      bytes = 0;
      return all;
    } finally {
      lock.unlock();
    }
  }

  private static boolean away(Exception e) {
    return e instanceof SQLTransientConnectionException
        || (e instanceof SQLException sql
            && String.valueOf(sql.getSQLState()).startsWith(CONNECTION));
  }

  private static boolean ofOne(Exception e) {
    return !(e instanceof SQLException sql)
        || (sql.getSQLState() != null
            && OF_ONE.contains(
                sql.getSQLState().substring(0, Math.min(2, sql.getSQLState().length()))));
  }
}
