package ingest.delivery;

import ingest.outbox.OutboxEvent;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One target's way out of this process: what it owns from the commit, how far back a claim has to
 * look, and whether the target is worth trying. Lanes share nothing, so a slow or broken target
 * holds up no other. Thread-safe.
 */
public final class Lane {
  /** Bytes of envelopes that wait in memory; more are left for a claim. */
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
  private long floor;
  private long sweptAt = System.nanoTime() - SWEEP_EVERY.toNanos();
  private int brokenInARow;
  private long pausedUntil;
  private @Nullable String brokenReason;

  Lane(Target target, Claims claims) {
    this.target = target;
    this.claims = claims;
  }

  public Target target() {
    return target;
  }

  synchronized void accept(boolean accepting) {
    open = accepting;
  }

  synchronized boolean hasRoom() {
    return open && brokenInARow == 0 && waiting < ROOM;
  }

  UUID token() {
    return token;
  }

  synchronized void own(LocalDate day, long chunk, List<OutboxEvent> events) {
    owned.add(new Owned(day, chunk, claims.deadline(), events));
    waiting += bytes(events);
  }

  /** What was never sent, for a drain to give back; null when there is none. */
  synchronized @Nullable Batch forget() {
    List<Owned> left = List.copyOf(owned);
    owned.clear();
    waiting = 0;
    return left.isEmpty() ? null : batch(left);
  }

  /**
   * The next batch: what this process owns, else what is due in the database; null when there is
   * nothing or the target is resting.
   *
   * @param chunks most chunks of one claim
   */
  @Nullable Batch next(int chunks) throws SQLException {
    if (resting()) {
      return null;
    }
    if (sweepDue()) {
      sweep();
      Batch exceptions = claims.items(target, target.batch());
      if (exceptions != null) {
        return exceptions;
      }
    }
    Batch own = takeOwned();
    return own != null ? own : claims.chunks(target, floor(), chunks);
  }

  private synchronized @Nullable Batch takeOwned() {
    List<Owned> taken = new ArrayList<>();
    int events = 0;
    while (!owned.isEmpty() && events < BATCH) {
      Owned o = owned.removeFirst();
      waiting -= bytes(o.events);
      events += o.events.size();
      if (System.nanoTime() - o.deadline
          < 0) { // else its lease is as good as over: others claim it
        taken.add(o);
      }
    }
    return taken.isEmpty() ? null : batch(taken);
  }

  private static long bytes(List<OutboxEvent> events) {
    return events.stream().mapToLong(e -> e.envelope.length).sum();
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
    return System.nanoTime() - sweptAt >= SWEEP_EVERY.toNanos();
  }

  private void sweep() throws SQLException {
    long began = System.nanoTime();
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
        System.nanoTime() + (pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE).toNanos();
  }

  /** Closes the breaker: the target took an event. */
  synchronized void works() {
    brokenInARow = 0;
    brokenReason = null;
  }

  synchronized boolean resting() {
    return brokenInARow > 0 && System.nanoTime() - pausedUntil < 0;
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
