package ingest.mapping;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a message besides what it says.
 *
 * @param time when it was asked for, by the {@code dm} database's clock before the request; when it
 *     came in, where nobody asked
 * @param slot when the poll was due, the same however often it is tried; null where nobody asked
 * @param message of a webhook; null where we asked
 * @param traceparent of everything that comes of the message
 */
public record Arrival(
    Instant time, @Nullable Instant slot, @Nullable Message message, String traceparent) {
  /** The exchange property that it travels in. */
  public static final String PROPERTY = "arrival";

  /** Of an answer to a poll; of a message that has no identity of its own, where slot is null. */
  public Arrival(Instant time, @Nullable Instant slot, String traceparent) {
    this(time, slot, null, traceparent);
  }

  /**
   * What its sender signed of a webhook besides the body.
   *
   * @param id the same over every retry of the same message; where the scheme signs none, the
   *     SHA-256 of the body in hex
   * @param since a time that never changes with the id; null where the id tells none
   * @param sentAt of this attempt; null where the scheme signs no time
   */
  public record Message(String id, @Nullable Instant since, @Nullable Instant sentAt) {}
}
