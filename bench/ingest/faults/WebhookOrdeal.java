package ingest.faults;

import ingest.load.Ahead;
import ingest.load.Answer;
import ingest.load.CallLoad;
import ingest.load.Request;
import ingest.load.Tally;
import ingest.run.Stores;
import ingest.run.StoresProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One run against the webhook tier: roles {@code webhooks} and {@code ingest} in a process each, a
 * fault after the other under load, then quiet, and the check. Whatever it started it ends.
 */
public final class WebhookOrdeal {
  private static final int CONNECTIONS = 64;
  private static final int FORGERS = 64;

  /** Longer than a call waits for a commit and for a connection to the database before it. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final Duration NORMAL = Duration.ofSeconds(10);
  private static final Duration RECOVERY = Duration.ofMinutes(2);

  /** Answered 2xx one after the other, that many calls are a door that works. */
  private static final int WORKS = 200;

  /**
   * At the first try; all of them are in the end. A machine that is busy otherwise refuses some.
   */
  private static final double GO_ON = 0.5;

  private static final Duration FLOW = Duration.ofSeconds(30);
  private static final int SHORTEST_GAP_MILLIS = 500;
  private static final int GAP_SPREAD_MILLIS = 3000;

  /**
   * What is done; a part of no length is left out.
   *
   * @param rate genuine calls a second, except under kills: there they come as they are answered
   * @param forged forged calls a second
   */
  public record Plan(
      int kills, Duration postgres, Duration clickHouse, Duration flood, int rate, int forged) {}

  private final Plan plan;
  private final Lab lab;
  private final Random random;
  private final CallSigner signer = new CallSigner();
  private final Senders senders;
  private final Forger forger;
  private final FaultReport report;

  private final ConcurrentLinkedQueue<String> odd = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> noRetryAfter = new ConcurrentLinkedQueue<>();
  private final AtomicLong answers = new AtomicLong();
  private final AtomicLong refusals = new AtomicLong();
  private final AtomicLong kick = new AtomicLong();
  private final AtomicLong kickAccepted = new AtomicLong();

  private volatile boolean goOn = true;
  private volatile @Nullable CallLoad<Genuine> load;
  private volatile boolean away;
  private final ConcurrentLinkedQueue<String> acceptedWhileAway = new ConcurrentLinkedQueue<>();
  private final AtomicLong refusedWhileAway = new AtomicLong();

  /**
   * A run.
   *
   * @param seed of what is sent and who is killed; the machine's own pace is not repeated
   * @param keep whether the folder with the stores and the logs is left when every rule held, too
   * @param out one line for each step
   */
  public WebhookOrdeal(Plan plan, long seed, boolean keep, PrintWriter out) {
    this.plan = plan;
    this.lab = new Lab(keep, Lab.timed(out));
    this.random = new Random(seed);
    this.senders = new Senders(signer, random.nextLong());
    this.forger = new Forger(random.nextLong());
    this.report = new FaultReport(seed);
  }

  /** Ends what is on its way soon and begins nothing more: what was done so far is checked. */
  public void stop() {
    goOn = false;
    CallLoad<Genuine> sending = load;
    if (sending != null) {
      sending.stop();
    }
  }

  /** Does it all. Where it fails or a rule is broken, the folder is left in any case. */
  public FaultReport run() throws Exception {
    return lab.run("faults-", this::run);
  }

