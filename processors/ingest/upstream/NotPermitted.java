package ingest.upstream;

import java.io.Serial;
import java.time.Instant;

/**
 * An upstream is not to be called now. Nothing was sent: what was claimed for the call is given
 * back, and the run ends. Never a reason to skip a page or to count a failure.
 */
public final class NotPermitted extends Exception {
  @Serial private static final long serialVersionUID = 1;

  /** Why not. */
  public enum Reason {
    /** So many calls wait for their turn that this one would wait too long. */
    PACE,
    /** The upstream asked for a pause, or what it allows is used up. */
    PAUSED,
    /** It failed too often in a row. */
    BREAKER,
    /** The day's credits are used up. */
    CREDITS;

    /** As in metrics and status. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private final Reason reason;
  private final Instant until;

  NotPermitted(String upstream, Reason reason, Instant until, String said) {
    super("%s is not called before %s: %s".formatted(upstream, until, said));
    this.reason = reason;
    this.until = until;
  }

  public Reason reason() {
    return reason;
  }

  /** When to ask again, by the {@code dm} database's clock. */
  public Instant until() {
    return until;
  }
}
