package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.run.IngestProcess;
import ingest.run.Stores;
import ingest.run.StoresProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One run: an environment whose projectors have bugs and one whose projectors have none are sent
 * the same, live. The bugs are mended, the time with them is replayed into the first, live traffic
 * goes on, and the process that replays is killed again and again. In the end the two are the same,
 * row by row. Whatever it started it ends.
 */
public final class ReplayOrdeal {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REFERENCE = "reference";
  private static final Duration LOOK = Duration.ofMillis(200);

  /** A page of the replay for each second of so many, kill by kill. */
  private static final int SECONDS_FOR_A_KILL = 3;

  private static final Duration PATIENCE = Duration.ofMinutes(30);

  /**
   * What is done.
   *
   * @param seconds how long the bugs work
   * @param rate events a second, then and during the replay
   * @param kills of the process that replays
   * @param way how it is put right
   */
  public record Plan(int seconds, int rate, int kills, Way way) {}

  /** How what the bugs wrote is put right. */
  public enum Way {
    /** Their time is replayed; rows that they invented stay. */
    replay,
    /** The tables are made anew and swapped. */
    rebuild
  }

  /** What put it right, and how often the process that did was killed. */
  private record Mended(List<JsonNode> runs, int kills) {}

  private final Plan plan;
  private final long seed;
  private final Lab lab;
  private volatile boolean goOn = true;

  /** A run. */
  public ReplayOrdeal(Plan plan, long seed, boolean keep, PrintWriter out) {
    this.plan = plan;
    this.seed = seed;
    this.lab = new Lab(keep, Lab.timed(out));
  }

  /** Kills nobody any more, and the bugs have worked long enough: what was done is checked. */
  public void stop() {
    goOn = false;
  }

  /** Does it all. Where it fails or a rule is broken, the folder is left in any case. */
  public ReplayReport run() throws Exception {
    return lab.run("faults-" + plan.way() + "-", this::run);
  }

  private ReplayReport run(Path folder) throws Exception {
    lab.say("starting the stores, a process of role ingest and two environments, one with bugs");
    Path right = BuriedBugs.right(folder);
    StoresProcess storage = lab.opened(StoresProcess.start(folder.resolve("data"), Map.of()));
    Stores stage = storage.stores();
    stage.schedule("next_probe_at = now() + interval '1 day'"); // nothing but what is emitted
    Stores reference = reference(stage);
    stage.envExecute(BuriedBugs.TABLE);
    reference.envExecute(BuriedBugs.TABLE);
    Map<String, String> ofStage = storage.role("env");
    Map<String, String> ofReference = storage.role("env");
    ofReference.put("DATABASE_URL", reference.env());
    Instance wrong = lab.instance("stage-wrong", ofStage, folder, BuriedBugs.wrong(folder));
    lab.instance(REFERENCE, ofReference, folder, right);
    Instance ingest =
        lab.instance("ingest", ingest(storage, address(ofStage), address(ofReference)), folder);
    lab.awaitReady();

    Instant began = Instant.now();
    Mixture mixture = new Mixture(ingest, plan.rate(), seed);
    lab.say("the bugs work for %d s".formatted(plan.seconds()));
    while (goOn && Instant.now().isBefore(began.plusSeconds(plan.seconds()))) {
      Thread.sleep(LOOK.toMillis());
    }
    mixture.movesOn();
    lab.close(wrong);
    lab.instance("stage", ofStage, folder, right);
    lab.awaitReady();
    Twins twins = new Twins(reference, stage);
    List<Twins.Difference> before = twins.differences();
    lab.say("mended; %,d rows are wrong".formatted(wrong(before)));
    Mended mended = plan.way() == Way.replay ? replayed(ingest, began) : rebuilt(ingest, reference);

    mixture.end();
    List<String> left = Ordeal.drained(ingest, List.of("stage", REFERENCE, "clickhouse"));
    lab.say("checking");
    List<Twins.Difference> after = twins.differences();
    List<Check> checks = new ArrayList<>(ReplayReport.checks(plan.way(), before, after));
    String refused = mixture.refusal();
    checks.add(Check.of("no line refused", refused == null ? List.of() : List.of(refused)));
    checks.add(Check.of("drained", left));
    checks.add(
        Check.of(
            "done to the end, every event taken",
            mended.runs().stream().filter(run -> !taken(run)).map(JsonNode::toString).toList()));
    checks.add(Check.of("no process ended by itself", lab.unasked()));
    return new ReplayReport(
        plan.way(),
        seed,
        plan.kills(),
        mended.kills(),
        mixture.acknowledged(),
        before,
        after,
        mended.runs(),
        checks);
  }

  private Mended replayed(Instance ingest, Instant began) throws Exception {
    long id = begun(ingest, began.minusSeconds(60));
    int kills = killed(ingest, id, plan.kills());
    JsonNode run = ended(ingest, id);
    lab.say("replayed %,d events".formatted(run.path("done").asLong()));
    return new Mended(List.of(run), kills);
  }

