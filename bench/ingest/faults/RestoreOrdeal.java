package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.load.Ahead;
import ingest.load.Answer;
import ingest.load.CallLoad;
import ingest.run.EndedProcess;
import ingest.run.Stores;
import ingest.run.StoresProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * One run of restores, each after real traffic: an environment's database is put back to what it
 * was, the archive is lost whole, {@code dm} is put back while everybody else is ahead of it. Each
 * ends when the balance holds again, by the commands that an operator has.
 */
public final class RestoreOrdeal {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CONNECTIONS = 16;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration MEND = Duration.ofMinutes(5);
  private static final List<String> TARGETS = List.of("stage", "clickhouse");

  /** What is written by the clock of whoever writes it, and not by the event. */
  private static final String PROJECTED =
      "SELECT '%1$s' || ' ' || (CAST(to_jsonb(t) - 'updated_at' AS text)) AS row FROM public.%1$s t ORDER BY 1";

  private static final List<String> TABLES =
      List.of("kyc_status", "email_delivery", "channel_snapshot");

  private final Duration span;
  private final int rate;
  private final Lab lab;
  private final CallSigner signer = new CallSigner();
  private final Senders senders;
  private final FaultReport report;
  private final Map<String, Map<String, String>> settings = new LinkedHashMap<>();
  private volatile boolean goOn = true;

  /**
   * A run.
   *
   * @param span how long calls come before and after each point in time
   * @param rate of them a second
   * @param seed of what is sent
   * @param keep whether the folder with the stores and the logs is left when every rule held, too
   * @param out one line for each step
   */
  public RestoreOrdeal(Duration span, int rate, long seed, boolean keep, PrintWriter out) {
    this.span = span;
    this.rate = rate;
    this.lab = new Lab(keep, Lab.timed(out));
    this.senders = new Senders(signer, new Random(seed).nextLong());
    this.report = new FaultReport(seed);
  }

  /** Begins no further part: what was done so far is told. */
  public void stop() {
    goOn = false;
  }

  /** Does it all. Where it fails or a rule is broken, the folder is left in any case. */
  public FaultReport run() throws Exception {
    return lab.run("faults-", this::run);
  }

  private FaultReport run(Path folder) throws Exception {
    lab.say("starting the stores, and a process of each role");
    Archive archive = lab.opened(new Archive(folder.resolve("clickhouse")));
    StoresProcess storage =
        lab.opened(
            StoresProcess.start(folder.resolve("data"), Map.of("CLICKHOUSE_URL", archive.url())));
    Stores stores = storage.stores();
    stores.schedule("next_probe_at = now() + interval '1 day'"); // nothing but calls
    for (String role : List.of("webhooks", "env", "ingest")) {
      Map<String, String> own = storage.role(role);
      own.put("DELIVER_LEASE", "6s");
      own.put("DELIVER_TIMEOUT", "2s");
      settings.put(role, own);
    }
    port("webhooks").putAll(signer.settings());
    port("ingest")
        .put(
            "STAGE_INTERNAL_EVENTS_URL",
            "http://127.0.0.1:%s/internal/events".formatted(port("env").get("HTTP_PORT")));
    start(folder, "webhooks", "env", "ingest");
    Databases databases = new Databases(stores.dm());
    try (Ahead<Genuine> calls = new Ahead<>(senders::next)) {
      Traffic traffic = new Traffic(calls);
      traffic.come();
      if (goOn) {
        environment(folder, traffic, databases, stores);
      }
      if (goOn) {
        archive(folder, traffic, archive, stores);
      }
      if (goOn) {
        dm(folder, traffic, databases, stores);
      }
      traffic.come();
      drained();
      lab.say("checking every call");
      report.checks(new Ledger(senders.facts(), stores, "no call is forged here").check());
      if (goOn) {
        beyond(folder, traffic, databases, stores, archive);
      }
    }
    report.check("no process ended by itself", lab.instances().size(), lab.unasked());
    return report;
  }

  /** Everything that comes after the point is delivered once more. */
  private void environment(Path folder, Traffic traffic, Databases databases, Stores stores)
      throws Exception {
    String part = "an environment restored to T";
    String name = Databases.name(stores.env());
    drained();
    lab.say(part + ": T");
    end("env");
    databases.copy(name, "env_at_t");
    start(folder, "env");
    traffic.come();
    drained();
    List<String> before = projected(stores);
    lab.say(part + ": it is lost, and restored");
    end("env");
    databases.restore(name, "env_at_t");
    start(folder, "env");
    Set<Instant> hours = hours(stores);
    long seen = wrong(hours).getOrDefault("lost-in-consumer", 0L);
    report.figure(part, "events that the balance misses", seen);
    report.check(
        part + ": the balance sees it", 1, seen > 0 ? List.of() : List.of("nothing is missed"));
    mended(part, stores);
    balanced(part, hours);
    List<String> after = projected(stores);
    List<String> differ = new ArrayList<>(after);
    differ.removeAll(new HashSet<>(before));
    before.removeAll(new HashSet<>(after));
    differ.addAll(before);
    report.check(part + ": projected rows are as before", after.size(), differ);
  }

