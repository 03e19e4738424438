package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.embedded.simulator.SimulatedChannel;
import ingest.embedded.simulator.Simulator;
import ingest.embedded.simulator.World;
import ingest.embedded.simulator.webhook.Receiver;
import ingest.embedded.simulator.webhook.SenderKeys;
import ingest.run.IngestProcess;
import ingest.run.Stores;
import ingest.run.StoresProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One run: a still world with more channels than may be asked for in time, polled by one instance,
 * by three, and by three of which one after the other is killed. Judged by what Kick served and by
 * the calls that Kick counted. Whatever it started it ends.
 */
final class PollerOrdeal {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration START = Duration.ofMinutes(5);
  private static final int PAGE = 50;

  /**
   * What is asked for.
   *
   * @param calls a minute, of all instances
   * @param period of live channels, in seconds
   * @param seconds of each part
   */
  record Plan(int channels, int live, int calls, int period, int seconds) {
    /** Calls a minute for live channels alone. */
    long liveCalls() {
      return (live * 60L + PAGE * (long) period - 1) / (PAGE * (long) period);
    }

    /** A period of the others at which they need half as much again as the live ones leave. */
    long otherPeriod() {
      return Math.max(1, (channels - live) * 60L * 2 / (PAGE * (calls - liveCalls()) * 3));
    }

    /** A page of a killed instance is asked for again well within the period. */
    long lease() {
      return Math.max(1, period * 2L / 3);
    }
  }

  private final Plan plan;
  private final long seed;
  private final Lab lab;
  private final List<PollerReport.Part> parts = new ArrayList<>();
  private final List<Check> checks = new ArrayList<>();
  private volatile boolean goOn = true;

  PollerOrdeal(Plan plan, long seed, boolean keep, PrintWriter out) {
    this.plan = plan;
    this.seed = seed;
    this.lab = new Lab(keep, Lab.timed(out));
  }

  /** Ends the part on its way: what was done so far is checked. */
  void stop() {
    goOn = false;
  }

  /** Does it all. Where it fails or a rule is broken, the folder is left in any case. */
  PollerReport run() throws Exception {
    return lab.run("faults-pollers-", this::run);
  }

  private PollerReport run(Path folder) throws Exception {
    lab.say(
        "%,d channels, %,d of them live every %d s, the others every %d s; %,d calls a minute"
            .formatted(plan.channels, plan.live, plan.period, plan.otherPeriod(), plan.calls));
    World world = World.still(plan.channels, plan.live);
    Simulator kick =
        lab.opened(
            new Simulator(
                0, new Receiver(URI.create("http://127.0.0.1:9"), SenderKeys.random(), 0), world));
    kick.start();
    String address = "http://127.0.0.1:" + kick.port();
    Map<String, String> upstream =
        Map.of(
            "KICK_API_URL",
            address,
            "KICK_OAUTH_URL",
            address,
            "KICK_CLIENT_ID",
            Simulator.CLIENT_ID,
            "KICK_CLIENT_SECRET",
            Simulator.CLIENT_SECRET);
    StoresProcess storage = lab.opened(StoresProcess.start(folder.resolve("data"), upstream));
    Stores stores = storage.stores();
    track(stores, world);
    try (KickWatch watch = new KickWatch(address, world)) {
      measure(storage, stores, watch, upstream, folder);
      everybody(watch, world);
    }
    checks.add(
        new Check(
            "no page skipped",
            1,
            stores.dmNumber("SELECT count(*) FROM dm.skipped_page"),
            stores.dmRows("SELECT error FROM dm.skipped_page LIMIT 3").stream()
                .map(JsonNode::toString)
                .toList()));
    checks.add(Check.of("no process ended by itself", lab.unasked()));
    return new PollerReport(seed, parts, checks);
  }

