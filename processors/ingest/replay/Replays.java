package ingest.replay;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.Target;
import ingest.envelope.EventTypes;
import ingest.operation.Actor;
import ingest.operation.Operations;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Begins replays; every way in comes through here. */
public final class Replays {
  private static final Logger LOG = LoggerFactory.getLogger(Replays.class);

  /** The kind of operation, and the route that does it. */
  static final String KIND = "replay";

  /** How long an event is on its way to the archive without being worth a word. */
  private static final Duration USUAL = Duration.ofSeconds(10);

  private final Operations operations;
  private final @Nullable RawEvents archive;
  private final LiveTraffic live;
  private final EventTypes types;
  private final List<Target> targets;
  private final List<String> guarded;
  private final Clock clock;

  /**
   * What a replay needs to be begun.
   *
   * @param archive null where there is none
   * @param targets those that are configured here
   * @param guarded names of targets that are replayed into with {@code yes_production} alone
   */
  public Replays(
      Operations operations,
      @Nullable RawEvents archive,
      LiveTraffic live,
      EventTypes types,
      List<Target> targets,
      List<String> guarded,
      Clock clock) {
    this.operations = operations;
    this.archive = archive;
    this.live = live;
    this.types = types;
    this.targets = environments(targets);
    this.guarded = List.copyOf(guarded);
    this.clock = clock;
  }

  /** Those that events can be sent to again. */
  static List<Target> environments(List<Target> targets) {
    return targets.stream().filter(t -> t.kind().equals(Target.HTTP)).toList();
  }

  /**
   * Begins one: the number of its operation, how many events there are nearly, of which types, and
   * what whoever asked should know.
   *
   * @throws ReplayRefused when it is not begun
   */
  public ObjectNode begin(JsonNode asked, Actor actor) throws SQLException, InterruptedException {
    ReplayRequest request = ReplayRequest.asked(asked, clock);
    Integer rate = ReplayRequest.rate(asked);
    Target target = target(request);
    RawEvents events = archive;
    if (events == null) {
      throw new ReplayRefused(409, "this process runs without ClickHouse, where the history is");
    }
    boolean sends = !request.dryRun();
    if (sends && guarded.contains(target.name()) && !ReplayRequest.yesProduction(asked)) {
      throw new ReplayRefused(
          409,
          "%s is guarded: say yes_production (--yes-production) to replay into it"
              .formatted(target.name()));
    }
    List<String> taken = taken(request, target);
    ArrayNode told = JsonNodeFactory.instance.arrayNode();
    Instant since = live.unarchivedSince();
    if (since != null && since.isBefore(request.to().minus(USUAL))) {
      told.add(
          "ClickHouse has not received all that was accepted since %s: %s"
              .formatted(
                  since.truncatedTo(ChronoUnit.SECONDS),
                  sends ? "the replay waits for it" : "what is missing is not counted"));
    }
    long total = count(events, request.window(taken));
    long id = operations.begin(KIND, request.json(), total, rate, actor);
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    answer.put("operation", id).put("target", target.name()).put("total", total);
    taken.forEach(answer.putArray("types")::add);
    answer.set("told", told);
    return answer;
  }

  private Target target(ReplayRequest request) {
    return targets.stream()
        .filter(t -> t.name().equals(request.target()))
        .findFirst()
        .orElseThrow(
            () ->
                new ReplayRefused(
                    404,
                    "no target %s to replay into; there are: %s"
                        .formatted(
                            request.target(),
                            targets.stream().map(Target::name).collect(Collectors.joining(", ")))));
  }

  private List<String> taken(ReplayRequest request, Target target) {
    for (String asked : request.types()) {
      if (types.all().stream().noneMatch(t -> Taken.fits(t.type(), List.of(asked)))) {
        throw new ReplayRefused(400, "no type is registered that is " + asked);
      }
      if (new Taken(types, target).types(List.of(asked)).isEmpty()) {
        throw new ReplayRefused(
            400, "%s takes nothing that is %s, and is not sent it".formatted(target.name(), asked));
      }
    }
    return new Taken(types, target).types(request.types());
  }

  private static long count(RawEvents events, RawEvents.Window window) throws InterruptedException {
    try {
      return events.count(window);
    } catch (IOException e) {
      LOG.warn("replay: {}", e.getMessage());
      throw new ReplayRefused(503, "the archive is away or busy");
    }
  }
}
