package ingest.delivery;

import ingest.outbox.OutboxEvent;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What one lane claimed at once, and what became of it so far. Passed from step to step of one
 * exchange; not thread-safe.
 */
public final class Batch {
  /**
   * A chunk under our lease; {@code claims} counts the leases it has had unsettled, this one too.
   */
  public record ChunkClaim(LocalDate day, long chunk, int claims, int attempts) {}

  /** An exception under our lease; {@code attempts} are answers that it has had. */
  public record ItemClaim(LocalDate day, UUID eventId, int claims, int attempts) {}

  private final Target target;
  private final UUID token;
  private long deadline;
  private final List<ChunkClaim> chunks;
  private final List<ItemClaim> items;
  private final List<OutboxEvent> events;
  private final Map<UUID, Outcome> outcomes = new HashMap<>();
  private boolean targetWorks;
  private Outcome.@Nullable TargetBroken broken;

  /**
   * A claim.
   *
   * @param deadline {@link System#nanoTime()} after which nothing more is sent: what is sent later
   *     could not be settled within the lease
   */
  public Batch(
      Target target,
      UUID token,
      long deadline,
      List<ChunkClaim> chunks,
      List<ItemClaim> items,
      List<OutboxEvent> events) {
    this.target = target;
    this.token = token;
    this.deadline = deadline;
    this.chunks = chunks;
    this.items = items;
    this.events = events;
  }

  public Target target() {
    return target;
  }

  public UUID token() {
    return token;
  }

  long deadline() {
    return deadline;
  }

  /** Its lease began again. */
  void renewed(long later) {
    deadline = later;
  }

  public List<ChunkClaim> chunks() {
    return chunks;
  }

  public List<ItemClaim> items() {
    return items;
  }

  public List<OutboxEvent> events() {
    return events;
  }

  /** True when one of them took its worker down before: it is sent alone. */
  public boolean suspicious() {
    return items.stream().anyMatch(i -> i.claims() > 1);
  }

  /** How many of its chunks and items lost their last worker. */
  int afterLoss() {
    return (int)
        (chunks.stream().filter(c -> c.claims() > 1).count()
            + items.stream().filter(i -> i.claims() > 1).count());
  }

  public void put(UUID event, Outcome outcome) {
    outcomes.put(event, outcome);
  }

  /** Takes an outcome back: it was not about the event. */
  public void take(UUID event) {
    outcomes.remove(event);
  }

  public @Nullable Outcome outcome(UUID event) {
    return outcomes.get(event);
  }

  /** A request of this batch was answered 2xx. */
  public void works() {
    targetWorks = true;
  }

  public boolean targetWorks() {
    return targetWorks;
  }

  /** The target is broken: what has no outcome yet goes back untouched. */
  public void breakOff(Outcome.TargetBroken reason) {
    broken = reason;
  }

  public Outcome.@Nullable TargetBroken broken() {
    return broken;
  }

  /**
   * True when a request was made and the worker lived to give back what has no outcome: it takes no
   * worker down.
   */
  boolean cleared() {
    return broken != null;
  }

  public List<OutboxEvent> unsent() {
    return events.stream().filter(e -> !outcomes.containsKey(e.id)).toList();
  }

  Map<Long, List<OutboxEvent>> byChunk() {
    return events.stream().collect(Collectors.groupingBy(e -> e.chunk));
  }
}