  /** One table after the other; what is in the live one alone is what the bugs invented. */
  private Mended rebuilt(Instance ingest, Stores reference) throws Exception {
    List<JsonNode> runs = new ArrayList<>();
    int kills = 0;
    for (String table : List.of("channel_snapshot", "faults_follow")) {
      ObjectNode request = JSON.createObjectNode().put("target", "stage").put("table", table);
      boolean appends = table.equals("faults_follow"); // a row for each event
      int wanted = appends ? plan.kills() - kills : plan.kills() / 2;
      slow(
          request,
          wanted,
          appends
              ? reference
                  .envRows("SELECT count(*) AS n FROM public.faults_follow")
                  .get(0)
                  .path("n")
                  .asInt()
              : plan.rate() * plan.seconds());
      long id = begun(ingest, "/admin/rebuilds", request);
      kills += killed(ingest, id, wanted);
      JsonNode run = ended(ingest, id);
      lab.say("rebuilt %s: %s".formatted(table, run.path("counts")));
      long lose = run.path("counts").path("only_live").asLong();
      long swap =
          begun(
              ingest, "/admin/rebuilds/" + id + "/swap", JSON.createObjectNode().put("lose", lose));
      if (plan.kills() > 0) {
        ingest.kill();
        lab.say("ingest killed at the swap of " + table);
        lab.awaitReady();
      }
      runs.add(run);
      runs.add(ended(ingest, swap));
    }
    return new Mended(runs, kills);
  }

  /** A second environment on the same server. */
  private static Stores reference(Stores stage) throws Exception {
    stage.envExecute("CREATE DATABASE " + REFERENCE);
    Stores reference =
        new Stores(
            stage.dm(), stage.env().replaceFirst("/stage\\b", "/" + REFERENCE), stage.clickHouse());
    if (reference.env().equals(stage.env())) {
      throw new IOException("the database of stage has another name");
    }
    try (IngestProcess migrate =
        IngestProcess.start(Map.of("DATABASE_URL", reference.env()), "migrate")) {
      if (migrate.exitCode() != 0) {
        throw new IOException(String.join("\n", migrate.lines()));
      }
    }
    return reference;
  }

  private static String address(Map<String, String> settings) {
    return "http://127.0.0.1:" + settings.get("HTTP_PORT") + "/internal/events";
  }

  private static Map<String, String> ingest(StoresProcess storage, String stage, String reference)
      throws IOException {
    Map<String, String> settings = storage.role("ingest");
    settings.put("INGEST_TARGET_ENVS", "stage," + REFERENCE);
    settings.put("STAGE_INTERNAL_EVENTS_URL", stage);
    settings.put("REFERENCE_INTERNAL_EVENTS_URL", reference);
    settings.put("REFERENCE_DELIVERY_SECRET", settings.getOrDefault("STAGE_DELIVERY_SECRET", ""));
    settings.put("DELIVER_LEASE", "6s");
    settings.put("DELIVER_TIMEOUT", "2s");
    settings.put("OPERATIONS_LEASE", "4s");
    settings.put("DRAIN_TIMEOUT", "10s");
    return settings;
  }

  private static long wrong(List<Twins.Difference> tables) {
    return tables.stream().mapToLong(t -> t.different().size()).sum();
  }

  /** Begins it, so slowly that it lasts for all the kills. */
  private long begun(Instance ingest, Instant from) throws Exception {
    ObjectNode request =
        JSON.createObjectNode().put("target", "stage").put("from", from.toString());
    request.putArray("types").add("kick.*");
    slow(request, plan.kills(), plan.rate() * plan.seconds());
    return begun(ingest, "/admin/replays", request);
  }

  private static void slow(ObjectNode request, int kills, int events) {
    if (kills > 0) {
      request.put("rate", Math.max(1, events / (kills * SECONDS_FOR_A_KILL + 5)));
    }
  }

  private static long begun(Instance ingest, String path, ObjectNode request) throws Exception {
    HttpResponse<String> answer = ingest.manage("POST", path, request.toString());
    if (answer.statusCode() != 200) {
      throw new IOException(path + " is not begun: " + answer.body());
    }
    return JSON.readTree(answer.body()).path("operation").asLong();
  }

  /** Kills it whenever it has come some way since the last time; returns how often. */
  private int killed(Instance ingest, long id, int wanted) throws Exception {
    long last = 0;
    int kills = 0;
    while (goOn && kills < wanted) {
      JsonNode run = operation(ingest, id);
      if (!run.path("ended_at").isNull() && !run.isMissingNode()) {
        break;
      }
      if (run.path("done").asLong() > last) {
        last = run.path("done").asLong();
        ingest.kill();
        kills++;
        lab.say("%d/%d  ingest killed after %,d events".formatted(kills, wanted, last));
        lab.awaitReady();
      }
      Thread.sleep(LOOK.toMillis());
    }
    return kills;
  }

  private static JsonNode ended(Instance ingest, long id) throws Exception {
    Instant until = Instant.now().plus(PATIENCE);
    while (Instant.now().isBefore(until)) {
      JsonNode run = operation(ingest, id);
      if (run.path("ended_at").isTextual()) {
        return run;
      }
      Thread.sleep(LOOK.toMillis());
    }
    throw new IOException("operation %d has not ended within %s".formatted(id, PATIENCE));
  }

  /** Missing while nobody answers. */
  private static JsonNode operation(Instance ingest, long id) throws InterruptedException {
    try {
      return JSON.readTree(ingest.manage("GET", "/admin/operations/" + id, "").body());
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  private static boolean taken(JsonNode run) {
    boolean swap = run.path("request").path("step").asText().equals("swap");
    return run.path("state").asText().equals("done")
        && (swap || run.path("done").asLong() > 0)
        && run.path("counts").path("applied").asLong() == run.path("done").asLong();
  }
}
