package ingest.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.run.IngestProcess;
import ingest.run.Stores;
import ingest.run.StoresProcess;
import ingest.store.ClickHouse;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a replay takes, and what it does to live events: their lag with it and without it by turns,
 * its rate, and the memory of the process that does it. No race: these are figures of this machine.
 *
 * <p>An ingest and an environment in processes of their own, on stores of their own. The events to
 * be replayed are put into the archive and nowhere else, so that the environment applies each once.
 */
final class ReplayLag {
  static final String NAME = "replay";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int INSERT = 20_000;

  /** Live events: lines of a call, and calls a second. */
  private static final int LINES = 10;

  private static final int CALLS = 10;

  private static final Duration LOOK = Duration.ofMillis(500);
  private static final Duration WARM_UP = Duration.ofSeconds(20);
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private static final String LAGS =
      """
      SELECT count(*) AS events, percentile_cont(0.5) WITHIN GROUP (ORDER BY lag) AS p50,
             percentile_cont(0.95) WITHIN GROUP (ORDER BY lag) AS p95,
             percentile_cont(0.99) WITHIN GROUP (ORDER BY lag) AS p99, max(lag) AS most
      FROM (SELECT 1000 * extract(epoch FROM c.settled_at - o.created_at) AS lag
            FROM ingest.ingest_outbox o JOIN ingest.delivery_chunk c USING (day, chunk)
            WHERE c.target = 'stage' AND c.status = 1 AND (%s)) l
      """;

  private final int events;
  private final int rounds;
  private final Duration turn;
  private final PrintWriter out;
  private final Progress progress;

  /** The spans of each kind of turn, as conditions on {@code o.created_at}. */
  private final List<String> without = new ArrayList<>();

  private final List<String> with = new ArrayList<>();

  /** Events a second of each turn with the replay. */
  private final List<Double> rates = new ArrayList<>();

  private volatile boolean more = true;
  private long emitted;

  /**
   * A run.
   *
   * @param events in the archive
   * @param rounds of a turn without the replay and one with it; then it goes on to its end
   */
  ReplayLag(int events, int rounds, Duration turn, PrintWriter out, Progress progress) {
    this.events = events;
    this.rounds = rounds;
    this.turn = turn;
    this.out = out;
    this.progress = progress;
  }

  /** Prints what it finds, and returns it. */
  ObjectNode run(Lab lab, Path folder) throws Exception {
    progress.say("replay: starting the stores, an ingest and an environment");
    StoresProcess storage = lab.open(() -> StoresProcess.start(folder.resolve("stores"), Map.of()));
    Stores stores = storage.stores();
    stores.schedule("next_probe_at = now() + interval '1 day'"); // nothing but what is emitted
    Instant begin = Instant.now().minus(Duration.ofDays(2)).truncatedTo(ChronoUnit.MILLIS);
    progress.say("replay: putting %,d events into the archive".formatted(events));
    archive(stores, new Events(begin));
    Map<String, String> env = storage.role("env");
    Map<String, String> settings = storage.role("ingest");
    settings.put(
        "STAGE_INTERNAL_EVENTS_URL",
        "http://127.0.0.1:" + env.get("HTTP_PORT") + "/internal/events");
    lab.open(() -> started(env));
    IngestProcess ingest = lab.open(() -> started(settings));
    Thread live = new Thread(() -> emit(ingest), "live");
    live.setDaemon(true);
    live.start();
    try {
      return measure(ingest, stores, begin);
    } finally {
      more = false;
      live.join();
    }
  }

  private static IngestProcess started(Map<String, String> settings)
      throws IOException, InterruptedException {
    IngestProcess process = IngestProcess.startApart(settings, "run");
    process.awaitReady();
    return process;
  }

  private ObjectNode measure(IngestProcess ingest, Stores stores, Instant begin) throws Exception {
    await(WARM_UP);
    long rest = memory(ingest, "VmRSS");
    long id =
        asked(
                ingest,
                "/admin/replays",
                JSON.createObjectNode()
                    .put("target", "stage")
                    .put("from", begin.toString())
                    .put("to", begin.plus(Duration.ofDays(1)).toString()))
            .path("operation")
            .asLong();
    for (int round = 1; round <= rounds && goesOn(ingest, id); round++) {
      act(ingest, id, "cancel");
      turn(false, round);
      act(ingest, id, "resume");
      long before = done(ingest, id);
      Instant since = Instant.now();
      turn(true, round);
      tell(ingest, done(ingest, id) - before, Duration.between(since, Instant.now()));
    }
    Ended ended = ended(ingest, id);
    more = false;
    return report(ingest, stores, ended, rest);
  }

