package ingest.faults;

import ingest.run.Balancer;
import ingest.run.Balancer.Delivery;
import ingest.run.Balancer.Moment;
import ingest.run.Stores;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiPredicate;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Does the faults of a plan, at moments that a seed gives: at any, or at one of the seams of a
 * delivery's way, where a process that dies leaves something half done. What it kills is there
 * again soon; meanwhile other kinds go on.
 */
final class Killer implements AutoCloseable {
  private static final long SHORTEST_GAP_MILLIS = 1000;
  private static final int GAP_SPREAD_MILLIS = 3500;

  /** How long a moment is waited for before the fault is done without. */
  private static final long MOMENT_MILLIS = 5000;

  private static final Duration FLOW = Duration.ofSeconds(30);

  /** About as long as an environment works on a request. */
  private static final int REQUEST_MICROS = 60_000;

  /** About as long as it takes from an answer to the end of its settlement. */
  private static final int SETTLEMENT_MICROS = 4_000;

  /** What was on its way to the database when a process was stopped is settled after that. */
  private static final long SETTLED_MILLIS = 500;

  private static final int LATEST_STOP_MICROS = 40_000;
  private static final int EARLIEST_STOP_MICROS = 500;

  private static final String OPEN =
      """
      SELECT count(*) FROM ingest.event_key k JOIN ingest.delivery_chunk c USING (day, chunk)
      WHERE k.id = '%s' AND c.target = 'stage' AND c.status = 0""";

  /** How long another instance may take to settle once a lease has run out. */
  private static final Duration TAKEN_OVER = Duration.ofSeconds(20);

  private final List<Fault> plan;
  private final Random random;
  private final List<Instance> ingest;
  private final List<Instance> env;
  private final Postmaster postmaster;
  private final Archive archive;
  private final Balancer balancer;
  private final Stores stores;
  private final Duration lease;
  private final LongSupplier accepted;
  private final Consumer<String> say;
  private final ExecutorService menders = Executors.newCachedThreadPool();
  private final Set<Fault> beingMended = EnumSet.noneOf(Fault.class);
  private final Map<Fault, Integer> done = new EnumMap<>(Fault.class);
  private @Nullable Exception failure;

  Killer(
      List<Fault> plan,
      Random random,
      List<Instance> ingest,
      List<Instance> env,
      Postmaster postmaster,
      Archive archive,
      Balancer balancer,
      Stores stores,
      Duration lease,
      LongSupplier accepted,
      Consumer<String> say) {
    this.plan = new ArrayList<>(plan);
    this.random = random;
    this.ingest = ingest;
    this.env = env;
    this.postmaster = postmaster;
    this.archive = archive;
    this.balancer = balancer;
    this.stores = stores;
    this.lease = lease;
    this.accepted = accepted;
    this.say = say;
  }

  /** Works through the plan, while {@code goOn}; then waits until everything is there again. */
  void run(BooleanSupplier goOn) throws Exception {
    while (!plan.isEmpty() && goOn.getAsBoolean()) {
      pause(SHORTEST_GAP_MILLIS + random.nextInt(GAP_SPREAD_MILLIS), goOn);
      Fault next = null;
      while (next == null && goOn.getAsBoolean()) {
        next = plan.stream().filter(this::possible).findFirst().orElse(null);
        if (next == null) {
          pause(100, goOn);
        }
      }
      if (next != null && goOn.getAsBoolean()) {
        plan.remove(next);
        say.accept(strike(next));
        done.merge(next, 1, Integer::sum);
      }
      rethrow();
    }
    menders.shutdown();
    menders.awaitTermination(5, TimeUnit.MINUTES);
    rethrow();
  }

  /** How many faults of each kind were done. */
  Map<Fault, Integer> done() {
    return done;
  }

  private static void pause(long millis, BooleanSupplier goOn) throws InterruptedException {
    long until = System.nanoTime() + millis * 1_000_000;
    while (goOn.getAsBoolean() && System.nanoTime() < until) {
      Thread.sleep(Math.min(100, millis));
    }
  }

  /** Of each role one is left to work; a store works again before it is killed again. */
  private synchronized boolean possible(Fault fault) {
    return switch (fault) {
      case INGEST -> ingest.stream().allMatch(Instance::ready);
      case STOP ->
          ingest.stream().allMatch(Instance::ready) && !beingMended.contains(Fault.POSTGRES);
      case ENV -> env.stream().anyMatch(Instance::ready);
      // who is stopped keeps its connections, so that what it settles late reaches the database
      case POSTGRES -> !beingMended.contains(fault) && !beingMended.contains(Fault.STOP);
      case CLICKHOUSE -> !beingMended.contains(fault);
    };
  }

