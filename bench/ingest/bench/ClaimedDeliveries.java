package ingest.bench;

import io.vertx.core.Vertx;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A backlog through the route {@code deliver-http}: claimed, read back, signed, sent by HTTP,
 * answered, settled. The time is from the start of the route to the last settlement.
 */
final class ClaimedDeliveries implements Contestant {
  private final Backlog backlog;
  private final Vertx vertx;
  private final Receiver receiver;
  private final int batch;
  private final int events;
  private @Nullable Deliveries deliveries;

  /**
   * A contestant.
   *
   * @param events whole chunks of the backlog
   */
  ClaimedDeliveries(Backlog backlog, Vertx vertx, Receiver receiver, int batch, int events) {
    this.backlog = backlog;
    this.vertx = vertx;
    this.receiver = receiver;
    this.batch = batch;
    this.events = events;
  }

  @Override
  public String name() {
    return "claimed, by %d to the %s".formatted(batch, receiver.name());
  }

  @Override
  public void prepare() throws Exception {
    backlog.layOpen(events);
    receiver.reset();
    deliveries = new Deliveries(backlog.dm(), vertx, receiver, batch);
  }

  @Override
  public long run(Meter meter) throws Exception {
    try (Deliveries running = Objects.requireNonNull(deliveries)) {
      meter.measure(
          () -> {
            running.begin();
            running.await(events);
          });
    }
    return events;
  }

  @Override
  public void check() throws Exception {
    Deliveries.check(backlog.dm(), events);
    receiver.check(events);
  }
}
