package ingest.embedded.simulator.webhook;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the senders tell by themselves: every start and end of a simulated stream, and so many other
 * calls a second.
 *
 * <p>It begins when the receiver answers X's challenge with anything. It never waits: while too
 * many calls are unanswered, what happens is told to nobody. Kick tries once; the others try again,
 * twice and soon.
 */
final class Traffic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Traffic.class);

  private static final Duration TICK = Duration.ofSeconds(1);

  /** X asks every hour; here it is to be seen. */
  private static final Duration CHALLENGE = Duration.ofMinutes(5);

  private static final int UNANSWERED = 16;
  private static final int MOST_LOST = 10_000;
  private static final Duration BETWEEN = Duration.ofMillis(50);
  private static final List<Duration> AGAIN = List.of(Duration.ofSeconds(1), Duration.ofSeconds(5));

  private final Happenings happenings;
  private final Clock clock;
  private final int perSecond;
  private final Subscribed subscribed;
  private final Webhooks.Outlet outlet;
  private final SplittableRandom random = new SplittableRandom();
  private final Semaphore unanswered = new Semaphore(UNANSWERED);
  private final List<Function<Instant, Notification>> kinds = new ArrayList<>();
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1,
          work -> {
            Thread thread = new Thread(work, "simulated-traffic");
            thread.setDaemon(true);
            return thread;
          });

  private final AtomicInteger underway = new AtomicInteger();
  private final Deque<SignedCall> lost = new ArrayDeque<>();
  private Delivery delivery = Delivery.PROMPT;
  private SplittableRandom fates = Delivery.PROMPT.random();
  private volatile boolean listening;
  private Instant challengeAt = Instant.MIN;
  private Instant told;

  Traffic(
      Happenings happenings,
      Clock clock,
      int perSecond,
      Subscribed subscribed,
      Webhooks.Outlet outlet) {
    this.happenings = happenings;
    this.clock = clock;
    this.perSecond = perSecond;
    this.subscribed = subscribed;
    this.outlet = outlet;
    this.told = clock.instant();
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    kinds();
  }

  /** Out of a hundred or so: mostly chat. */
  private void kinds() {
    kick("chat.message.sent-plain", 45);
    kick("chat.message.sent", 8);
    kick("chat.message.sent-reply", 4);
    kick("channel.followed", 8);
    kick("channel.subscription.new", 4);
    kick("channel.subscription.renewal", 3);
    kick("channel.subscription.gifts", 2);
    kick("channel.subscription.gifts-anonymous", 1);
    kick("channel.reward.redemption.updated-pending", 1);
    kick("kicks.gifted", 3);
    kick("moderation.banned-timeout", 1);
    kick("moderation.banned-permanent", 1);
    kick("livestream.metadata.updated", 4);
    Lives applicants =
        new Lives(SendingParty.SUMSUB, Lives.APPLICANTS, happenings.templates, random);
    add(applicants::next, 5);
    Lives emails = new Lives(SendingParty.RESEND, Lives.EMAILS, happenings.templates, random);
    add(emails::next, 6);
    one(SendingParty.X, "follow_events", 3);
    one(SendingParty.X, "unfollow_events", 1);
    one(SendingParty.X, "follow.follow", 1);
    one(SendingParty.SCRAPERAPI, "finished", 2);
    one(SendingParty.SCRAPERAPI, "failed", 1);
  }

  private void kick(String template, int weight) {
    one(SendingParty.KICK, template, weight);
  }

  private void one(SendingParty party, String template, int weight) {
    add(now -> happenings.of(party, template, now), weight);
  }

  private void add(Function<Instant, Notification> kind, int weight) {
    for (int i = 0; i < weight; i++) {
      kinds.add(kind);
    }
  }

  void start() {
    if (perSecond > 0) {
      var unused =
          timer.scheduleWithFixedDelay(
              this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void tick() {
    try {
      Instant now = clock.instant();
      challenge(now);
      if (listening) {
        happenings.kick.between(told, now, random).forEach(this::tell);
        for (int i = 0; i < perSecond; i++) {
          tell(kinds.get(random.nextInt(kinds.size())).apply(now));
        }
      }
      told = now;
    } catch (RuntimeException e) {
      LOG.warn("the simulated senders lost a second", e); // thrown on, it would end them
    }
  }

  private void challenge(Instant now) {
    if (!now.isBefore(challengeAt) && unanswered.tryAcquire()) {
      challengeAt = now.plus(CHALLENGE);
      var unused =
          outlet
              .challenge()
              .thenAcceptAsync(
                  answer -> {
                    unanswered.release();
                    listening |= !answer.equals(Courier.NO_ANSWER);
                    if (!answer.equals("200")) {
                      challengeAt = Instant.MIN;
                    }
                  },
                  timer);
    }
  }

  private void tell(Notification notification) {
    int times =
        notification.party() == SendingParty.KICK
            ? subscribed.deliveries(notification.broadcaster(), notification.type())
            : 1;
    for (int i = 0; i < times; i++) {
      String id = Signer.newId(notification.party());
      if (notification.party() == SendingParty.KICK) {
        post(outlet.sign(notification, id));
      } else {
        attempt(notification, id, 0);
      }
    }
  }

  /** Kick sends once, and the way may lose, double or delay it. */
  private void post(SignedCall call) {
    List<Duration> arrivals = delivery.arrivals(fates);
    if (arrivals.isEmpty()) {
      outlet.lose(call);
      lost.add(call);
      if (lost.size() > MOST_LOST) {
        lost.remove();
      }
    }
    for (Duration delay : arrivals) {
      if (delay.isZero()) {
        deliver(call);
      } else {
        underway.incrementAndGet();
        later(call, delay);
      }
    }
  }

  private void later(SignedCall call, Duration delay) {
    var unused =
        timer.schedule(
            () -> {
              deliver(call);
              underway.decrementAndGet();
            },
            delay.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /** What was lost arrives after all, in no order, and as it was signed. */
  void findLost() {
    underway.addAndGet(1);
    timer.execute(
        () -> {
          List<SignedCall> found = new ArrayList<>(lost);
          lost.clear();
          Collections.shuffle(found, new Random(fates.nextLong()));
          underway.addAndGet(found.size() - 1);
          for (int i = 0; i < found.size(); i++) {
            later(found.get(i), BETWEEN.multipliedBy(i));
          }
        });
  }

  private void deliver(SignedCall call) {
    if (!unanswered.tryAcquire()) {
      outlet.skip();
      return;
    }
    var unused = outlet.send(call).thenAccept(answer -> unanswered.release());
  }

  /** From here on Kick's calls arrive so. */
  void delivery(Delivery ordered) {
    timer.execute(
        () -> {
          delivery = ordered;
          fates = ordered.random();
        });
  }

  /** How many of Kick's calls have not arrived yet. */
  int underway() {
    return underway.get();
  }

  private void attempt(Notification notification, String id, int attempt) {
    if (!unanswered.tryAcquire()) {
      outlet.skip();
      return;
    }
    var unused =
        outlet
            .send(notification, id)
            .thenAccept(
                answer -> {
                  unanswered.release();
                  if (attempt < AGAIN.size() && triesAgain(notification.party(), answer)) {
                    var unusedToo =
                        timer.schedule(
                            () -> attempt(notification, id, attempt + 1),
                            AGAIN.get(attempt).toMillis(),
                            TimeUnit.MILLISECONDS);
                  }
                });
  }

  /** For what may be otherwise next time. */
  private static boolean triesAgain(SendingParty party, String answer) {
    return Set.of(SendingParty.SUMSUB, SendingParty.RESEND, SendingParty.SCRAPERAPI).contains(party)
        && (answer.equals(Courier.NO_ANSWER) || answer.matches("429|5\\d\\d"));
  }

  @Override
  public void close() {
    timer.shutdownNow();
    try {
      timer.awaitTermination(TICK.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