  /** Lets it be for a while, with the replay or without it. */
  private void turn(boolean replaying, int round) throws InterruptedException {
    progress.say(
        "replay: round %d of %d, %s it".formatted(round, rounds, replaying ? "with" : "without"));
    TimeUnit.SECONDS.sleep(2); // what was on its way is of neither
    Instant from = Instant.now();
    await(turn);
    (replaying ? with : without)
        .add("o.created_at >= '%s' AND o.created_at < '%s'".formatted(from, Instant.now()));
  }

  private void tell(IngestProcess ingest, long more, Duration span) throws Exception {
    JsonNode run = asked(ingest, "/admin/replays", null).path(0);
    double rate = more * 1000.0 / span.toMillis();
    rates.add(rate);
    long left = run.path("total").asLong() - run.path("done").asLong();
    progress.say(
        String.format(
            Locale.ROOT,
            "replay: %,d of %,d, %,.0f/s now, %,.0f s left; memory %,d MB",
            run.path("done").asLong(),
            run.path("total").asLong(),
            rate,
            rate == 0 ? 0 : left / rate,
            memory(ingest, "VmRSS") >> 20));
  }

  /** A replay that is over, and how many events a second it took after its turns. */
  private record Ended(JsonNode run, double rate) {}

  private ObjectNode report(IngestProcess ingest, Stores stores, Ended ended, long rest)
      throws Exception {
    JsonNode run = ended.run();
    Unbalanced.unlessEqual("events replayed", events, run.path("done").asLong());
    Unbalanced.unlessEqual("events applied", events, run.at("/counts/applied").asLong());
    long processed =
        stores
            .envRows("SELECT count(*) AS n FROM public.processed_events")
            .get(0)
            .path("n")
            .asLong();
    if (processed < events) {
      throw new Unbalanced("processed events: %d of %d".formatted(processed, events));
    }
    long most = memory(ingest, "VmHWM");
    JsonNode last = asked(ingest, "/admin/replays", null).path(0);
    ObjectNode report = JSON.createObjectNode();
    report
        .put("events", events)
        .put("rows_per_second_in_turns", Spread.of(rates).median())
        .put("rows_per_second_after", ended.rate())
        .put("memory_before", rest)
        .put("memory_at_most", most)
        .put("heap_limit", 400L << 20);
    report.set("run", last);
    out.println();
    out.printf(
        Locale.ROOT,
        "%-24s %9s %9s %9s %9s %9s%n",
        "LIVE EVENTS, LAG IN MS",
        "EVENTS",
        "P50",
        "P95",
        "P99",
        "MAX");
    ArrayNode lags = report.putArray("lags");
    for (boolean replaying : new boolean[] {false, true}) {
      lags.add(lag(stores, replaying));
    }
    out.println();
    out.printf(
        Locale.ROOT,
        "replay   %,d events, each applied once; %,.0f/s in its turns, %,.0f/s when they were over%n",
        events,
        Spread.of(rates).median(),
        ended.rate());
    out.printf(
        Locale.ROOT,
        "memory   of the ingest process: %,d MB before, %,d MB at most; its heap is limited to 400 MB%n",
        rest >> 20,
        most >> 20);
    out.flush();
    return report;
  }

  private ObjectNode lag(Stores stores, boolean replaying) throws SQLException, IOException {
    String name = replaying ? "with a replay" : "without";
    String within = String.join(" OR ", replaying ? with : without);
    ObjectNode lag = (ObjectNode) stores.dmRows(LAGS.formatted(within)).get(0);
    out.printf(
        Locale.ROOT,
        "%-24s %,9d %,9.0f %,9.0f %,9.0f %,9.0f%n",
        name,
        lag.path("events").asLong(),
        lag.path("p50").asDouble(),
        lag.path("p95").asDouble(),
        lag.path("p99").asDouble(),
        lag.path("most").asDouble());
    return lag.put("name", name);
  }

