package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.run.IngestProcess;
import ingest.run.Stores;
import ingest.run.StoresProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One run against the export of chat: two processes of role {@code ingest} export all the time, one
 * of them is killed between two of its steps, again and again, first into S3 and then into a
 * folder; then ClickHouse is away for two hours of the dm database's clock. At the end all objects
 * together are held against the table. Whatever it started it ends.
 */
public final class ChatExportOrdeal {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LAG = Duration.ofHours(1);
  private static final String WATERMARK =
      "SELECT (extract(epoch FROM last_exported_at) * 1000)::bigint FROM dm.chat_export_watermark";
  private static final String FAILURES =
      "SELECT count(*) FROM dm.chat_archive_log WHERE NOT success";
  private static final int PART_ROWS = 700;
  private static final int BURST = 3000;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int AWAY_HOURS = 2;
  private static final int EMITTED = 400;

  /** Steps of a run that a process takes between two requests, by the request that they precede. */
  private enum Step {
    CLOCK("look at the clock"),
    OLDEST("look for the oldest chat"),
    GROUPS("list channels, the run planned"),
    ROWS("read rows"),
    PUT("put an object");

    private final String told;

    Step(String told) {
      this.told = told;
    }

    static @Nullable Step of(String request) {
      if (request.startsWith("PUT ")) {
        return PUT;
      }
      if (request.contains("toUnixTimestamp%28now")) {
        return CLOCK;
      }
      if (!request.contains("kick_chat_message_log") || request.contains("INSERT")) {
        return null;
      }
      return request.contains("min%28created_at")
          ? OLDEST
          : request.contains("DISTINCT") ? GROUPS : ROWS;
    }
  }

  /** Most kills are where objects are written; the folder has no PUT, which stands last. */
  private static final List<Step> STEPS =
      List.of(
          Step.CLOCK,
          Step.OLDEST,
          Step.GROUPS,
          Step.GROUPS,
          Step.GROUPS,
          Step.ROWS,
          Step.ROWS,
          Step.ROWS,
          Step.PUT,
          Step.PUT,
          Step.PUT,
          Step.PUT);

  private static final int REQUESTS = 8;

  /** A statement in dm is between two requests, too: the kill comes so much later at most. */
  private static final int DELAY_MILLIS = 40;

  /** Where the next kill is. */
  private static final class Mark {
    private final Step step;
    private final boolean answered;
    private final int delay;
    private final AtomicInteger left;
    private final CountDownLatch hit = new CountDownLatch(1);

    Mark(Step step, boolean answered, int delay, int nth) {
      this.delay = delay;
      this.step = step;
      this.answered = answered;
      this.left = new AtomicInteger(nth);
    }
  }

  private final int kills;
  private final Lab lab;
  private final Random random;
  private final FaultReport report;
  private final AtomicReference<@Nullable Mark> mark = new AtomicReference<>();
  private final Map<String, String> stored = new ConcurrentHashMap<>();
  private final AtomicInteger storedAgain = new AtomicInteger();
  private final ConcurrentLinkedQueue<String> differing = new ConcurrentLinkedQueue<>();
  private final Map<Step, Integer> done = new EnumMap<>(Step.class);
  private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
  private volatile boolean goOn = true;
  private int killed;

  /**
   * A run.
   *
   * @param kills half of them into S3, half into the folder
   * @param seed of what is inserted and where is killed; the machine's own pace is not repeated
   */
  public ChatExportOrdeal(int kills, long seed, boolean keep, PrintWriter out) {
    this.kills = kills;
    this.lab = new Lab(keep, Lab.lines(out));
    this.random = new Random(seed);
    this.report = new FaultReport(seed);
  }

  /** Kills no more; what was done so far is checked. */
  public void stop() {
    goOn = false;
  }

  /** Does it all. Where it fails or a rule is broken, the folder is left in any case. */
  public FaultReport run() throws Exception {
    return lab.run(
        "faults-",
        folder -> {
          try {
            return run(folder);
          } finally {
            later.shutdownNow();
          }
        });
  }

