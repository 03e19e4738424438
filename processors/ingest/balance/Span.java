package ingest.balance;

import ingest.envelope.EventId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/** A span of ids by the time that they tell: an hour, or a part of one. */
record Span(Instant from, Instant to) {
  static final long MINUTE = 60_000;

  /** A minute by its number since 1970. */
  static Span minute(long minute) {
    return new Span(
        Instant.ofEpochMilli(minute * MINUTE), Instant.ofEpochMilli((minute + 1) * MINUTE));
  }

  /** The hour that begins then, up to {@code end} at most. */
  static Span hour(Instant hour, Instant end) {
    Instant over = hour.plus(1, ChronoUnit.HOURS);
    return new Span(hour, over.isBefore(end) ? over : end);
  }

  boolean isEmpty() {
    return !from.isBefore(to);
  }

  /** The lowest id in it. */
  UUID first() {
    return EventId.first(from);
  }

  /** The lowest id behind it. */
  UUID end() {
    return EventId.first(to);
  }
}
