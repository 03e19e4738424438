package ingest.delivery;

import ingest.outbox.WakeUp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.Suspendable;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.support.DefaultEndpoint;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code lane:http} and {@code lane:clickhouse}: runs its route once for each batch of each target
 * of that kind, on threads of that target's own. The body is a {@link Batch}, under lease.
 *
 * <p>Stopping or suspending the route lets the requests on their way finish, settles what was
 * answered and gives back the rest as if it had never been claimed. A request that takes longer
 * than our patience is broken off and given back too: it costs its events neither a claim nor an
 * attempt.
 */
public final class LaneComponent extends DefaultComponent {
  private static final Logger LOG = LoggerFactory.getLogger(LaneComponent.class);

  /** A wake-up can be lost; a lane looks by itself this often. */
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  /** What a batch takes to be given back once its request is broken off. */
  private static final Duration GIVING_BACK = Duration.ofSeconds(3);

  private final Lanes lanes;
  private final Settlement settlement;
  private final WakeUp wakeUp;
  private final Duration patience;
  private volatile @Nullable Instant restBy;

  /** Waits {@code patience} for requests on their way when a route is stopped. */
  public LaneComponent(Lanes lanes, Settlement settlement, WakeUp wakeUp, Duration patience) {
    this.lanes = lanes;
    this.settlement = settlement;
    this.wakeUp = wakeUp;
    this.patience = patience;
  }

  /**
   * All lanes come to an end at once: their routes are stopped one after the other, and the
   * patience is for all of them together.
   */
  public void rest() {
    restBy = Instant.now().plus(patience);
    lanes.all().forEach(lane -> lane.accept(false));
    wakeUp.local();
  }

  @Override
  protected Endpoint createEndpoint(String uri, String kind, Map<String, Object> parameters)
      throws Exception {
    LaneEndpoint endpoint = new LaneEndpoint(uri, this, kind);
    setProperties(endpoint, parameters);
    return endpoint;
  }

  /** One kind of target. */
  @UriEndpoint(
      scheme = "lane",
      syntax = "lane:kind",
      title = "Lane",
      firstVersion = "0.1.0",
      category = Category.MESSAGING,
      consumerOnly = true)
  public static final class LaneEndpoint extends DefaultEndpoint {
    private final LaneComponent component;

    @UriPath private final String kind;

    @UriParam(defaultValue = "1")
    private int workers = 1;

    @UriParam(defaultValue = "8")
    private int chunks = 8;

    @UriParam(defaultValue = "0")
    private long linger;

    LaneEndpoint(String uri, LaneComponent component, String kind) {
      super(uri, component);
      this.component = component;
      this.kind = kind;
    }

    /** Threads of each target: its requests at the same time. */
    public void setWorkers(int workers) {
      this.workers = workers;
    }

    public int getWorkers() {
      return workers;
    }

    /** Most chunks of one claim. */
    public void setChunks(int chunks) {
      this.chunks = chunks;
    }

    public int getChunks() {
      return chunks;
    }

    /**
     * Milliseconds to wait after a wake-up, for more to come: few large batches, not many small.
     */
    public void setLinger(long linger) {
      this.linger = linger;
    }

    public long getLinger() {
      return linger;
    }

    @Override
    public Producer createProducer() {
      throw new UnsupportedOperationException("a lane is only read from");
    }

    @Override
    public Consumer createConsumer(Processor processor) {
      return new LaneConsumer(this, processor);
    }
  }

  /**
   * Suspendable, so that a drain suspends it at first and stops it once the polls on their way have
   * ended: what they commit in between is given back too.
   */
  private static final class LaneConsumer extends DefaultConsumer implements Suspendable {
    private final LaneEndpoint endpoint;
    private final List<Thread> threads = new ArrayList<>();
    private boolean begun;
    private volatile boolean working;

    LaneConsumer(LaneEndpoint endpoint, Processor processor) {
      super(endpoint, processor);
      this.endpoint = endpoint;
    }

