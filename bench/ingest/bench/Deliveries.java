package ingest.bench;

import ingest.delivery.Backoff;
import ingest.delivery.Claims;
import ingest.delivery.DeliveryMetrics;
import ingest.delivery.HttpSender;
import ingest.delivery.LaneComponent;
import ingest.delivery.Lanes;
import ingest.delivery.SettleStep;
import ingest.delivery.Settlement;
import ingest.delivery.Target;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.State;
import ingest.outbox.WakeUp;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;

/**
 * One process's deliveries to one receiver: the product's route file with the product's beans and
 * settings, wired as role {@code ingest} wires them.
 */
final class Deliveries implements AutoCloseable {
  private static final String ROUTE = "deliver-http";
  private static final String TARGET = "receiver";

  /** Nothing was settled for so long: it is stuck. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The nearer the end the more often it is looked at: looking is CPU of ours as well. */
  private static final long SHORTEST_LOOK = 200_000;

  private static final long LONGEST_LOOK = 20_000_000;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final DefaultCamelContext camel = new DefaultCamelContext();
  private final WakeUp wakeUp;
  private final Lanes lanes;
  private final HttpSender sender;
  private final Outbox outbox;
  private final Counter settled;

  Deliveries(Dm dm, Vertx vertx, Receiver receiver, int batch) throws Exception {
    List<Target> targets =
        List.of(
            new Target(
                TARGET, Target.HTTP, List.of("*"), batch, receiver.url(), RealReceiver.secrets()));
    dm.onlyTargets(targets);
    Duration lease = dm.settings().duration("deliver.lease");
    Duration timeout = dm.settings().duration("deliver.timeout");
    EventTypes types = EventTypes.load(Path.of("routes"));
    wakeUp = new WakeUp(dm.database());
    lanes = new Lanes(targets, new Claims(dm.database(), lease, timeout.plus(lease.dividedBy(10))));
    DeliveryMetrics metrics = new DeliveryMetrics(meters, targets);
    Settlement settlement = new Settlement(dm.database(), new Backoff());
    sender = new HttpSender(vertx, lanes, timeout, metrics);
    outbox =
        new Outbox(
            dm.database(),
            State.NONE,
            types,
            lanes,
            wakeUp,
            new OutboxMetrics(meters, types),
            lease);
    settled = meters.get("ingest.delivery.events").tag("outcome", "settled").counter();
    camel.getRegistry().bind("httpSender", sender);
    camel.getRegistry().bind("settleStep", new SettleStep(settlement, lanes, metrics));
    camel.addComponent("lane", new LaneComponent(lanes, settlement, wakeUp, timeout));
    Properties properties = dm.settings().asProperties();
    properties.setProperty("role.ingest", "on");
    properties.setProperty("deliver.http.workers", Integer.toString(Workers.CONNECTIONS));
    camel.getPropertiesComponent().setInitialProperties(properties);
    PluginHelper.getRoutesLoader(camel)
        .loadRoutes(
            PluginHelper.getResourceLoader(camel)
                .resolveResource("file:routes/deliver/" + ROUTE + ".camel.yaml"));
    camel.setAutoStartup(false);
    camel.start();
  }

  /** From here on what is due is sent, and what is committed is this process's own. */
  void begin() throws Exception {
    camel.getRouteController().startRoute(ROUTE);
  }

  /**
   * Commits events that this process owns from the commit; they wait in memory.
   *
   * @throws Unbalanced when the lane has no room for more, and some are left for a claim
   */
  void own(List<Envelope> events) throws SQLException {
    outbox.commit(new Intake(events, List.of()));
    Unbalanced.unlessEqual("lanes with room", 1, lanes.withRoom().size());
  }

  /**
   * Returns when so many are settled.
   *
   * @throws Unbalanced when it does not come to that
   */
  void await(long events) {
    long first = (long) settled.count();
    long began = System.nanoTime();
    long last = first;
    long since = began;
    for (long now = first; now < events; now = (long) settled.count()) {
      if (now != last) {
        last = now;
        since = System.nanoTime();
      } else if (System.nanoTime() - since > PATIENCE.toNanos()) {
        throw new Unbalanced(
            "settled: %d, and there should be %d; the receiver: %s"
                .formatted(now, events, lanes.lane(TARGET).brokenReason()));
      }
      long left = (System.nanoTime() - began) / Math.max(1, now - first) * (events - now);
      LockSupport.parkNanos(Math.max(SHORTEST_LOOK, Math.min(left / 4, LONGEST_LOOK)));
    }
  }

  /** Holds the outbox against {@code events} deliveries, each made and settled at the first try. */
  static void check(Dm dm, int events) throws SQLException {
    Unbalanced.unlessEqual(
        "events of settled chunks",
        events,
        dm.number("SELECT sum(n - n_exc) FROM ingest.delivery_chunk WHERE status = 1"));
    Unbalanced.unlessEqual(
        "chunks left, or claimed twice",
        0,
        dm.number("SELECT count(*) FROM ingest.delivery_chunk WHERE status <> 1 OR claims <> 1"));
    Unbalanced.unlessEqual("exceptions", 0, dm.number("SELECT count(*) FROM ingest.delivery_item"));
  }

  @Override
  public void close() throws IOException {
    camel.close();
    sender.close();
    wakeUp.close();
  }
}
