package ingest.delivery;

import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.outbox.AcmeEvents;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.State;
import ingest.outbox.WakeUp;
import ingest.signature.Secret;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;

/** The deliveries of one process, wired as the product wires them, over a test's stores. */
final class Rig implements AutoCloseable {
  static final Duration LEASE = Duration.ofSeconds(60);
  static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private static final EventTypes TYPES = AcmeEvents.types();
  private static final Vertx VERTX = Vertx.vertx();

  final DefaultCamelContext camel = new DefaultCamelContext();
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final WakeUp wakeUp;
  final Claims claims;
  final Settlement settlement;
  final Lanes lanes;
  final HttpSender sender;
  final SettleStep settle;
  private final TestStores stores;
  private volatile Duration passed = Duration.ZERO;

  Rig(TestStores stores, Duration timeout, Target... targets) throws SQLException {
    this.stores = stores;
    List<Target> all = List.of(targets);
    new Targets(stores.dm()).configure(all, "live");
    wakeUp = new WakeUp(stores.dm());
    claims =
        new Claims(
            stores.dm(), LEASE, Duration.ofSeconds(20), () -> System.nanoTime() + passed.toNanos());
    settlement = new Settlement(stores.dm(), new Backoff());
    lanes = new Lanes(all, claims);
    DeliveryMetrics metrics = new DeliveryMetrics(meters, all);
    sender = new HttpSender(VERTX, lanes, timeout, metrics);
    settle = new SettleStep(settlement, lanes, metrics);
  }

  /** An environment's target. */
  static Target http(String name, URI url, int batch) {
    return new Target(name, Target.HTTP, List.of("*"), batch, url, List.of(Secret.parse(SECRET)));
  }

  /** An outbox whose chunks are left for a claim. */
  Outbox outbox() {
    return outbox(Owners.NONE);
  }

  /** An outbox of a process with these lanes. */
  Outbox outbox(Owners owners) {
    return new Outbox(
        stores.dm(), State.NONE, TYPES, owners, wakeUp, new OutboxMetrics(meters, TYPES), LEASE);
  }

  /** Lets time pass, for the process and for the database. */
  synchronized void pass(Duration time) {
    passed = passed.plus(time);
    stores.clock(passed);
  }

  void commit(List<Envelope> envelopes) throws SQLException {
    outbox().commit(AcmeEvents.intake(envelopes));
  }

  /** One exchange of a lane's route: claim, send, settle. Null when there was nothing to do. */
  @Nullable Batch turn(String target) throws Exception {
    Batch batch = lanes.lane(target).next(8);
    if (batch != null) {
      send(batch);
    }
    return batch;
  }

  /** The steps after the claim. */
  void send(Batch batch) throws Exception {
    Exchange exchange = new DefaultExchange(camel);
    exchange.getMessage().setBody(batch);
    sender.process(exchange);
    settle.process(exchange);
  }

  @Override
  public void close() throws IOException {
    camel.close();
    sender.close();
    wakeUp.close();
  }
}
