package ingest.bench;

import io.vertx.core.Vertx;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a process owns from its commit: signed, sent from memory, answered, settled. The receiver
 * holds its answers while a wave is committed, and only what follows its release is timed: the
 * commits have a race of their own.
 */
final class OwnedDeliveries implements Contestant {
  /** About as much as a lane has room for. */
  private static final int WAVE = 10_000;

  private final Dm dm;
  private final Vertx vertx;
  private final CheapReceiver receiver;
  private final Events source;
  private final int batch;
  private final int events;
  private @Nullable Deliveries deliveries;

  OwnedDeliveries(
      Dm dm, Vertx vertx, CheapReceiver receiver, Events source, int batch, int events) {
    this.dm = dm;
    this.vertx = vertx;
    this.receiver = receiver;
    this.source = source;
    this.batch = batch;
    this.events = events;
  }

  @Override
  public String name() {
    return "from memory, by %d to the %s".formatted(batch, receiver.name());
  }

  @Override
  public void prepare() throws Exception {
    dm.clear();
    receiver.reset();
    deliveries = new Deliveries(dm, vertx, receiver, batch);
  }

  @Override
  public long run(Meter meter) throws Exception {
    try (Deliveries running = Objects.requireNonNull(deliveries)) {
      running.begin();
      for (int first = 0; first < events; first += WAVE) {
        int end = Math.min(first + WAVE, events);
        receiver.hold();
        for (int i = first; i < end; i += Backlog.CHUNK) {
          running.own(source.events(i, Math.min(Backlog.CHUNK, end - i)));
        }
        meter.measure(
            () -> {
              receiver.release();
              running.await(end);
            });
      }
    }
    return events;
  }

  @Override
  public void check() throws Exception {
    Deliveries.check(dm, events);
    receiver.check(events);
  }
}
