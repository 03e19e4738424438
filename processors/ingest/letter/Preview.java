package ingest.letter;

import java.util.Map;

/**
 * What an action would take.
 *
 * @param seen who takes exactly this gives it with the action: {@link Seen}
 * @param targets how many, by target
 * @param complete false where counting what waits took too long: there are at least so many
 */
public record Preview(String seen, Map<String, Counts> targets, boolean complete) {

  /** Events of one target. */
  public record Counts(long dead, long pending) {}

  /** Of all targets. */
  public long total() {
    return targets.values().stream().mapToLong(c -> c.dead() + c.pending()).sum();
  }
}
