package ingest.mapping;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a message besides what it says.
 *
 * @param time when it was asked for, by the {@code dm} database's clock before the request; when it
 *     came in, where nobody asked
 * @param slot when the poll was due, the same however often it is tried; null where nobody asked
 * @param traceparent of everything that comes of the message
 */
public record Arrival(Instant time, @Nullable Instant slot, String traceparent) {
  /** The exchange property that it travels in. */
  public static final String PROPERTY = "arrival";
}
