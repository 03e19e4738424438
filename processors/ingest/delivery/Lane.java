package ingest.delivery;

import ingest.outbox.OutboxEvent;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One target's way out of this process: what it owns from the commit, how far back a claim has to
 * look, and whether the target is worth trying. Lanes share nothing, so a slow or broken target
 * holds up no other. Thread-safe.
 */
public final class Lane {
  /** Bytes of envelopes and calls that wait in memory; more are left for a claim. */
  private static final long ROOM = 16 * 1024 * 1024;

  /** Events after which a batch takes no further chunk. */
  private static final int BATCH = 1000;

  /** A sweep sees every open chunk that committed this long before it. */
  private static final Duration FLOOR_MARGIN = Duration.ofSeconds(10);

  private static final Duration SWEEP_EVERY = Duration.ofSeconds(1);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private record Owned(LocalDate day, long chunk, long deadline, List<OutboxEvent> events) {}

  private record Sweep(long at, long lowest) {}

  private final Target target;
  private final Claims claims;

  /** Fences what this lane owns from birth: nobody but this lane ever has it. */
  private final UUID token = UUID.randomUUID();

  private final Deque<Owned> owned = new ArrayDeque<>();
  private final Deque<Sweep> sweeps = new ArrayDeque<>();
  private long waiting;
  private boolean open;
  private volatile boolean stopping;
  private final Set<Batch> underWay = ConcurrentHashMap.newKeySet();
  private long floor;
  private long sweptAt;
  private volatile boolean moreExceptions;
  private boolean exceptionsTurn;
  private int brokenInARow;
  private long pausedUntil;
  private @Nullable String brokenReason;

  Lane(Target target, Claims claims) {
    this.target = target;
    this.claims = claims;
    this.sweptAt = claims.nanos() - SWEEP_EVERY.toNanos();
  }

  public Target target() {
    return target;
  }

  /** Opens it for what this process commits, or has it come to an end. */
  synchronized void accept(boolean accepting) {
    open = accepting;
    stopping = !accepting;
  }

  boolean stopping() {
    return stopping;
  }

  /**
   * Whether one more request may be made for a batch: it is still this lane's, its target is not
   * known to be broken, and the lane is not being stopped.
   */
  boolean goesOn(Batch batch) {
    return !stopping && batch.broken() == null && claims.keep(batch);
  }

  synchronized boolean hasRoom() {
    return open && brokenInARow == 0 && waiting < ROOM;
  }

  UUID token() {
    return token;
  }

  synchronized void own(LocalDate day, long chunk, List<OutboxEvent> events, long since) {
    owned.add(new Owned(day, chunk, claims.deadline(since), events));
    waiting += bytes(events);
  }

  /** A thread of this lane works on the batch until {@link #leave}. */
  void enter(Batch batch) {
    underWay.add(batch);
  }

  void leave(Batch batch) {
    underWay.remove(batch);
  }

  /** The batches that are being worked on. */
  public Set<Batch> underWay() {
    return Set.copyOf(underWay);
  }

  /** The chunks that wait in memory. */
  public synchronized List<Long> waitingChunks() {
    return owned.stream().map(Owned::chunk).toList();
  }

  /** What was never sent, for a drain to give back; null when there is none. */
  synchronized @Nullable Batch forget() {
    List<Owned> left = List.copyOf(owned);
    owned.clear();
    waiting = 0;
    return left.isEmpty() ? null : batch(left);
  }

  /**
   * The next batch: what was refused or lost before, what this process owns, else what is due in
   * the database; null when there is nothing or the target is resting.
   *
   * @param chunks most chunks of one claim
   */
  @Nullable Batch next(int chunks) throws SQLException {
    if (resting()) {
      return null;
    }
    boolean swept = sweepDue();
    if (swept) {
      sweep();
    }
    boolean exceptionsFirst = swept || exceptionsTurn();
    Batch batch = exceptionsFirst ? exceptions() : null;
    if (batch == null) {
      batch = takeOwned();
    }
    if (batch == null) {
      batch = claims.chunks(target, floor(), chunks);
    }
    return batch == null && !exceptionsFirst && moreExceptions ? exceptions() : batch;
  }

  private @Nullable Batch exceptions() throws SQLException {
    Batch batch = claims.items(target, target.batch());
    moreExceptions = batch != null;
    return batch;
  }

  /** Every second batch while there are exceptions; otherwise each sweep looks for some. */
  private synchronized boolean exceptionsTurn() {
    exceptionsTurn = moreExceptions && !exceptionsTurn;
    return exceptionsTurn;
  }

  private synchronized @Nullable Batch takeOwned() {
    List<Owned> taken = new ArrayList<>();
    int events = 0;
    long bytes = 0;
    while (!owned.isEmpty() && events < BATCH && bytes < Claims.BATCH_BYTES) {
      Owned o = owned.removeFirst();
      long own = bytes(o.events);
      waiting -= own;
      bytes += own;
      events += o.events.size();
      if (claims.nanos() - o.deadline < 0) { // else its lease is as good as over: others claim it
        taken.add(o);
      }
    }
    return taken.isEmpty() ? null : batch(taken);
  }

  private static long bytes(List<OutboxEvent> events) {
    return events.stream()
        .mapToLong(e -> e.envelope.length + (e.original == null ? 0 : e.original.body.length))
        .sum();
  }

  private Batch batch(List<Owned> members) {
    return new Batch(
        target,
        token,
        members.get(0).deadline,
        members.stream().map(o -> new Batch.ChunkClaim(o.day, o.chunk, 1, 0)).toList(),
        List.of(),
        members.stream().flatMap(o -> o.events.stream()).toList());
  }

  /**
   * Where a claim starts to look. Dead index entries below it, which a held snapshot keeps from
   * being cleaned, are not walked. It is a hint: a full sweep each second finds what is below.
   */
  private synchronized long floor() {
    return floor;
  }

  private synchronized boolean sweepDue() {
    return claims.nanos() - sweptAt >= SWEEP_EVERY.toNanos();
  }

  private void sweep() throws SQLException {
    long began = claims.nanos();
    long lowest = claims.lowestOpen(target);
    synchronized (this) {
      sweptAt = began;
      sweeps.add(new Sweep(began, lowest));
      while (!sweeps.isEmpty() && began - sweeps.getFirst().at >= FLOOR_MARGIN.toNanos()) {
        floor = sweeps.removeFirst().lowest;
      }
      if (lowest < floor) {
        floor = lowest;
      }
    }
  }

  /** Opens the breaker, for twice as long each time up to a minute, or as long as was asked. */
  synchronized void broken(Outcome.TargetBroken reason) {
    brokenInARow++;
    brokenReason = reason.reason();
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(brokenInARow - 1, 6));
    Duration asked = reason.retryAfter();
    if (asked != null && asked.compareTo(pause) > 0) {
      pause = asked;
    }
    pausedUntil =
        claims.nanos() + (pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE).toNanos();
  }

  /** Closes the breaker: the target took an event. */
  synchronized void works() {
    brokenInARow = 0;
    brokenReason = null;
  }

  synchronized boolean resting() {
    return brokenInARow > 0 && claims.nanos() - pausedUntil < 0;
  }

  /** True while the breaker is not closed: the next batch begins with single events. */
  public synchronized boolean doubtful() {
    return brokenInARow > 0;
  }

  /** Why the breaker is open; null when it is closed. */
  public synchronized @Nullable String brokenReason() {
    return brokenReason;
  }
}