  private FaultReport run(Path folder) throws Exception {
    lab.say("starting the stores, a process of role webhooks and one of role ingest");
    Archive archive = lab.opened(new Archive(folder.resolve("clickhouse")));
    Path data = folder.resolve("data");
    StoresProcess storage =
        lab.opened(StoresProcess.start(data, Map.of("CLICKHOUSE_URL", archive.url())));
    Stores stores = storage.stores();
    stores.schedule("next_probe_at = now() + interval '1 day'"); // nothing but calls
    Map<String, String> settings = role(storage, "webhooks");
    settings.putAll(signer.settings());
    int port = Integer.parseInt(settings.getOrDefault("HTTP_PORT", ""));
    Instance webhooks = lab.instance("webhooks", settings, folder);
    Instance ingest = lab.instance("ingest", role(storage, "ingest"), folder);
    lab.awaitReady();

    Ahead<Genuine> calls = lab.opened(new Ahead<>(senders::next));
    CallLoad<Genuine> load = new CallLoad<>(port, CONNECTIONS, PATIENCE, this::ended);
    this.load = load;
    paced(load, calls, NORMAL.dividedBy(2)); // what is cold is not measured
    if (plan.kills() > 0 && goOn) {
      kills(load, calls, webhooks, ingest);
    }
    int starts = webhooks.starts();
    if (!plan.postgres().isZero() && goOn) {
      postgres(load, calls, webhooks, storage, new Postmaster(data, stores.dm()));
    }
    if (!plan.clickHouse().isZero() && goOn) {
      clickHouse(load, calls, webhooks, ingest, archive);
    }
    if (!plan.flood().isZero() && goOn) {
      flood(load, calls, webhooks, port);
    }
    calls.close();
    report.check(
        "webhooks went on without a restart",
        1,
        webhooks.starts() == starts ? List.of() : List.of(webhooks.starts() - starts + " starts"));

    lab.say("no further facts; waiting until all of them have arrived");
    sendAgain(load);
    List<String> left = Ordeal.drained(ingest, List.of("clickhouse"));
    report.check("drained", 1, left);
    lab.say("checking");
    report.check("answered 2xx, 503 or not at all", answers.get(), List.copyOf(odd));
    report.check("503 says when to come again", refusals.get(), List.copyOf(noRetryAfter));
    report.checks(new Ledger(senders.facts(), stores, forger.mark()).check());
    report.check("no process ended by itself", lab.instances().size(), lab.unasked());
    return report;
  }

  /** No environment: what is told is held against dm and the archive. */
  static Map<String, String> role(StoresProcess storage, String role) throws IOException {
    Map<String, String> settings = storage.role(role);
    settings
        .keySet()
        .removeIf(
            key ->
                key.startsWith("STAGE_")
                    || key.equals("INGEST_TARGET_ENVS")
                    || key.equals("TARGET_INITIAL_MODE"));
    settings.put("DELIVER_LEASE", "6s");
    settings.put("DELIVER_TIMEOUT", "2s");
    return settings;
  }

  private void ended(Genuine call, Answer answer) {
    senders.ended(call, answer);
    if (call.fact.kind.sender.equals("kick")) {
      kick.incrementAndGet();
      kickAccepted.addAndGet(answer.accepted() ? 1 : 0);
    }
    if (answer.status() != 0) {
      answers.incrementAndGet();
    }
    if (answer.status() == 503) {
      refusals.incrementAndGet();
      if (!answer.retryAfter()) {
        noRetryAfter.add(call.fact.kind + ": " + answer.body());
      }
    } else if (answer.status() != 0 && !answer.accepted()) {
      odd.add("%s: %d %s".formatted(call.fact.kind, answer.status(), answer.body()));
    }
    if (away && answer.accepted()) {
      acceptedWhileAway.add(call.fact.toString());
    } else if (away && answer.status() == 503) {
      refusedWhileAway.incrementAndGet();
    }
  }

