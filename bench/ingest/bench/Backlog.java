package ingest.bench;

import ingest.delivery.Target;
import ingest.envelope.EventTypes;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.State;
import ingest.outbox.WakeUp;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;

/**
 * Events that were committed and wait for a claim, in chunks of {@link #CHUNK}: committed once,
 * since nobody ever changes an outbox row, and laid open again before each run in a fresh chunk
 * table.
 */
final class Backlog {
  /** A request's worth. */
  static final int CHUNK = 100;

  private final Dm dm;
  private final int size;

  Backlog(Dm dm, int size) {
    this.dm = dm;
    this.size = size;
  }

  /** Commits the first of {@code events}; once. */
  void fill(Events events) throws SQLException {
    dm.onlyTargets(
        List.of(
            new Target(
                "receiver",
                Target.HTTP,
                List.of("*"),
                CHUNK,
                URI.create("http://127.0.0.1"),
                List.of())));
    EventTypes types = EventTypes.load(Path.of("routes"));
    try (WakeUp wakeUp = new WakeUp(dm.database())) {
      Outbox outbox =
          new Outbox(
              dm.database(),
              State.NONE,
              types,
              Owners.NONE,
              wakeUp,
              new OutboxMetrics(new SimpleMeterRegistry(), types),
              dm.settings().duration("deliver.lease"));
      for (int i = 0; i < size; i += CHUNK) {
        outbox.commit(new Intake(events.events(i, Math.min(CHUNK, size - i)), List.of()));
      }
    }
    dm.execute(
        "CREATE TABLE public.laid_open AS SELECT * FROM ingest.delivery_chunk",
        "VACUUM (ANALYZE) ingest.ingest_outbox");
  }

  Dm dm() {
    return dm;
  }

  /** Only the first so many events wait now; they are whole chunks, the last one may be short. */
  void layOpen(int events) throws SQLException {
    dm.execute(
        "TRUNCATE ingest.delivery_chunk, ingest.delivery_item",
        "INSERT INTO ingest.delivery_chunk SELECT * FROM public.laid_open ORDER BY chunk LIMIT "
            + (events + CHUNK - 1) / CHUNK,
        "VACUUM (ANALYZE) ingest.delivery_chunk");
  }
}
