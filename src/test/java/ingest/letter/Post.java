package ingest.letter;

import ingest.delivery.Backoff;
import ingest.delivery.Batch;
import ingest.delivery.Claims;
import ingest.delivery.Outcome;
import ingest.delivery.Settlement;
import ingest.delivery.Target;
import ingest.delivery.Targets;
import ingest.envelope.Envelope;
import ingest.operation.Actor;
import ingest.operation.Operation;
import ingest.operation.OperationMetrics;
import ingest.operation.Operations;
import ingest.outbox.AcmeEvents;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.State;
import ingest.outbox.WakeUp;
import ingest.signature.Secret;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.jspecify.annotations.Nullable;

/**
 * An outbox, the lanes of two targets by hand, and operations of dead letters by the product's
 * routes, over a test's stores.
 */
final class Post implements AutoCloseable {
  static final Duration LEASE = Duration.ofSeconds(60);
  static final Actor ANN = new Actor("ann", "a try");

  private static final Target STAGE = target("stage");
  private static final Target PRODUCTION = target("production");

  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final Letters letters;
  final Previews previews;
  final Operations operations;
  final Claims claims;
  final Settlement settlement;
  private final DefaultCamelContext camel = new DefaultCamelContext();
  private final TestStores stores;
  final WakeUp wakeUp;
  final Requeue requeue;
  final Abandon abandon;
  private final Outbox outbox;

  Post(TestStores stores) throws Exception {
    this.stores = stores;
    stores.owner().run("TRUNCATE ingest.operation, ingest.audit");
    new Targets(stores.dm()).configure(List.of(STAGE, PRODUCTION), "live");
    wakeUp = new WakeUp(stores.dm());
    outbox =
        new Outbox(
            stores.dm(),
            State.NONE,
            AcmeEvents.types(),
            Owners.NONE,
            wakeUp,
            new OutboxMetrics(meters, AcmeEvents.types()),
            LEASE);
    claims = new Claims(stores.dm(), LEASE, Duration.ofSeconds(20));
    settlement = new Settlement(stores.dm(), new Backoff());
    letters = new Letters(stores.dm());
    previews = new Previews(stores.dm(), letters);
    operations =
        new Operations(camel, stores.dm(), new OperationMetrics(meters, stores.dm()), LEASE);
    LetterMetrics metrics = new LetterMetrics(meters, List.of("stage", "production"));
    camel.getRegistry().bind("operations", operations);
    requeue = new Requeue(stores.dm(), operations, wakeUp, metrics);
    camel.getRegistry().bind("requeue", requeue);
    abandon = new Abandon(stores.dm(), operations, metrics);
    camel.getRegistry().bind("abandon", abandon);
    camel.getPropertiesComponent().addInitialProperty("role.ingest", "on");
    for (String route : List.of("requeue", "abandon")) {
      PluginHelper.getRoutesLoader(camel)
          .loadRoutes(
              ResourceHelper.resolveResource(
                  camel, "file:" + Path.of("routes", "letter", route + ".camel.yaml")));
    }
    camel.start();
  }

  private static Target target(String name) {
    return new Target(
        name,
        Target.HTTP,
        List.of("*"),
        100,
        URI.create("http://127.0.0.1:1/internal/events"),
        List.of(Secret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")));
  }

  void commit(List<Envelope> envelopes) throws SQLException {
    outbox.commit(AcmeEvents.intake(envelopes));
  }

  /** What a worker of stage claims of the open chunks; null where there is nothing. */
  @Nullable Batch claimed() throws SQLException {
    return claims.chunks(STAGE, 0, 8);
  }

  /** What a worker of stage claims of the exceptions; null where there is nothing. */
  @Nullable Batch claimedItems() throws SQLException {
    return claims.items(STAGE, 100);
  }

  /** Settles a batch; how many rows were no longer its own. */
  int settle(Batch batch, Function<Integer, Outcome> outcome) throws SQLException {
    for (int i = 0; i < batch.events().size(); i++) {
      batch.put(batch.events().get(i).id, outcome.apply(i));
    }
    return settlement.settle(batch);
  }

  /** Commits events and has every one of them die, for both targets. */
  void dead(List<Envelope> envelopes, String error, String fingerprint) throws SQLException {
    commit(envelopes);
    for (Target target : List.of(STAGE, PRODUCTION)) {
      Batch batch = claims.chunks(target, 0, 100);
      while (batch != null) {
        settle(batch, i -> new Outcome.Failed(error, "no such thing", null));
        batch = claims.chunks(target, 0, 100);
      }
    }
    die(fingerprint);
  }

  /** What was refused once is refused for the last time. */
  void die(String fingerprint) {
    stores
        .sql()
        .run(
            "UPDATE ingest.delivery_item SET status = 'dead', attempts = 15, fingerprint = ? WHERE status = 'pending' AND attempts > 0",
            fingerprint);
  }

  /** Begins a re-queue of what is there now; its number. */
  long requeue(Filter filter) throws SQLException {
    return requeue(filter, null, null);
  }

  /** Begins a re-queue of what a preview saw; its number. */
  long requeue(Filter filter, @Nullable String seen, @Nullable Integer rate) throws SQLException {
    return begin("requeue", filter, Order.Of.dead, seen, rate);
  }

  /** Begins an abandonment of what is there now; its number. */
  long abandon(Filter filter, Order.Of of) throws SQLException {
    return begin("abandon", filter, of, null, null);
  }

  private long begin(
      String kind, Filter filter, Order.Of of, @Nullable String seen, @Nullable Integer rate)
      throws SQLException {
    Preview preview = previews.of(filter, of, seen);
    return operations.begin(
        kind,
        new Order(filter, preview.seen(), of, ANN.who(), ANN.why()).json(),
        preview.total(),
        rate,
        ANN);
  }

  /** Does what is open, by the product's route, until it ends. */
  Operation run() throws SQLException {
    Exchange exchange = claim();
    Operation held = operations.before(Long.MAX_VALUE, 1).get(0);
    send(exchange);
    return operations.find(held.id()).orElseThrow();
  }

  /** Claims an operation, as its route is about to. */
  Exchange claim() throws SQLException {
    Exchange exchange = new DefaultExchange(camel);
    if (!operations.claim(exchange)) {
      throw new IllegalStateException("no operation is open");
    }
    return exchange;
  }

  /** Has the route of an operation's kind do it. */
  void send(Exchange exchange) throws SQLException {
    Exchange done;
    try (var template = camel.createProducerTemplate()) {
      done = template.send("direct:" + exchange.getProperty("kind"), exchange);
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
    if (done.getException() != null) {
      throw new IllegalStateException(done.getException());
    }
    operations.ended(done);
  }

  @Override
  public void close() {
    camel.stop();
    wakeUp.close();
  }
}