  private static Ended ended(IngestProcess ingest, long id) throws Exception {
    long before = done(ingest, id);
    Instant since = Instant.now();
    Instant progressed = since;
    long last = before;
    while (true) {
      JsonNode run = asked(ingest, "/admin/operations/" + id, null);
      if (run.path("ended_at").isTextual()) {
        long millis = Math.max(1, Duration.between(since, Instant.now()).toMillis());
        return new Ended(run, (run.path("done").asLong() - before) * 1000.0 / millis);
      }
      if (run.path("done").asLong() > last) {
        last = run.path("done").asLong();
        progressed = Instant.now();
      } else if (progressed.plus(PATIENCE).isBefore(Instant.now())) {
        throw new Unbalanced("the replay is stuck: " + run);
      }
      await(LOOK);
    }
  }

  private static long done(IngestProcess ingest, long id) throws Exception {
    return asked(ingest, "/admin/operations/" + id, null).path("done").asLong();
  }

  private static boolean goesOn(IngestProcess ingest, long id) throws Exception {
    return asked(ingest, "/admin/operations/" + id, null).path("ended_at").isNull();
  }

  /** Cancels, and waits until it has ended; or resumes. */
  private static void act(IngestProcess ingest, long id, String action) throws Exception {
    asked(ingest, "/admin/operations/" + id + "/" + action, JSON.createObjectNode());
    while (action.equals("cancel") && goesOn(ingest, id)) {
      await(LOOK);
    }
  }

  private static JsonNode asked(IngestProcess ingest, String path, @Nullable ObjectNode body)
      throws IOException, InterruptedException {
    HttpResponse<String> answer =
        ingest.manage(body == null ? "GET" : "POST", path, body == null ? "" : body.toString());
    if (answer.statusCode() != 200) {
      throw new IOException(path + " was answered " + answer.body());
    }
    return JSON.readTree(answer.body());
  }

  private static void await(Duration span) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(span.toMillis());
  }

  /** Bytes that the machine gives a process: {@code VmRSS} now, {@code VmHWM} at most so far. */
  private static long memory(IngestProcess process, String what) throws IOException {
    Matcher found =
        Pattern.compile(what + ":\\s+(\\d+) kB")
            .matcher(Files.readString(Path.of("/proc/" + process.handle().pid() + "/status")));
    return found.find() ? Long.parseLong(found.group(1)) << 10 : 0;
  }

  /** As the deliveries to it write them. */
  private void archive(Stores stores, Events source) throws IOException, InterruptedException {
    ClickHouse archive = new ClickHouse(stores.clickHouse());
    for (int first = 0; first < events; first += INSERT) {
      StringBuilder lines = new StringBuilder();
      for (Envelope event : source.events(first, Math.min(INSERT, events - first))) {
        lines.append(row(event)).append('\n');
      }
      archive.insert(
          "vf.raw_events_log", "bench " + first, lines.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  private static String row(Envelope event) throws JsonProcessingException {
    return JSON.writeValueAsString(
        JSON.createObjectNode()
            .put("event_id", event.id().toString())
            .put("source", event.source())
            .put("type", event.type())
            .put("subject", event.subject())
            .put("rev", event.rev())
            .put("time", event.time().toString())
            .put("created_at", event.time().toString())
            .put("envelope", event.toJson()));
  }

  /** Live events at a steady rate, of channels that the replay has too. */
  private void emit(IngestProcess ingest) {
    try {
      while (more) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
          int channel = Events.FIRST_CHANNEL + (int) ((emitted + i) % Events.SUBJECTS);
          ObjectNode line =
              JSON.createObjectNode()
                  .put("source", "kick")
                  .put("type", Events.TYPE)
                  .put("subject", "kick:" + channel)
                  .put("time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString())
                  .put("key", "live " + (emitted + i));
          line.putObject("data")
              .put("platform", "kick")
              .put("platform_user_id", Integer.toString(channel))
              .put("viewer_count", i);
          lines.append(line).append('\n');
        }
        ingest.manage("POST", "/admin/emit", lines.toString());
        emitted += LINES;
        TimeUnit.MILLISECONDS.sleep(1000 / CALLS);
      }
    } catch (IOException e) {
      more = false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
