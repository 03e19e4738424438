package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.run.Balancer;
import ingest.run.IngestProcess;
import ingest.run.Stores;
import ingest.run.StoresProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * One run: the product in processes as it is deployed, two of each role behind a balancer, under
 * load; the faults of a plan; then quiet, and the check. Whatever it started it ends.
 */
public final class Ordeal {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LEASE = Duration.ofSeconds(6);
  private static final Duration ACKNOWLEDGE = Duration.ofMinutes(1);

  /** What lost its worker twice waits minutes before it is tried again. */
  private static final Duration DRAIN = Duration.ofMinutes(20);

  private static final String POLLER = "/admin/pollers/kick-viewers/";

  private final int kills;
  private final long seed;
  private final int rate;
  private final Lab lab;
  private volatile boolean goOn = true;

  /**
   * A run.
   *
   * @param seed of what is done, to whom and when; the machine's own pace is not repeated
   * @param rate events a second that clients emit; what pollers bring comes on top
   * @param keep whether the folder with the stores and the logs is left when every rule held, too
   * @param out one line for each fault
   */
  public Ordeal(int kills, long seed, int rate, boolean keep, PrintWriter out) {
    this.kills = kills;
    this.seed = seed;
    this.rate = rate;
    this.lab = new Lab(keep, Lab.timed(out));
  }

  /** Does no further fault: what was done so far is checked. */
  public void stop() {
    goOn = false;
  }

  /** Does it all. Where it fails or a rule is broken, the folder is left in any case. */
  public Report run() throws Exception {
    return lab.run("faults-", this::run);
  }

  private Report run(Path folder) throws Exception {
    lab.say("starting the stores, two processes of role ingest and two of role env");
    Archive archive = lab.opened(new Archive(folder.resolve("clickhouse")));
    Path data = folder.resolve("data");
    StoresProcess storage =
        lab.opened(StoresProcess.start(data, Map.of("CLICKHOUSE_URL", archive.url())));
    Stores stores = storage.stores();
    EffectLog.install(stores);
    Map<String, URI> addresses = new LinkedHashMap<>();
    List<Instance> env = new ArrayList<>();
    for (String name : List.of("env-1", "env-2")) {
      Map<String, String> settings = storage.role("env");
      addresses.put(name, URI.create("http://127.0.0.1:" + settings.get("HTTP_PORT")));
      env.add(lab.instance(name, settings, folder));
    }
    Balancer balancer = lab.opened(new Balancer(addresses));
    List<Instance> ingest = new ArrayList<>();
    for (String name : List.of("ingest-1", "ingest-2")) {
      Map<String, String> settings = storage.role("ingest");
      settings.put("STAGE_INTERNAL_EVENTS_URL", balancer.door(name) + "/internal/events");
      settings.put("DELIVER_LEASE", LEASE.toSeconds() + "s");
      settings.put("DELIVER_TIMEOUT", "2s");
      settings.put("POLL_KICK_VIEWERS_LEASE_SECONDS", Long.toString(LEASE.toSeconds()));
      settings.put("DRAIN_TIMEOUT", "10s");
      IngestProcess.pollEvery(5, settings);
      ingest.add(lab.instance(name, settings, folder));
    }
    lab.awaitReady();
    stores.schedule("next_probe_at = now()");

    Instant began = Instant.now().truncatedTo(ChronoUnit.MICROS);
    Load load = new Load(ingest, rate, seed);
    Random random = new Random(seed);
    Killer killer =
        lab.opened(
            new Killer(
                Fault.plan(kills, random),
                random,
                ingest,
                env,
                new Postmaster(data, stores.dm()),
                archive,
                balancer,
                stores,
                LEASE,
                load::acknowledged,
                fault -> lab.say(line(fault, load, began))));
    killer.run(() -> goOn);
    Instant ended = Instant.now().truncatedTo(ChronoUnit.MICROS);

    lab.say("no further events; waiting until all of them have arrived");
    load.end(ACKNOWLEDGE);
    lab.awaitReady();
    for (Instance instance : ingest) {
      quiet(instance);
    }
    List<String> left = drained(ingest.get(0), List.of("stage", "clickhouse"));
    lab.say("checking");
    History history = History.gather(load, balancer, stores);
    List<Check> checks = new ArrayList<>(new Checker(history, stores).check());
    for (Instance instance : ingest) {
      checks.add(Check.of("status of " + instance.name(), status(instance, stores, left)));
    }
    checks.add(
        Check.of(
            "no line refused", load.refusal().isEmpty() ? List.of() : List.of(load.refusal())));
    checks.add(Check.of("no process ended by itself", lab.unasked()));
    return report(history, load, killer, Duration.between(began, ended), began, ended, checks);
  }

