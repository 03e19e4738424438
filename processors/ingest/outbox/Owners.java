package ingest.outbox;

import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The lanes of this process: they own a chunk from its commit and send it from memory, so that the
 * good case needs no claim, no read and no wake-up.
 */
public interface Owners {
  /**
   * Targets whose lane has room for one more chunk, with the token it owns under; asked just before
   * the commit.
   */
  Map<String, UUID> withRoom();

  /**
   * Called after the commit. A lane that cannot take it lets the lease run out.
   *
   * @param since {@link System#nanoTime()} before the commit began: from then on its lease runs
   */
  void take(String target, LocalDate day, long chunk, List<OutboxEvent> events, long since);

  /** A process without lanes: its chunks are due at once, and the others are told. */
  Owners NONE =
      new Owners() {
        @Override
        public Map<String, UUID> withRoom() {
          return Map.of();
        }

        @Override
        public void take(
            String target, LocalDate day, long chunk, List<OutboxEvent> events, long since) {
          throw new IllegalStateException("no lane has room");
        }
      };
}