  private void kills(
      CallLoad<Genuine> load, Ahead<Genuine> calls, Instance webhooks, Instance ingest)
      throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<Tally> sent = thread.submit(() -> load.run(calls, Duration.ofDays(1)));
      for (int i = 1; i <= plan.kills() && goOn; i++) {
        Instance victim = random.nextInt(3) == 0 ? ingest : webhooks;
        int pause = SHORTEST_GAP_MILLIS + random.nextInt(GAP_SPREAD_MILLIS);
        lab.awaitReady();
        flows();
        Thread.sleep(pause);
        victim.kill();
        lab.say(
            "%d/%d  SIGKILL %s, %,d answered so far"
                .formatted(i, plan.kills(), victim.name(), answers.get()));
      }
      lab.awaitReady();
      load.stop();
      report.figures("kills", "under them:", sent.get());
      report.figure("kills", "starts of webhooks", webhooks.starts());
      report.figure("kills", "starts of ingest", ingest.starts());
    } finally {
      load.stop();
      thread.shutdown();
    }
  }

  /** Waits until calls are answered, for some time at most: then there is much to lose. */
  private void flows() throws InterruptedException {
    long enough = answers.get() + WORKS;
    long until = System.nanoTime() + FLOW.toNanos();
    while (answers.get() < enough && System.nanoTime() - until < 0) {
      Thread.sleep(50);
    }
  }

  private void postgres(
      CallLoad<Genuine> load,
      Ahead<Genuine> calls,
      Instance webhooks,
      StoresProcess storage,
      Postmaster postmaster)
      throws Exception {
    ProcessHandle process = webhooks.process().handle();
    works(load, calls);
    Tally before = paced(load, calls, shorter(NORMAL, plan.postgres()));
    Vitals first = Vitals.of(process);
    Tally during;
    int keeper = (int) storage.process().handle().pid();
    Vitals.Peak peak = new Vitals.Peak(process);
    try {
      lab.say("PostgreSQL is stopped for %d s".formatted(plan.postgres().toSeconds()));
      LibC.C.kill(keeper, LibC.SIGSTOP); // it would start PostgreSQL again at once
      postmaster.stop();
      away = true;
      during = paced(load, calls, plan.postgres());
      away = false;
    } finally {
      LibC.C.kill(keeper, LibC.SIGCONT);
    }
    long since = System.nanoTime();
    postmaster.restored();
    report.figure("postgres", "back after s", (System.nanoTime() - since) / 1e9);
    since = System.nanoTime();
    Tally back = awaitWorking(load, calls);
    long recovered = System.nanoTime() - since;
    Tally after = paced(load, calls, shorter(NORMAL, plan.postgres()));
    Vitals last = Vitals.of(webhooks.process().handle());
    report.figures("postgres", "before:", before);
    report.figures("postgres", "away:", during);
    report.figure("postgres", "accepts everything again after s", recovered / 1e9);
    report.figures("postgres", "after:", after);
    memory("postgres", first, peak, last);
    report.check("PostgreSQL away: not one 2xx", during.total(), List.copyOf(acceptedWhileAway));
    report.check(
        "PostgreSQL away: callers are told 503",
        during.total(),
        refusedWhileAway.get() > 0 ? List.of() : List.of(during.statuses().toString()));
    report.check(
        "PostgreSQL back: accepted again",
        back.total(),
        back.accepted() == back.total() ? List.of() : List.of(back.statuses().toString()));
  }

  private void clickHouse(
      CallLoad<Genuine> load,
      Ahead<Genuine> calls,
      Instance webhooks,
      Instance ingest,
      Archive archive)
      throws Exception {
    ProcessHandle process = webhooks.process().handle();
    works(load, calls);
    Tally before = paced(load, calls, shorter(NORMAL.multipliedBy(3), plan.clickHouse()));
    Vitals first = Vitals.of(process);
    Vitals.Peak peak = new Vitals.Peak(process);
    lab.say("ClickHouse is stopped for %d s".formatted(plan.clickHouse().toSeconds()));
    archive.stop();
    Tally during = paced(load, calls, plan.clickHouse());
    archive.restore();
    long since = System.nanoTime();
    report.check("ClickHouse back: catches up", 1, Ordeal.drained(ingest, List.of("clickhouse")));
    report.figures("clickhouse", "before:", before);
    report.figures("clickhouse", "away:", during);
    report.figure("clickhouse", "has caught up after s", (System.nanoTime() - since) / 1e9);
    calls.renew();
    memory("clickhouse", first, peak, Vitals.of(webhooks.process().handle()));
    report.check(
        "ClickHouse away: accepted all the same",
        during.total(),
        during.accepted() == during.total() ? List.of() : List.of(during.statuses().toString()));
  }

  private void flood(CallLoad<Genuine> load, Ahead<Genuine> calls, Instance webhooks, int port)
      throws Exception {
    ProcessHandle process = webhooks.process().handle();
    works(load, calls);
    Tally before = paced(load, calls, plan.flood());
    Vitals first = Vitals.of(process);
    Vitals.Peak peak = new Vitals.Peak(process);
    lab.say(
        "%,d forged calls a second for %d s".formatted(plan.forged(), plan.flood().toSeconds()));
    ConcurrentLinkedQueue<String> let = new ConcurrentLinkedQueue<>();
    CallLoad<Request> forgers =
        new CallLoad<>(
            port,
            FORGERS,
            PATIENCE,
            (request, answer) -> {
              if (answer.status() != 401 && answer.status() != 503 && answer.status() != 0) {
                let.add(answer.toString());
              }
            });
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (Ahead<Request> forged = new Ahead<>(forger::next);
        Dumps dumps = new Dumps(webhooks.process())) {
      Future<Tally> flood = thread.submit(() -> forgers.run(forged, plan.forged(), plan.flood()));
      kick.set(0);
      kickAccepted.set(0);
      Tally during = paced(load, calls, plan.flood());
      Tally refused = flood.get();
      List<Integer> verifying = dumps.verifying();
      report.figures("flood", "genuine alone:", before);
      report.figures("flood", "genuine beside it:", during);
      report.figure(
          "flood",
          "genuine beside it: Kick's, share of 2xx",
          (double) kickAccepted.get() / Math.max(1, kick.get()));
      report.figure("flood", "forged calls", refused.total());
      refused.statuses().forEach((s, n) -> report.figure("flood", "forged answered " + s, n));
      double rate = refused.total() / (plan.flood().toNanos() / 1e9);
      report.figure("flood", "forged calls/s", rate);
      if (rate < plan.forged() * 0.95) {
        report.tooLittle();
      }
      memory("flood", first, peak, Vitals.of(webhooks.process().handle()));
      report.check("forged: answered 401 or 503", refused.total(), List.copyOf(let));
      report.check(
          "flood: genuine calls go on being answered 2xx",
          during.total(),
          during.share() >= GO_ON ? List.of() : List.of(during.statuses().toString()));
      long most = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
      report.figure(
          "flood",
          "verify RSA at once, at most",
          verifying.stream().mapToInt(Integer::intValue).max().orElse(0));
      report.check(
          "RSA takes at most all cores but one",
          verifying.size(),
          verifying.stream().filter(n -> n > most).map(n -> n + " at once").toList());
    } finally {
      forgers.stop();
      thread.shutdown();
    }
  }

  private void memory(String part, Vitals first, Vitals.Peak peak, Vitals last) {
    peak.close();
    report.figure(part, "RSS before MiB", mebi(first.rss()));
    report.figure(part, "RSS at most MiB", mebi(peak.rss()));
    report.figure(part, "RSS after MiB", mebi(last.rss()));
    report.figure(part, "live heap before MiB", mebi(first.live()));
    report.figure(part, "live heap after MiB", mebi(last.live()));
    List<String> broken = new ArrayList<>();
    if (peak.rss() > Vitals.MOST) {
      broken.add("RSS was %,.0f MiB".formatted(mebi(peak.rss())));
    }
    if (last.live() > first.live() + Vitals.MOST_KEPT) {
      broken.add("live heap grew to %,.0f MiB".formatted(mebi(last.live())));
    }
    report.check(part + ": memory is bounded", 1, broken);
  }

  private static double mebi(long bytes) {
    return bytes / (double) (1 << 20);
  }

  private Tally paced(CallLoad<Genuine> load, Ahead<Genuine> calls, Duration span)
      throws IOException {
    return load.run(calls, plan.rate(), goOn ? span : Duration.ofSeconds(1));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private void works(CallLoad<Genuine> load, Ahead<Genuine> calls) throws IOException {
    Tally tally = awaitWorking(load, calls);
    if (tally.accepted() < tally.total()) {
      throw new IOException("the doors do not work: " + tally.statuses());
    }
  }

  /** Waits until calls are answered 2xx one and all, for some time at most; tells of the last. */
  private static Tally awaitWorking(CallLoad<Genuine> load, Ahead<Genuine> calls)
      throws IOException {
    long until = System.nanoTime() + RECOVERY.toNanos();
    Tally tally = load.run(calls, WORKS);
    while (tally.accepted() < tally.total() && System.nanoTime() - until < 0) {
      tally = load.run(calls, WORKS);
    }
    return tally;
  }

  /** As their senders would, what was not answered 2xx yet. */
  private void sendAgain(CallLoad<Genuine> load) throws IOException {
    long until = System.nanoTime() + RECOVERY.toNanos();
    List<Genuine> late = senders.late();
    while (!late.isEmpty() && System.nanoTime() - until < 0) {
      load.run(late.iterator(), late.size());
      late = senders.late();
    }
  }
}