  private Report report(
      History history,
      Load load,
      Killer killer,
      Duration span,
      Instant began,
      Instant ended,
      List<Check> checks) {
    List<Fact> within =
        history.facts().stream()
            .filter(
                fact ->
                    fact.committed != null
                        && !fact.committed.isBefore(began)
                        && fact.committed.isBefore(ended))
            .toList();
    Map<String, Integer> done = new LinkedHashMap<>();
    for (Fault fault : Fault.values()) {
      done.put(fault.words(), killer.done().getOrDefault(fault, 0));
    }
    return new Report(
        seed,
        kills,
        done,
        span,
        within.size(),
        within.stream().filter(fact -> fact.emission == null).count(),
        load.acknowledged(),
        rate,
        lab.instances().stream().mapToInt(Instance::starts).sum(),
        lab.instances().stream().mapToLong(Instance::late).sum(),
        checks);
  }

  private int number;

  private String line(String fault, Load load, Instant began) {
    double seconds = Duration.between(began, Instant.now()).toMillis() / 1000.0;
    return String.format(
        Locale.ROOT,
        "%4d/%d  %-60s %6.0f s  %,9d acknowledged, %,.0f/s",
        ++number,
        kills,
        fault,
        seconds,
        load.acknowledged(),
        load.acknowledged() / seconds);
  }

  /** Switches the pollers off and waits for the end of a run on its way. */
  private static void quiet(Instance instance) throws IOException, InterruptedException {
    for (String action : List.of("pause", "run")) {
      HttpResponse<String> answer = instance.manage("POST", POLLER + action, "{}");
      if (answer.statusCode() != 200) {
        throw new IOException(instance.name() + " answered " + answer.body());
      }
    }
  }

  /** Waits until nothing is pending; tells what is after all that time. */
  static List<String> drained(Instance instance, List<String> targets) throws InterruptedException {
    Instant until = Instant.now().plus(DRAIN);
    String last = "nothing";
    while (Instant.now().isBefore(until)) {
      try {
        JsonNode deliveries =
            JSON.readTree(instance.manage("GET", "/admin/status", "").body()).path("deliveries");
        last = deliveries.toString();
        if (targets.stream()
            .allMatch(target -> deliveries.path(target).path("pending").asInt(1) == 0)) {
          return List.of();
        }
      } catch (IOException e) {
        last = e.toString();
      }
      Thread.sleep(500);
    }
    return List.of("not drained within " + DRAIN.toSeconds() + " s: " + last);
  }

  /** What {@code status} says, where it is not what the stores have. */
  private static List<String> status(Instance instance, Stores stores, List<String> left)
      throws Exception {
    JsonNode status = JSON.readTree(instance.manage("GET", "/admin/status", "").body());
    long events = stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
    List<String> wrong = new ArrayList<>(left);
    Map<String, Long> numbers = new LinkedHashMap<>();
    numbers.put("/outbox/events", events);
    numbers.put("/clickhouse/raw_events", events);
    numbers.put("/env/stage/processed_events", events);
    for (String target : List.of("stage", "clickhouse")) {
      numbers.put("/deliveries/" + target + "/delivered", events);
      for (String none : List.of("pending", "dead", "abandoned")) {
        numbers.put("/deliveries/" + target + "/" + none, 0L);
      }
    }
    numbers.forEach(
        (path, number) -> {
          if (status.at(path).asLong(-1) != number) {
            wrong.add("%s is %s, not %d".formatted(path, status.at(path), number));
          }
        });
    status.path("errors").forEach(error -> wrong.add(error.asText()));
    return wrong;
  }
}
