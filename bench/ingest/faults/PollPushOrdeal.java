package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.run.IngestProcess;
import ingest.run.Stores;
import ingest.run.Upstream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Polls and webhooks tell of the same channels, and the webhooks are lost, doubled and late; then
 * the world stands still, and what is known has to become what is so. Last, without any poll, the
 * webhooks that were lost arrive after all, and have to change nothing but what they tell.
 *
 * <p>A poll counts as a minute and a half older than it is, so that it does not undo what a webhook
 * told. So where the end of a stream was lost, and the stream had begun just before, polls put it
 * right a poll's period after that time and not sooner.
 */
public final class PollPushOrdeal {
  /** How much older a poll counts. */
  private static final Duration LAG = Duration.ofSeconds(90);

  /** What a busy machine may add. */
  private static final Duration GRACE = Duration.ofMinutes(2);

  private static final Duration LOOK = Duration.ofMillis(500);
  private static final int TOLD = 10;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What is done.
   *
   * @param play how long the world moves
   * @param period of every poll
   * @param cycle the shortest in which a channel streams once
   * @param lost part of the webhooks that never arrive
   * @param twice part that arrives twice
   * @param late part that is delayed
   * @param latest the longest delay
   */
  public record Plan(
      Duration play,
      Duration period,
      Duration cycle,
      double lost,
      double twice,
      double late,
      Duration latest) {
    /** As the issue has it: one in twenty is lost. */
    public static Plan of(Duration play) {
      return new Plan(
          play,
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          0.05,
          0.1,
          0.3,
          Duration.ofSeconds(15));
    }
  }

  private final Plan plan;
  private final long seed;
  private final boolean keep;
  private final PrintWriter out;
  private volatile boolean stopped;

  /** A run. */
  public PollPushOrdeal(Plan plan, long seed, boolean keep, PrintWriter out) {
    this.plan = plan;
    this.seed = seed;
    this.keep = keep;
    this.out = out;
  }

  /** Ends the play early; what happened is checked. */
  void stop() {
    stopped = true;
  }

  /** What came of it; {@code holds} says whether everything became so. */
  public ObjectNode run() throws Exception {
    Path folder = Files.createTempDirectory("poll-push-");
    Instant begin = Instant.now();
    try (IngestProcess run = IngestProcess.run(settings(folder))) {
      return run(run, begin);
    } finally {
      if (keep) {
        out.println("kept " + folder);
      } else {
        Lab.delete(folder);
      }
    }
  }

  private Map<String, String> settings(Path folder) throws IOException {
    String period = Long.toString(plan.period().toSeconds());
    Map<String, String> settings = IngestProcess.settings(folder);
    settings.put("EMBEDDED_SIMULATOR_CYCLE", plan.cycle().toSeconds() + "s");
    settings.put("EMBEDDED_SIMULATOR_WEBHOOKS_PER_SECOND", "3");
    settings.put("KICK_WEBHOOK_TOLERANCE", "12h"); // what was lost is found in the end
    settings.put("POLL_KICK_VIEWERS_CRON", "* * * * * ?");
    settings.put("POLL_KICK_VIEWERS_LIVE_SECONDS", period);
    settings.put("POLL_KICK_VIEWERS_OFFLINE_SECONDS", period);
    settings.put("POLL_KICK_VIEWERS_NEVER_LIVE_SECONDS", period);
    return settings;
  }

  private ObjectNode run(IngestProcess run, Instant begin) throws Exception {
    Upstream kick = Upstream.of(run);
    Stores stores = Stores.of(run);
    kick.delivery(
        JSON.createObjectNode()
            .put("lost", plan.lost())
            .put("twice", plan.twice())
            .put("late", plan.late())
            .put("seconds", plan.latest().toSeconds())
            .put("seed", seed)
            .toString());
    Instant end = Instant.now().plus(plan.play());
    while (!stopped && Instant.now().isBefore(end)) {
      Thread.sleep(LOOK.toMillis());
    }
    kick.standStill();
    kick.delivery("{}"); // what is under way arrives; nothing more is delayed
    Instant still = Instant.now();
    Settled polled = settle(kick, stores, begin, still.plus(plan.period()));
    run.pausePollers();
    kick.findLost();
    Settled found = settle(kick, stores, begin, Instant.now());
    return report(stores, kick, polled, found, Duration.between(still, polled.at()));
  }

  /** How it stood when there was no difference any more, or there was no more time. */
  private record Settled(JsonNode truth, List<String> differences, int atFirst, Instant at) {}

  /**
   * Waits until what is known is what is so, and nothing is on its way.
   *
   * @param first when the differences are counted
   */
  private Settled settle(Upstream kick, Stores stores, Instant begin, Instant first)
      throws IOException, SQLException, InterruptedException {
    Instant latest = first.plus(LAG).plus(plan.latest()).plus(plan.period()).plus(GRACE);
    int atFirst = -1;
    while (true) {
      Thread.sleep(LOOK.toMillis());
      JsonNode truth = kick.truth(begin); // a late call may have been accepted since
      List<String> differences = differences(truth, kick, stores);
      boolean arrived = truth.path("underway").intValue() == 0;
      if (atFirst < 0 && Instant.now().isAfter(first)) {
        atFirst = differences.size();
      }
      if ((differences.isEmpty() && arrived) || Instant.now().isAfter(latest)) {
        return new Settled(
            truth,
            arrived ? differences : List.of("webhooks are on their way"),
            Math.max(0, atFirst),
            Instant.now());
      }
    }
  }

  private static List<String> differences(JsonNode truth, Upstream kick, Stores stores)
      throws IOException, SQLException, InterruptedException {
    return TruthCheck.differences(
        truth,
        kick.served(),
        stores.dmRows(
            "SELECT c.platform_user_id, s.* FROM dm.stream_session s"
                + " JOIN dm.streamer_channel c ON c.id = s.channel_id"),
        stores.dmRows(
            "SELECT platform_user_id, is_live, stream_started_at FROM dm.streamer_channel"),
        stores.envRows("SELECT * FROM public.channel_snapshot"));
  }

  private ObjectNode report(
      Stores stores, Upstream kick, Settled polled, Settled found, Duration took)
      throws IOException, SQLException, InterruptedException {
    ObjectNode report = JSON.createObjectNode();
    report.put("seed", seed).put("seconds", plan.play().toSeconds());
    JsonNode answers = kick.webhookAnswers("kick");
    report.set("webhooks", answers);
    int ended = 0;
    int startsLost = 0;
    int endsLost = 0;
    for (JsonNode channel : polled.truth().path("channels")) {
      for (JsonNode broadcast : channel.path("broadcasts")) {
        boolean over = broadcast.has("ended_at");
        ended += over ? 1 : 0;
        endsLost += over && !broadcast.path("end_told").booleanValue() ? 1 : 0;
        startsLost += broadcast.path("start_told").booleanValue() ? 0 : 1;
      }
    }
    report
        .put("sessions", stores.dmNumber("SELECT count(*) AS it FROM dm.stream_session"))
        .put("ended", ended)
        .put("ends_not_told", endsLost)
        .put("starts_not_told", startsLost)
        .put("differences_after_a_period", polled.atFirst())
        .put("settled_after_seconds", took.toSeconds())
        .put(
            "holds",
            polled.differences().isEmpty()
                && found.differences().isEmpty()
                && answers.path("lost").intValue() > 0);
    polled.differences().stream().limit(TOLD).forEach(report.putArray("differences")::add);
    found.differences().stream()
        .limit(TOLD)
        .forEach(report.putArray("differences_after_the_lost_were_found")::add);
    out.println(report.toPrettyString());
    return report;
  }
}