  private void measure(
      StoresProcess storage,
      Stores stores,
      KickWatch watch,
      Map<String, String> upstream,
      Path folder)
      throws Exception {
    instance(storage, upstream, folder);
    lab.awaitReady();
    lab.say("one instance; until it knows who is live");
    settle(stores);
    part("one instance", stores, watch, () -> pause(Duration.ofSeconds(1)));

    instance(storage, upstream, folder);
    instance(storage, upstream, folder);
    lab.awaitReady();
    part("three instances", stores, watch, () -> pause(Duration.ofSeconds(1)));

    Random random = new Random(seed);
    long[] kills = new long[1];
    part(
        "three, one by one killed",
        stores,
        watch,
        () -> {
          Instance victim = lab.instances().get(random.nextInt(lab.instances().size()));
          victim.kill();
          kills[0]++;
          lab.say("killed " + victim.name());
          victim.awaitReady(START.toMillis());
          // A page that is lost with its claim twice in a row may miss a period: that is no fault.
          pause(Duration.ofSeconds(plan.lease()).plusMillis(random.nextInt(3000)));
        });
    checks.add(Check.of("somebody was killed", kills[0] > 0 ? List.of() : List.of("nobody was")));
  }

  private void instance(StoresProcess storage, Map<String, String> upstream, Path folder)
      throws IOException {
    Map<String, String> settings = storage.role("ingest");
    settings.putAll(upstream);
    settings.put("TARGET_INITIAL_MODE", "off");
    settings.put("KICK_CALLS_PER_MINUTE", Integer.toString(plan.calls));
    settings.put("POLL_KICK_VIEWERS_LEASE_SECONDS", Long.toString(plan.lease()));
    IngestProcess.pollEvery(plan.otherPeriod(), settings);
    settings.put("POLL_KICK_VIEWERS_LIVE_SECONDS", Integer.toString(plan.period));
    lab.instance("ingest-" + (lab.instances().size() + 1), settings, folder);
  }

  /**
   * Nobody is known to be live; a tenth of those who are is verified, and half of the others were.
   */
  private void track(Stores stores, World world) throws SQLException {
    long first = world.channels().get(0).broadcasterUserId();
    stores.dmExecute(
        """
        WITH c AS (
            INSERT INTO dm.streamer_channel (external_id, platform, platform_user_id)
            SELECT lpad(n::text, 26, '0'), 'kick', (%1$d + n)::text FROM generate_series(0, %2$d - 1) n
            RETURNING id, platform_user_id::bigint - %1$d AS n
        )
        INSERT INTO dm.probe_schedule (channel_id, next_probe_at, was_live, verified_by)
        SELECT id, now() - random() * interval '%4$d seconds', n >= %3$d AND n %% 2 = 0,
               CASE WHEN n < %3$d AND n %% 10 = 0 THEN '{stage:1}'::text[] ELSE '{}' END
        FROM c
        """
            .formatted(first, plan.channels, plan.live, plan.period));
    stores.dmExecute("ANALYZE dm.streamer_channel, dm.probe_schedule");
  }

  /** Waits until every live channel is known for one and none of them is late. */
  private void settle(Stores stores) throws Exception {
    Instant until = Instant.now().plus(START);
    while (goOn) {
      JsonNode now =
          stores
              .dmRows(
                  """
                  SELECT count(*) AS live, coalesce(max(extract(epoch FROM now() - next_probe_at)), 0) AS late
                  FROM dm.probe_schedule WHERE class < 2""")
              .get(0);
      if (now.path("live").asInt() == plan.live
          && now.path("late").asDouble() < plan.period / 4.0) {
        return;
      }
      if (Instant.now().isAfter(until)) {
        throw new IOException("not settled within " + START.toSeconds() + " s: " + now);
      }
      pause(Duration.ofSeconds(1));
    }
  }

  /** What is done over and over during a part. */
  private interface Doing {
    void once() throws Exception;
  }

