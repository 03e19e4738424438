package ingest.poll;

import ingest.envelope.Envelope;
import ingest.mapping.Arrival;
import ingest.outbox.Committed;
import ingest.store.DmDatabase;
import ingest.upstream.NotPermitted;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.StatefulService;
import org.apache.camel.component.quartz.QuartzComponent;
import org.apache.camel.support.SynchronizationAdapter;
import org.jspecify.annotations.Nullable;
import org.quartz.CronTrigger;
import org.quartz.JobDataMap;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.Trigger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pollers of this process: every route from {@code quartz:poll/<name>}. A poller's route begins
 * with {@link #claim}, or with {@link #begin} where it claims channels of its own. Both heed the
 * switch {@code poll.<name>.enabled} and keep the run's book.
 */
public final class Pollers {
  private static final Logger LOG = LoggerFactory.getLogger(Pollers.class);
  private static final String GROUP = "poll";
  private static final String FORCED = "forced";

  private final CamelContext camel;
  private final Switches switches;
  private final Slots slots;
  private final MeterRegistry registry;
  private final Clock clock;
  private final Map<String, PollRun> lastRuns = new ConcurrentHashMap<>();
  private final Set<String> watched = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();

  public Pollers(
      CamelContext camel, Switches switches, DmDatabase dm, MeterRegistry registry, Clock clock) {
    this.camel = camel;
    this.switches = switches;
    this.slots = new Slots(dm);
    this.registry = registry;
    this.clock = clock;
  }

  /**
   * The first step of a poller that claims its own work: false when it is switched off and was not
   * asked for by hand.
   */
  public boolean begin(Exchange exchange) throws SQLException {
    boolean forced = forced(exchange);
    if (!forced && !switches.on(key(exchange.getFromRouteId()))) {
      return false;
    }
    return able(run(exchange, forced));
  }

  /**
   * The first step of a poller that has nothing to claim but its turn: true for the one instance
   * that claims the slot, which is when the timer was due. From here on the exchange knows what
   * envelopes take from a poll, and has no headers: what the timer set is no business of the
   * upstream's.
   */
  public boolean claim(Exchange exchange) throws SQLException {
    PollRun run = run(exchange, forced(exchange));
    if (!able(run) || (!run.forced() && !switches.on(key(run.poller())))) {
      return false;
    }
    Instant slot =
        Objects.requireNonNull(
                exchange.getMessage().getHeader("scheduledFireTime", Date.class),
                "a poller that claims its slot comes from quartz")
            .toInstant();
    Instant at = slots.claim(run.poller(), slot, run.id());
    if (at == null) {
      return false;
    }
    run.claimed(1);
    exchange.setProperty(Arrival.PROPERTY, new Arrival(at, slot, Envelope.newTraceparent()));
    exchange.getMessage().removeHeaders("*", "CamelRedeliver*");
    return true;
  }

  /** Whether it has what it needs; a run that was asked for by hand says what is missing. */
  private boolean able(PollRun run) {
    String lacking = switches.lacks(run.poller());
    if (lacking != null && run.forced()) {
      run.refused(lacking + " is not set");
    }
    return lacking == null;
  }

  /** Books what a poll brought with its run; the last step of a poller that began with a claim. */
  public void committed(@Body Committed committed, Exchange exchange) {
    Objects.requireNonNull(PollRun.of(exchange))
        .committed(committed.fresh().size(), committed.duplicates().size());
  }

  private static boolean forced(Exchange exchange) {
    return exchange.getMessage().getHeader("mergedJobDataMap") instanceof JobDataMap data
        && data.containsKey(FORCED);
  }

  /** The run of the exchange; a first step that is tried again finds that of its first try. */
  private PollRun run(Exchange exchange, boolean forced) {
    PollRun run = PollRun.of(exchange);
    if (run == null) {
      run = new PollRun(exchange.getFromRouteId(), clock.instant(), forced);
      run.attach(exchange);
      exchange.getExchangeExtension().addOnCompletion(new End(run));
    }
    return run;
  }

  /**
   * Before each page of a run: true until the last claim found nothing due, the poller was switched
   * off, its route is being replaced, or the process drains.
   */
  public boolean goesOn(Exchange exchange) throws SQLException {
    PollRun run = Objects.requireNonNull(PollRun.of(exchange));
    boolean due = exchange.getProperty("due", 1, Integer.class) != 0;
    return due
        && !camel.isStopping()
        && !leaving(run.poller())
        && (run.forced() || switches.on(key(run.poller())));
  }

  private boolean leaving(String poller) {
    Route route = camel.getRoute(poller);
    return route == null
        || (route.getConsumer() instanceof StatefulService timer
            && (timer.isSuspending() || timer.isSuspended() || !timer.isRunAllowed()));
  }

  private final class End extends SynchronizationAdapter {
    private final PollRun run;

    End(PollRun run) {
      this.run = run;
    }

    @Override
    public void onComplete(Exchange exchange) {
      ended(run);
      if (run.refusal() != null) {
        LOG.info("{}: ended early: {}", run.poller(), run.refusal());
      }
      if (run.fresh() > 0 || run.skipped() > 0 || run.forced()) {
        LOG.info(
            String.format(
                Locale.ROOT,
                "%s: %d due, %d events of which %d new, %d pages skipped, %.1f s",
                run.poller(),
                run.channels(),
                run.events(),
                run.fresh(),
                run.skipped(),
                run.seconds()));
      }
    }

    /** No error policy took it: what was claimed is given up, and the next slot comes. */
    @Override
    public void onFailure(Exchange exchange) {
      if (exchange.getException() instanceof NotPermitted refusal) {
        LOG.info("{}: not polled: {}", run.poller(), refusal.getMessage());
        run.refused(String.valueOf(refusal.getMessage()));
        ended(run);
        return;
      }
      LOG.warn("{}: poll given up: {}", run.poller(), Failure.words(exchange.getException()));
      run.skippedPage();
      ended(run);
    }
  }

  private void ended(PollRun run) {
    run.end();
    counter(run.poller(), "committed").increment(run.pages());
    counter(run.poller(), "skipped").increment(run.skipped());
    lock.lock();
    try {
      if (run.channels() > 0 || run.forced()) {
        lastRuns.put(run.poller(), run);
      }
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private Counter counter(String poller, String outcome) {
    return Counter.builder("ingest.poll.pages")
        .description("Pages asked of an upstream, by what became of them")
        .tag("poller", poller)
        .tag("outcome", outcome)
        .register(registry);
  }

  /** Gives each poller its meters; called once the routes are there and when they changed. */
  public void watch() {
    List<String> names = names();
    watched.stream().filter(name -> !names.contains(name)).toList().forEach(this::forget);
    for (String name : names) {
      if (!watched.add(name)) {
        continue;
      }
      counter(name, "committed");
      counter(name, "skipped");
      Gauge.builder("ingest.poll.on", () -> on(name))
          .description("1 while the poller is switched on")
          .tag("poller", name)
          .register(registry);
    }
  }

  private void forget(String name) {
    registry.getMeters().stream()
        .map(Meter::getId)
        .filter(id -> id.getName().startsWith("ingest.poll."))
        .filter(id -> name.equals(id.getTag("poller")))
        .forEach(registry::remove);
    lastRuns.remove(name);
    watched.remove(name);
  }

  private double on(String name) {
    try {
      return switches.on(key(name)) && switches.lacks(name) == null ? 1 : 0;
    } catch (SQLException e) {
      return Double.NaN;
    }
  }

  /** The switch of a poller. */
  public static String key(String poller) {
    return "poll." + poller + ".enabled";
  }

  public List<String> names() {
    return camel.getRoutes().stream()
        .filter(r -> r.getEndpoint().getEndpointUri().startsWith("quartz://" + GROUP + "/"))
        .map(Route::getRouteId)
        .sorted()
        .toList();
  }

  /** The last run that had something to do; null before the first. */
  public @Nullable PollRun lastRun(String poller) {
    return lastRuns.get(poller);
  }

  /** The cron expression of its timer; empty where it has none. */
  public String schedule(String poller) throws SchedulerException {
    return triggers(poller).stream()
        .filter(CronTrigger.class::isInstance)
        .map(trigger -> ((CronTrigger) trigger).getCronExpression())
        .findFirst()
        .orElse("");
  }

  private List<? extends Trigger> triggers(String poller) throws SchedulerException {
    return scheduler().getTriggersOfJob(new JobKey(poller, GROUP));
  }

  /** When its timer fires next; null when it does not. */
  public @Nullable Instant nextRun(String poller) throws SchedulerException {
    return triggers(poller).stream()
        .map(Trigger::getNextFireTime)
        .filter(Objects::nonNull)
        .min(Date::compareTo)
        .map(Date::toInstant)
        .orElse(null);
  }

  /**
   * Runs a poller now, switched off or not, and waits for the end of that run. A run that is on its
   * way is waited for first: a poller never overlaps itself in one process.
   *
   * @return the run; null when it did not end within {@code longest}
   */
  public @Nullable PollRun run(String poller, Duration longest)
      throws SchedulerException, InterruptedException {
    Instant asked = clock.instant();
    JobDataMap data = new JobDataMap(new TreeMap<>(Map.of(FORCED, "true")));
    scheduler().triggerJob(new JobKey(poller, GROUP), data);
    long nanos = TimeUnit.NANOSECONDS.convert(longest);
    lock.lockInterruptibly();
    try {
      while (nanos > 0) {
        PollRun last = lastRuns.get(poller);
        if (last != null && last.forced() && !last.at().isBefore(asked)) {
          return last;
        }
        nanos = ended.awaitNanos(nanos);
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private Scheduler scheduler() {
    return camel.getComponent("quartz", QuartzComponent.class).getScheduler();
  }
}