  /** Does it; says what was done, and when. */
  private String strike(Fault fault) throws InterruptedException {
    return switch (fault) {
      case INGEST -> {
        Instance victim = ingest.get(random.nextInt(ingest.size()));
        yield victim.name()
            + " SIGKILL "
            + switch (random.nextInt(3)) {
              case 0 -> atOnce(victim::kill);
              case 1 -> sent(d -> d.sender().equals(victim.name()), d -> victim.kill());
              default -> told(d -> d.sender().equals(victim.name()), d -> victim.kill());
            };
      }
      case ENV -> {
        List<Instance> ready = env.stream().filter(Instance::ready).toList();
        Instance victim = ready.get(random.nextInt(ready.size()));
        yield victim.name()
            + " SIGKILL "
            + switch (random.nextInt(4)) {
              case 0 -> atOnce(victim::kill);
              default -> sent(d -> d.environment().equals(victim.name()), d -> victim.kill());
            };
      }
      case POSTGRES -> {
        String when =
            switch (random.nextInt(3)) {
              case 0 -> atOnce(this::killPostmaster);
              case 1 -> sent(d -> true, d -> killPostmaster());
              default -> told(d -> true, d -> killPostmaster());
            };
        mend(
            fault,
            () -> {
              postmaster.restored();
              flows();
            });
        yield "postmaster SIGKILL " + when;
      }
      case CLICKHOUSE -> {
        String when = atOnce(archive::kill);
        mend(fault, archive::restore);
        yield "clickhouse's child SIGKILL " + when;
      }
      case STOP -> {
        Instance victim = ingest.get(random.nextInt(ingest.size()));
        Delivery caught = stop(victim);
        mend(
            fault,
            () -> {
              Thread.sleep(lease.toMillis());
              long until = System.nanoTime() + TAKEN_OVER.toNanos();
              while (caught != null && open(caught) && System.nanoTime() < until) {
                Thread.sleep(100);
              }
              victim.goOn();
            });
        yield victim.name()
            + " SIGSTOP "
            + (caught == null ? "at any moment" : "between answer and settlement");
      }
    };
  }

  /**
   * Stops a process that has an answer and has not settled it. It begins late after an answer, and
   * each time that it was settled by then the process goes on and is stopped a little earlier; the
   * last try counts in any case.
   */
  private @Nullable Delivery stop(Instance victim) throws InterruptedException {
    for (int micros = LATEST_STOP_MICROS; micros > EARLIEST_STOP_MICROS; micros = micros * 4 / 5) {
      AtomicReference<@Nullable Delivery> caught = new AtomicReference<>();
      at(
          Moment.TOLD,
          d -> d.sender().equals(victim.name()),
          micros,
          d -> {
            victim.stop();
            caught.set(d);
          });
      Delivery delivery = caught.get();
      if (delivery != null && Sockets.read(delivery.port()) && open(delivery)) {
        // who gets them next hears something else than who was stopped
        balancer.refuse(delivery.events().get(0));
        return delivery;
      }
      victim.goOn();
    }
    victim.stop();
    return null;
  }

  private boolean open(Delivery delivery) throws InterruptedException {
    Thread.sleep(SETTLED_MILLIS);
    try {
      return stores.dmNumber(OPEN.formatted(delivery.events().get(0))) > 0;
    } catch (SQLException | IOException e) {
      return false; // the database is away, and nothing can be settled
    }
  }

  /** Waits until events are accepted again, for some time at most: then there is much to lose. */
  private void flows() throws InterruptedException {
    long before = accepted.getAsLong();
    long until = System.nanoTime() + FLOW.toNanos();
    while (accepted.getAsLong() == before && System.nanoTime() < until) {
      Thread.sleep(100);
    }
  }

  private void killPostmaster() {
    try {
      postmaster.kill();
    } catch (IOException e) {
      failed(e);
    }
  }

  private static String atOnce(Runnable action) {
    action.run();
    return "at any moment";
  }

  /** While an environment works on a delivery. */
  private String sent(Predicate<Delivery> which, Consumer<@Nullable Delivery> action)
      throws InterruptedException {
    return at(Moment.SENT, which, random.nextInt(REQUEST_MICROS), action)
        ? "while a delivery is worked on"
        : "at any moment";
  }

  /** Between an answer and its settlement. */
  private String told(Predicate<Delivery> which, Consumer<@Nullable Delivery> action)
      throws InterruptedException {
    return at(Moment.TOLD, which, random.nextInt(SETTLEMENT_MICROS), action)
        ? "between answer and settlement"
        : "at any moment";
  }

  /** Acts at the next such moment, and without it when there is none for long: false. */
  private boolean at(
      Moment moment, Predicate<Delivery> which, int micros, Consumer<@Nullable Delivery> action)
      throws InterruptedException {
    AtomicBoolean acted = new AtomicBoolean();
    CountDownLatch over = new CountDownLatch(1);
    BiPredicate<Moment, Delivery> trap =
        (reached, delivery) -> {
          if (reached != moment || !which.test(delivery) || !acted.compareAndSet(false, true)) {
            return false;
          }
          LockSupport.parkNanos(micros * 1000L);
          action.accept(delivery);
          over.countDown();
          return true;
        };
    balancer.at(trap);
    if (over.await(MOMENT_MILLIS, TimeUnit.MILLISECONDS)) {
      return true;
    }
    if (acted.compareAndSet(false, true)) {
      balancer.forget(trap);
      action.accept(null);
      return false;
    }
    over.await();
    return true;
  }

  private interface Mending {
    void mend() throws IOException, InterruptedException;
  }

  private synchronized void mend(Fault fault, Mending mending) {
    beingMended.add(fault);
    menders.execute(
        () -> {
          try {
            mending.mend();
          } catch (IOException | InterruptedException | RuntimeException e) {
            failed(e);
          } finally {
            mended(fault);
          }
        });
  }

  private synchronized void mended(Fault fault) {
    beingMended.remove(fault);
  }

  private synchronized void failed(Exception e) {
    failure = e;
  }

  private synchronized void rethrow() throws Exception {
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void close() {
    menders.shutdownNow();
  }
}
