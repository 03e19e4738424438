package ingest.delivery;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What became of one event in one attempt. */
public sealed interface Outcome {
  /** What to write down and to log; never a payload. */
  String reason();

  /** The target applied it, knew it already, or has no use for it. */
  record Settled(String reason) implements Outcome {}

  /** The target refused this event; costs it an attempt. {@code response}: what it said. */
  record Failed(String reason, @Nullable String response, @Nullable Duration retryAfter)
      implements Outcome {}

  /** The target does not know the type yet; waits, costs nothing, alerts. */
  record Parked(String reason) implements Outcome {}

  /**
   * The answer was about the target, or there was none; costs no event anything.
   *
   * @param status of the answer; 0 where there was none, or its status does not say so
   */
  record TargetBroken(String reason, @Nullable Duration retryAfter, int status) implements Outcome {
    public TargetBroken(String reason, @Nullable Duration retryAfter) {
      this(reason, retryAfter, 0);
    }
  }
}
