package ingest.balance;

import java.time.Instant;
import java.util.List;

/**
 * What a look at an hour found.
 *
 * @param events accepted with ids of the hour
 * @param targets those that were held against it and answered
 */
public record Look(
    Instant hour,
    long events,
    List<String> targets,
    List<Mismatch> mismatches,
    List<Unasked> unasked) {

  /**
   * A store that has not answered.
   *
   * @param silent it knows no such question: of an older version, or no environment of ours
   */
  public record Unasked(String target, boolean silent, String why) {}

  /** Those that should have answered. */
  public List<Unasked> away() {
    return unasked.stream().filter(u -> !u.silent).toList();
  }
}