    @Override
    protected void doStart() throws Exception {
      super.doStart();
      begin();
    }

    @Override
    protected void doResume() throws Exception {
      begin();
      super.doResume();
    }

    @Override
    protected void doSuspend() throws Exception {
      end();
      super.doSuspend();
    }

    @Override
    protected void doStop() throws Exception {
      if (begun) { // else it was only rehearsed, and the lanes are another's
        end();
        begun = false;
      }
      super.doStop();
    }

    private void begin() {
      begun = true;
      working = true;
      for (Lane lane : endpoint.component.lanes.ofKind(endpoint.kind)) {
        lane.accept(true);
        for (int i = 1; i <= endpoint.workers; i++) {
          Thread thread = new Thread(() -> work(lane), "lane-" + lane.target().name() + "-" + i);
          threads.add(thread);
          thread.start();
        }
      }
    }

    /** The request that a thread is at is settled; what is still to be begun is given back. */
    private void end() throws Exception {
      working = false;
      List<Lane> mine = endpoint.component.lanes.ofKind(endpoint.kind);
      mine.forEach(l -> l.accept(false));
      endpoint.component.wakeUp.local();
      Instant restBy = endpoint.component.restBy;
      Instant by = restBy == null ? Instant.now().plus(endpoint.component.patience) : restBy;
      join(by);
      threads.forEach(Thread::interrupt);
      join(Instant.now().plus(GIVING_BACK));
      threads.forEach(
          thread -> LOG.warn("{} does not end; the lease of its batch runs out", thread.getName()));
      threads.clear();
      for (Lane lane : mine) {
        Batch left = lane.forget();
        if (left != null) {
          endpoint.component.settlement.settle(left);
        }
      }
    }

    /** Forgets the threads that have ended by then. */
    private void join(Instant by) throws InterruptedException {
      for (Thread thread : threads) {
        thread.join(Math.max(1, Duration.between(Instant.now(), by).toMillis()));
      }
      threads.removeIf(thread -> !thread.isAlive());
    }

    private void work(Lane lane) {
      WakeUp wakeUp = endpoint.component.wakeUp;
      while (working && !lane.stopping()) {
        long seen = wakeUp.generation();
        Batch batch = null;
        try {
          batch = lane.next(endpoint.chunks);
          if (batch != null) {
            process(lane, batch);
          }
        } catch (Exception e) {
          LOG.warn("lane {}: looking for work: {}", lane.target().name(), e.getMessage());
        }
        try {
          if (batch == null) {
            wakeUp.await(seen, LOOK_EVERY);
          }
          if (endpoint.linger > 0 && working && (batch == null || mayHaveCompany(batch))) {
            Thread.sleep(endpoint.linger);
          }
        } catch (InterruptedException e) {
          return;
        }
      }
    }

    /** Exceptions have none to wait for, and what a full claim left behind is there already. */
    private boolean mayHaveCompany(Batch batch) {
      return batch.items().isEmpty() && batch.chunks().size() != endpoint.chunks;
    }

    private void process(Lane lane, Batch batch) {
      Exchange exchange = createExchange(false);
      lane.enter(batch);
      try {
        exchange.getMessage().setBody(batch);
        exchange.setProperty("target", batch.target().name());
        createUoW(exchange);
        getProcessor().process(exchange);
        if (exchange.getException() != null) {
          throw exchange.getException();
        }
      } catch (Exception e) {
        // The lease runs out and the batch is claimed again; its claims are counted.
        LOG.warn(
            "lane {}: batch of {} not settled: {}",
            batch.target().name(),
            batch.events().size(),
            e.toString());
        pause();
      } finally {
        lane.leave(batch);
        doneUoW(exchange);
        releaseExchange(exchange, false);
      }
    }

    private static void pause() {
      try {
        Thread.sleep(LOOK_EVERY.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