  private void part(String name, Stores stores, KickWatch watch, Doing doing) throws Exception {
    if (!goOn) {
      return;
    }
    lab.say(name);
    long callsBefore = watch.calls();
    Instant from = Instant.now();
    Instant until = from.plusSeconds(plan.seconds);
    while (goOn && Instant.now().isBefore(until)) {
      doing.once();
    }
    watch.read();
    Instant to = Instant.now();
    Map<Long, Instant> rhythm = rhythm(stores);
    KickWatch.Live live = watch.live(rhythm, Duration.ofSeconds(plan.period), from, to);
    int most = watch.mostInAMinute();
    parts.add(
        new PollerReport.Part(
            name,
            Duration.between(from, to).toMillis() / 1000.0,
            watch.calls() - callsBefore,
            most,
            live.answers(),
            live.late(0.5),
            live.late(1),
            watch.answers(from, to) - live.answers(),
            lag(stores)));
    checks.add(
        new Check(
            "live in each period: " + name,
            live.slots(),
            live.missed().size(),
            live.missed().stream().limit(3).toList()));
    checks.add(
        new Check(
            "budget: " + name,
            watch.calls() - callsBefore,
            Math.max(0, most - plan.calls),
            most <= plan.calls
                ? List.of()
                : List.of("%d calls in sixty seconds, %d allowed".formatted(most, plan.calls))));
    checks.add(Check.of("lag told: " + name, told()));
  }

  /** When each live channel is due next, which is its rhythm for all time. */
  private Map<Long, Instant> rhythm(Stores stores) throws SQLException, IOException {
    Map<Long, Instant> rhythm = new java.util.HashMap<>();
    for (JsonNode row :
        stores.dmRows(
            """
            SELECT c.platform_user_id::bigint AS id, (extract(epoch FROM s.next_probe_at) * 1000)::bigint AS at
            FROM dm.probe_schedule s JOIN dm.streamer_channel c ON c.id = s.channel_id WHERE s.class < 2""")) {
      rhythm.put(row.path("id").asLong(), Instant.ofEpochMilli(row.path("at").asLong()));
    }
    return rhythm;
  }

  private static double lag(Stores stores) throws SQLException, IOException {
    return stores
        .dmRows(
            "SELECT coalesce(extract(epoch FROM now() - min(next_probe_at)), 0) AS lag FROM dm.probe_schedule WHERE class > 1")
        .get(0)
        .path("lag")
        .asDouble();
  }

  /**
   * Whoever is ready says of each class how late it is; the others are later than the live ones.
   */
  private List<String> told() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (Instance instance : lab.instances()) {
      if (!instance.awaitReady(START.toMillis())) {
        wrong.add(instance.name() + " does not get ready");
        continue;
      }
      for (JsonNode poller : JSON.readTree(instance.manage("GET", "/admin/pollers", "").body())) {
        JsonNode behind = poller.path("behind");
        if (poller.path("name").asText().equals("kick-viewers")
            && !(seconds(behind, "verified-live") < plan.period
                && seconds(behind, "live") < plan.period
                && behind.path("offline").path("seconds").isNumber()
                && behind.path("never-live").path("seconds").isNumber())) {
          wrong.add(instance.name() + ": " + behind);
        }
      }
      String scrape = instance.manage("GET", "/observe/metrics", "").body();
      for (String of : List.of("verified-live", "live", "offline", "never-live")) {
        for (String metric : List.of("ingest_probe_lag_seconds", "ingest_probe_due")) {
          if (!scrape.contains("\n" + metric + "{class=\"" + of + "\"} ")) {
            wrong.add(instance.name() + " has no " + metric + " of " + of);
          }
        }
      }
    }
    return wrong;
  }

  private static double seconds(JsonNode behind, String of) {
    return behind.path(of).path("seconds").asDouble(Double.POSITIVE_INFINITY);
  }

  /** Whoever is not live was asked for all the same. */
  private void everybody(KickWatch watch, World world) throws Exception {
    watch.read();
    List<Long> forgotten =
        world.channels().stream()
            .map(SimulatedChannel::broadcasterUserId)
            .filter(id -> !watch.asked(id))
            .toList();
    checks.add(
        new Check(
            "nobody forgotten",
            world.channels().size(),
            forgotten.size(),
            forgotten.stream()
                .limit(3)
                .map(id -> "channel " + id + " was never asked for")
                .toList()));
  }

  private static void pause(Duration time) throws InterruptedException {
    Thread.sleep(time.toMillis());
  }
}