  private FaultReport run(Path folder) throws Exception {
    lab.say("starting the stores, S3Mock and two processes of role ingest");
    Archive archive = lab.opened(new Archive(folder.resolve("clickhouse")));
    StoresProcess storage =
        lab.opened(
            StoresProcess.start(folder.resolve("data"), Map.of("CLICKHOUSE_URL", archive.url())));
    Stores stores = storage.stores();
    S3Mock s3 = lab.opened(new S3Mock(folder.resolve("s3")));
    ChatFeed feed = new ChatFeed(archive.url(), random.nextLong());
    Path exported = folder.resolve("exported");

    feed.round(BURST);
    List<Map<String, String>> settings = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      settings.add(settings(storage, exported, archive, s3, i));
    }
    start(settings, "s3", folder);
    kill(kills / 2, feed, false);
    caughtUp(stores, feed, Instant.now().minus(LAG).plusSeconds(9));
    quiet(stores);
    start(settings, "folder", folder);
    kill(kills - kills / 2, feed, true);
    caughtUp(stores, feed, Instant.now().minus(LAG).plusSeconds(9));
    away(archive, stores, settings, folder);
    report.check("drained", 1, Ordeal.drained(lab.instances().get(0), List.of("clickhouse")));
    caughtUp(stores, feed, Instant.now());
    quiet(stores);