  /** All that the outbox still has is sent once more. */
  private void archive(Path folder, Traffic traffic, Archive archive, Stores stores)
      throws Exception {
    String part = "the archive lost";
    traffic.come();
    drained();
    long events = stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
    long rejected =
        Long.parseLong(
            stores.clickHouse("SELECT count() FROM vf.webhook_inbox WHERE NOT verified").strip());
    lab.say(part + ": an empty one in its place");
    archive.stop();
    Lab.delete(folder.resolve("clickhouse"));
    archive.restore();
    EndedProcess migrated =
        EndedProcess.of(Map.of("CLICKHOUSE_URL", archive.url()), folder, "migrate");
    report.check(
        part + ": migrated", 1, migrated.code() == 0 ? List.of() : List.of(migrated.output()));
    Set<Instant> hours = hours(stores);
    long seen = wrong(hours).getOrDefault("lost-in-archive", 0L);
    report.figure(part, "events that the balance misses", seen);
    report.check(
        part + ": the balance sees all of it",
        events,
        seen == events ? List.of() : List.of("%d of %d".formatted(seen, events)));
    mended(part, stores);
    balanced(part, hours);
    report.figure(part, "beyond repair: rejected calls", rejected);
  }

  /** What the archive has and the outbox does not know is accepted again. */
  private void dm(Path folder, Traffic traffic, Databases databases, Stores stores)
      throws Exception {
    String part = "dm restored to T";
    String name = Databases.name(stores.dm());
    drained();
    lab.say(part + ": T");
    end("webhooks", "ingest");
    databases.copy(name, "dm_at_t");
    start(folder, "webhooks", "ingest");
    traffic.come();
    drained();
    Set<Instant> hours = hours(stores);
    long events = stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
    String state = state(stores);
    lab.say(part + ": it is lost, and restored; the others are ahead");
    end("webhooks", "ingest");
    databases.restore(name, "dm_at_t");
    start(folder, "webhooks", "ingest");
    long lost = events - stores.dmNumber("SELECT count(*) FROM ingest.ingest_outbox");
    long seen = wrong(hours).getOrDefault("not-accounted", 0L);
    report.figure(part, "events that it lost", lost);
    report.check(
        part + ": the balance sees it",
        lost,
        seen >= lost ? List.of() : List.of("%d of %d".formatted(seen, lost)));
    mended(part, stores);
    balanced(part, hours);
    String after = state(stores);
    report.check(
        part + ": channels, sessions and follows are as before",
        1,
        after.equals(state) ? List.of() : List.of(state + " before, " + after + " after"));
  }

  /** What neither the archive nor the outbox has cannot be had again, and is named. */
  private void beyond(
      Path folder, Traffic traffic, Databases databases, Stores stores, Archive archive)
      throws Exception {
    String part = "dm restored to T, the archive away since";
    String name = Databases.name(stores.dm());
    end("webhooks", "ingest");
    databases.copy(name, "dm_at_t");
    archive.stop();
    start(folder, "webhooks", "ingest");
    lab.say(part + ": calls come that only the environment gets");
    traffic.come();
    drained("stage");
    Set<Instant> hours = hours(stores);
    lab.say(part + ": it is lost, and restored");
    end("webhooks", "ingest");
    databases.restore(name, "dm_at_t");
    archive.restore();
    start(folder, "webhooks", "ingest");
    Set<String> gone = new HashSet<>();
    stores
        .envRows("SELECT CAST(event_id AS text) AS id FROM public.processed_events")
        .forEach(row -> gone.add(row.path("id").asText()));
    stores
        .dmRows("SELECT CAST(id AS text) AS id FROM ingest.event_key")
        .forEach(row -> gone.remove(row.path("id").asText()));
    JsonNode mend = mended(part, stores);
    long named = mend.path("beyond repair").asLong();
    report.figure(part, "events beyond repair", gone.size());
    report.check(
        part + ": the mend names what is beyond repair",
        gone.size(),
        named == gone.size() && named > 0
            ? List.of()
            : List.of("%d are, %d are named: %s".formatted(gone.size(), named, mend)));
    Map<String, Long> left = wrong(hours);
    long rest = left.values().stream().mapToLong(Long::longValue).sum();
    report.check(
        part + ": nothing else is wrong",
        1,
        rest == gone.size() ? List.of() : List.of(left.toString()));
  }

  private Map<String, String> port(String role) {
    return Objects.requireNonNull(settings.get(role));
  }

  private void start(Path folder, String... roles) throws Exception {
    for (String role : roles) {
      lab.instance(role, port(role), folder);
    }
    lab.awaitReady();
  }

  private void end(String... roles) {
    for (String role : roles) {
      lab.close(instance(role));
    }
  }

  private Instance instance(String role) {
    return lab.instances().stream().filter(i -> i.name().equals(role)).findFirst().orElseThrow();
  }

