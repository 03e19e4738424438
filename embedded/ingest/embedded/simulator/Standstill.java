package ingest.embedded.simulator;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import org.apache.camel.Body;
import org.jspecify.annotations.Nullable;

/**
 * The clock of the world, which stands still on demand: what is told of it from then on is of one
 * moment, so that it can be compared. Tokens, limits and signatures go by the clock behind it.
 */
public final class Standstill extends Clock {
  private final Clock clock;
  private volatile @Nullable Instant since;

  Standstill(Clock clock) {
    this.clock = clock;
  }

  /** Takes {@code still} or {@code moving} from the control interface. */
  public void order(@Body @Nullable String word) {
    since =
        switch (word == null ? "" : word.strip()) {
          case "still" -> instant();
          case "moving" -> null;
          default -> throw new InvalidRequest("the world is still or moving");
        };
  }

  @Override
  public Instant instant() {
    Instant then = since;
    return then == null ? clock.instant() : then;
  }

  @Override
  public ZoneId getZone() {
    return clock.getZone();
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("the world has one clock");
  }
}