    lab.say("checking");
    SortedMap<String, List<String>> objects = s3.objects();
    objects.putAll(files(exported.resolve("chat-export")));
    check(objects, stores);
    return report;
  }

  /** What is planned is exported where it was begun. */
  private void quiet(Stores stores) throws Exception {
    for (Instance instance : lab.instances()) {
      instance.manage("POST", "/admin/pollers/chat-export/pause", "{}");
    }
    while (stores.dmNumber("SELECT count(*) FROM dm.chat_export_run") > 0) {
      lab.instances().get(0).manage("POST", "/admin/pollers/chat-export/run", "{}");
    }
    lab.instances().get(0).manage("POST", "/admin/pollers/chat-export/resume", "{}");
  }

  private Map<String, String> settings(
      StoresProcess storage, Path exported, Archive archive, S3Mock s3, int number)
      throws IOException {
    Map<String, String> settings = WebhookOrdeal.role(storage, "ingest");
    Gate.Guard guard = guard(number);
    settings.put(
        "CLICKHOUSE_URL",
        lab.opened(new Gate(IngestProcess.freePort(), archive.url(), guard)).url());
    settings.put(
        "EXPORT_CHAT_ENDPOINT",
        lab.opened(new Gate(IngestProcess.freePort(), s3.url(), guard)).url());
    settings.put("DATA_DIR", exported.toString());
    settings.put("POLL_KICK_VIEWERS_ENABLED", "false");
    settings.put("POLL_CHAT_EXPORT_CRON", "* * * * * ?");
    settings.put("EXPORT_CHAT_BUCKET", S3Mock.BUCKET);
    settings.put("EXPORT_CHAT_REGION", "us-east-1");
    settings.put("EXPORT_CHAT_ACCESS_KEY", "writes");
    settings.put("EXPORT_CHAT_SECRET_KEY", "writes");
    settings.put("EXPORT_CHAT_PART_ROWS", Integer.toString(PART_ROWS));
    settings.put("EXPORT_CHAT_LEASE_SECONDS", "3");
    settings.put("EXPORT_CHAT_SETTLE", "1s");
    return settings;
  }

  private void start(List<Map<String, String>> settings, String to, Path folder)
      throws IOException, InterruptedException {
    lab.closeInstances();
    for (int i = 0; i < settings.size(); i++) {
      Map<String, String> mine = new HashMap<>(settings.get(i));
      mine.put("EXPORT_CHAT_TO", to);
      mine.put("HTTP_PORT", Integer.toString(IngestProcess.freePort()));
      mine.put("MANAGEMENT_PORT", Integer.toString(IngestProcess.freePort()));
      lab.instance("ingest-" + i, mine, folder);
    }
    lab.awaitReady();
  }

  private Gate.Guard guard(int number) {
    return new Gate.Guard() {
      @Override
      public void before(String request) {
        pass(request, false);
      }

      @Override
      public void after(String request, HttpResponse<byte[]> answer) {
        if (request.startsWith("PUT ") && answer.statusCode() == 200) {
          remember(request, answer.headers().firstValue("etag").orElse(""));
        }
        pass(request, true);
      }

      private void pass(String request, boolean answered) {
        Mark next = mark.get();
        if (next != null
            && next.answered == answered
            && next.step == Step.of(request)
            && next.left.decrementAndGet() == 0) {
          ScheduledFuture<?> unused =
              later.schedule(
                  () -> {
                    lab.instances().get(number).kill();
                    next.hit.countDown();
                  },
                  next.delay,
                  TimeUnit.MILLISECONDS);
          if (next.delay == 0) {
            awaitKill(next);
          }
        }
      }
    };
  }

  /** The request stays where it is until then. */
  private static void awaitKill(Mark mark) {
    try {
      mark.hit.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What S3 says of the bytes that it has of an object. */
  private void remember(String request, String tag) {
    String before = stored.put(request, tag);
    if (before != null) {
      storedAgain.incrementAndGet();
      if (!before.equals(tag)) {
        differing.add(request);
      }
    }
  }

  private void kill(int number, ChatFeed feed, boolean files) throws Exception {
    for (int i = 0; i < number && goOn; i++) {
      lab.awaitReady();
      Step step = STEPS.get(random.nextInt(files ? REQUESTS : STEPS.size()));
      boolean answered = random.nextBoolean();
      int most = step == Step.ROWS || step == Step.PUT ? 12 : 2;
      int delay = answered && random.nextBoolean() ? 1 + random.nextInt(DELAY_MILLIS) : 0;
      Mark next = new Mark(step, answered, delay, 1 + random.nextInt(most));
      mark.set(next);
      long until = System.nanoTime() + PATIENCE.toNanos();
      do {
        feed.round(random.nextInt(3) == 0 ? BURST : 0);
      } while (!next.hit.await(2, TimeUnit.SECONDS) && System.nanoTime() < until && goOn);
      mark.set(null);
      if (next.hit.getCount() == 0) {
        killed++;
        done.merge(step, 1, Integer::sum);
        lab.say(
            "%d/%d  SIGKILL %s it was answered: %s"
                .formatted(
                    killed,
                    kills,
                    delay > 0 ? delay + " ms after" : answered ? "when" : "before",
                    step.told));
      }
    }
  }

  /** Returns when everything that was created before {@code until} is exported. */
  private void caughtUp(Stores stores, ChatFeed feed, Instant until) throws Exception {
    lab.say("%,d rows inserted; waiting until they are exported".formatted(feed.rows()));
    lab.awaitReady();
    String wanted =
        "SELECT count(*) FROM dm.chat_export_watermark WHERE inserted_until > '%s' AND last_exported_at > '%s'"
            .formatted(Instant.now().plusSeconds(1), until);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (stores.dmNumber(wanted) == 0) {
      if (System.nanoTime() > end) {
        throw new IOException(
            "not exported: "
                + stores.dmRows("SELECT * FROM dm.chat_archive_log ORDER BY id DESC LIMIT 3"));
      }
      Thread.sleep(200);
    }
  }

  /** Lines are accepted while ClickHouse is away for two hours of dm's clock. */
  private void away(Archive archive, Stores stores, List<Map<String, String>> settings, Path folder)
      throws Exception {
    lab.say("ClickHouse is stopped for %d hours of dm's clock".formatted(AWAY_HOURS));
    archive.stop();
    JsonNode channel =
        stores
            .dmRows(
                "SELECT external_id, platform_user_id FROM dm.streamer_channel WHERE platform = 'kick' LIMIT 1")
            .get(0);
    StringBuilder lines = new StringBuilder();
    Instant first = Instant.now().minusSeconds(60);
    for (int i = 0; i < EMITTED; i++) {
      lines.append(line(channel, i, first.plusMillis(i / 100))).append('\n');
    }
    HttpResponse<String> accepted =
        lab.instances().get(0).manage("POST", "/admin/emit", lines.toString());
    if (JSON.readTree(accepted.body()).path("new").asInt() != EMITTED) {
      throw new IOException(accepted.body());
    }
    long watermark = stores.dmNumber(WATERMARK);
    long failures = stores.dmNumber(FAILURES);
    for (Map<String, String> each : settings) {
      each.merge(
          "DM_DATABASE_URL",
          "options=-c%%20ingest.clock_offset%%3D%dh".formatted(AWAY_HOURS),
          (url, clock) -> url + (url.contains("?") ? "&" : "?") + clock);
    }
    start(settings, "folder", folder);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (stores.dmNumber(FAILURES) == failures && System.nanoTime() < end) {
      Thread.sleep(100);
    }
    report.check(
        "ClickHouse away: the ledger says so",
        1,
        stores.dmNumber(FAILURES) > failures ? List.of() : List.of("no run is told as failed"));
    report.check(
        "ClickHouse away: the watermark stands",
        1,
        stores.dmNumber(WATERMARK) == watermark ? List.of() : List.of("it moved"));
    archive.restore();
  }

  private static String line(JsonNode channel, int number, Instant time) {
    ObjectNode data = JSON.createObjectNode();
    String user = channel.path("platform_user_id").textValue();
    data.put("platform", "kick")
        .put("platform_user_id", user)
        .put("message_id", "emitted-" + number)
        .put("content", "line " + number);
    data.putObject("sender").put("user_id", Integer.toString(number + 1));
    data.putArray("badges");
    data.putArray("emotes");
    return JSON.createObjectNode()
        .put("source", "kick")
        .put("type", "kick.chat.message.sent")
        .put("subject", "kick:" + user)
        .put("channelid", channel.path("external_id").textValue())
        .put("time", time.toString())
        .put("key", "emitted-" + number)
        .set("data", data)
        .toString();
  }

  private static SortedMap<String, List<String>> files(Path folder) throws IOException {
    TreeMap<String, List<String>> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file :
          all.filter(f -> f.getFileName().toString().matches("[^.].*\\.ndjson\\.gz")).toList()) {
        files.put(folder.relativize(file).toString(), S3Mock.lines(Files.readAllBytes(file)));
      }
    }
    return files;
  }

  private void check(SortedMap<String, List<String>> objects, Stores stores) throws Exception {
    List<String> table =
        stores
            .clickHouse(
                """
                SELECT env, channel_id, created_at, event_id, channel_slug, message_id, platform_user_id, username,
                       content, emotes_json, badges_json
                FROM vf.kick_chat_message WHERE env = 'shared' FORMAT JSONEachRow
                SETTINGS date_time_output_format = 'iso', output_format_json_quote_64bit_integers = 0,
                         output_format_json_escape_forward_slashes = 0""")
            .lines()
            .toList();
    Map<String, Integer> left = new HashMap<>();
    table.forEach(row -> left.merge(row, 1, Integer::sum));
    List<String> unknown = new ArrayList<>();
    List<String> misplaced = new ArrayList<>();
    List<String> unordered = new ArrayList<>();
    long lines = 0;
    for (Map.Entry<String, List<String>> object : objects.entrySet()) {
      String before = "";
      for (String line : object.getValue()) {
        lines++;
        if (left.merge(line, -1, Integer::sum) < 0) {
          unknown.add(object.getKey() + ": once too often, or not in the table: " + line);
        }
        JsonNode row = JSON.readTree(line);
        String at = row.path("created_at").textValue();
        if (!object
            .getKey()
            .contains(
                "shared/%s/%d/".formatted(at.substring(0, 10), row.path("channel_id").asLong()))) {
          misplaced.add(object.getKey() + ": " + line);
        }
        String position = at + row.path("event_id").textValue();
        if (before.compareTo(position) >= 0) {
          unordered.add(object.getKey() + ": " + line);
        }
        before = position;
      }
    }
    report.check(
        "a row of the table is a line",
        table.size(),
        left.entrySet().stream().filter(e -> e.getValue() > 0).map(Map.Entry::getKey).toList());
    report.check("a line is a row of the table, once", lines, unknown);
    report.check("a line lies under its day and channel", lines, misplaced);
    report.check("lines are in order", lines, unordered);
    report.check(
        "an object put again has the same bytes", storedAgain.get(), List.copyOf(differing));
    JsonNode ledger =
        stores
            .dmRows(
                "SELECT sum(rows_exported) AS rows, sum(files_written) AS files, sum(rows_late) AS late FROM dm.chat_archive_log WHERE success")
            .get(0);
    boolean balanced =
        ledger.path("rows").asLong() == lines && ledger.path("files").asLong() == objects.size();
    report.check(
        "the ledger says as many lines and objects",
        objects.size(),
        balanced
            ? List.of()
            : List.of(ledger + ", and there are " + lines + " and " + objects.size()));
    report.check("no process ended by itself", lab.instances().size(), lab.unasked());
    report.figure("export", "lines", lines);
    report.figure("export", "of them late", ledger.path("late").asLong());
    report.figure("export", "objects", objects.size());
    report.figure("export", "objects put again", storedAgain.get());
    done.forEach((step, number) -> report.figure("kills", step.told, number));
    if (killed < kills) {
      report.tooLittle();
    }
  }
}