  private void drained(String... targets) throws InterruptedException {
    List<String> all = targets.length == 0 ? TARGETS : List.of(targets);
    List<String> left = Ordeal.drained(instance("ingest"), all);
    if (!left.isEmpty()) {
      throw new IllegalStateException(String.join("\n", left));
    }
  }

  /** The hours of all ids that anybody has. */
  private static Set<Instant> hours(Stores stores) throws SQLException, IOException {
    Set<Instant> hours = new TreeSet<>();
    for (JsonNode row : stores.dmRows("SELECT CAST(id AS text) AS id FROM ingest.event_key")) {
      hours.add(hour(row));
    }
    for (JsonNode row :
        stores.envRows("SELECT CAST(event_id AS text) AS id FROM public.processed_events")) {
      hours.add(hour(row));
    }
    return hours;
  }

  private static Instant hour(JsonNode row) {
    long millis = UUID.fromString(row.path("id").asText()).getMostSignificantBits() >>> 16;
    return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.HOURS);
  }

  /** How many events are wrong, by kind. */
  private Map<String, Long> wrong(Set<Instant> hours) throws IOException, InterruptedException {
    Map<String, Long> wrong = new LinkedHashMap<>();
    for (Instant hour : hours) {
      JsonNode look =
          post("/admin/balance/look", JSON.createObjectNode().put("hour", hour.toString()));
      for (JsonNode mismatch : look.path("mismatches")) {
        wrong.merge(mismatch.path("kind").asText(), mismatch.path("events").asLong(), Long::sum);
      }
      look.path("unasked").forEach(store -> wrong.merge("unasked: " + store, 1L, Long::sum));
    }
    return wrong;
  }

  /** Mends and waits until everything has arrived; what the operation counted. */
  private JsonNode mended(String part, Stores stores)
      throws IOException, InterruptedException, SQLException {
    lab.say(part + ": mending");
    Instant from = new TreeSet<>(hours(stores)).first();
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("who", "drill").put("why", part).put("from", from.toString());
    long id = post("/admin/balance/mend", request).path("operation").asLong();
    Instant until = Instant.now().plus(MEND);
    while (Instant.now().isBefore(until)) {
      JsonNode operation =
          JSON.readTree(instance("ingest").manage("GET", "/admin/operations/" + id, "").body());
      if (!operation.path("ended_at").isNull()) {
        report.check(
            part + ": the mend is done",
            operation.path("done").asLong(),
            operation.path("state").asText().equals("done")
                ? List.of()
                : List.of(operation.toString()));
        drained();
        return operation.path("counts");
      }
      Thread.sleep(500);
    }
    throw new IllegalStateException("operation " + id + " does not end");
  }

  private void balanced(String part, Set<Instant> hours) throws IOException, InterruptedException {
    Map<String, Long> wrong = wrong(hours);
    report.check(
        part + ": balanced", hours.size(), wrong.isEmpty() ? List.of() : List.of(wrong.toString()));
  }

  private JsonNode post(String path, ObjectNode body) throws IOException, InterruptedException {
    HttpResponse<String> answer = instance("ingest").manage("POST", path, body.toString());
    if (answer.statusCode() != 200) {
      throw new IOException(path + ": " + answer.statusCode() + " " + answer.body());
    }
    return JSON.readTree(answer.body());
  }

  private static List<String> projected(Stores stores) throws SQLException, IOException {
    List<String> rows = new ArrayList<>();
    for (String table : TABLES) {
      stores.envRows(PROJECTED.formatted(table)).forEach(row -> rows.add(row.path("row").asText()));
    }
    return rows;
  }

  /** What events have made of dm, without the numbers that it gives itself. */
  private static String state(Stores stores) throws SQLException, IOException {
    return stores
        .dmRows(
            """
            SELECT (SELECT count(*) FROM dm.streamer_channel) AS channels,
              (SELECT md5(string_agg(c.platform_user_id || ' ' || s.started_at || ' ' || coalesce(CAST(s.ended_at AS text), ''),
                                     ',' ORDER BY c.platform_user_id, s.started_at))
               FROM dm.stream_session s JOIN dm.streamer_channel c ON c.id = s.channel_id) AS sessions,
              (SELECT count(*) FROM dm.kick_follow_event) AS follows""")
        .get(0)
        .toString();
  }

  /** Calls of senders, who send again what is not answered 2xx. */
  private final class Traffic {
    private final Ahead<Genuine> calls;

    Traffic(Ahead<Genuine> calls) {
      this.calls = calls;
    }

    void come() throws IOException {
      calls.renew();
      CallLoad<Genuine> load =
          new CallLoad<>(
              Integer.parseInt(port("webhooks").getOrDefault("HTTP_PORT", "")),
              CONNECTIONS,
              PATIENCE,
              this::ended);
      load.run(calls, rate, span);
      List<Genuine> late = senders.late();
      while (!late.isEmpty()) {
        load.run(late.iterator(), late.size());
        late = senders.late();
      }
    }

    private void ended(Genuine call, Answer answer) {
      senders.ended(call, answer);
    }
  }
}
