package ingest.rebuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.SignedCall;
import ingest.delivery.Target;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import ingest.operation.Actor;
import ingest.operation.Audit;
import ingest.operation.Operation;
import ingest.operation.Operations;
import ingest.replay.RawEvents;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What operators ask of rebuilds. A rebuild has two names: the number of the operation that fills
 * it, and the environment's own, a UUID, which is known there still when the operation is not.
 */
public final class RebuildOrders {
  private static final String KIND = "rebuild";
  private static final Pattern TABLE = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

  private final Operations operations;
  private final Audit audit;
  private final @Nullable SignedCall calls;
  private final List<Target> targets;
  private final List<String> guarded;
  private final Clock clock;

  /**
   * What takes orders.
   *
   * @param calls null where there is no archive, out of which a rebuild is filled
   * @param targets those that are configured here
   * @param guarded names of targets in which is swapped with {@code yes_production} alone
   */
  public RebuildOrders(
      Operations operations,
      Audit audit,
      @Nullable SignedCall calls,
      List<Target> targets,
      List<String> guarded,
      Clock clock) {
    this.operations = operations;
    this.audit = audit;
    this.calls = calls;
    this.targets = targets.stream().filter(t -> t.kind().equals(Target.HTTP)).toList();
    this.guarded = List.copyOf(guarded);
    this.clock = clock;
  }

  /** Begins one. The environment has its say when the operation is at it. */
  public ObjectNode begin(JsonNode asked, Actor actor) throws SQLException {
    String table = asked.path("table").asText("");
    if (!TABLE.matcher(table).matches()) {
      throw new RebuildRefused(400, "table is the name of a table, such as channel_snapshot");
    }
    Target target = target(asked.path("target").asText(""));
    calls();
    RebuildRequest request = RebuildRequest.fill(target.name(), table, from(asked));
    long id = operations.begin(KIND, request.json(), null, rate(asked), actor);
    return JsonNodeFactory.instance
        .objectNode()
        .put("operation", id)
        .put("rebuild", request.rebuild().toString())
        .put("target", target.name());
  }

  /** Begins the swap of one, as an operation of its own. */
  public ObjectNode swap(String id, JsonNode asked, Actor actor) throws SQLException {
    RebuildRequest request = found(id, asked.path("target").asText(""));
    if (guarded.contains(request.target()) && !asked.path("yes_production").asBoolean(false)) {
      throw new RebuildRefused(
          409,
          "%s is guarded: say yes_production (--yes-production) to swap there"
              .formatted(request.target()));
    }
    calls();
    RebuildRequest swap = request.swap(Math.max(0, asked.path("lose").asLong(0)));
    long operation = operations.begin(KIND, swap.json(), null, null, actor);
    return JsonNodeFactory.instance
        .objectNode()
        .put("operation", operation)
        .put("rebuild", request.rebuild().toString())
        .put("target", request.target());
  }

  /** Drops the shadow tables of one; what the environment says of it then. */
  public JsonNode drop(String id, JsonNode asked, Actor actor)
      throws SQLException, IOException, InterruptedException {
    RebuildRequest request = found(id, asked.path("target").asText(""));
    audit.record(actor, "rebuild.drop", request.json());
    return asked(() -> environment(request.target()).drop(request.rebuild()));
  }

  /** The latest rebuilds of an environment, as it tells them. */
  public JsonNode list(String target) throws IOException, InterruptedException {
    return asked(() -> environment(target).list());
  }

  /** A page of a difference; {@code table}: empty for the first. */
  public JsonNode difference(
      String id, String target, String table, @Nullable JsonNode after, int keys, int rows)
      throws SQLException, IOException, InterruptedException {
    RebuildRequest request = found(id, target);
    return asked(
        () ->
            environment(request.target()).difference(request.rebuild(), table, after, keys, rows));
  }

  private RebuildRequest found(String id, String target) throws SQLException {
    if (id.matches("\\d{1,18}")) {
      Operation operation =
          operations
              .find(Long.parseLong(id))
              .filter(o -> o.kind().equals(KIND))
              .orElseThrow(() -> new RebuildRefused(404, "operation " + id + " is no rebuild"));
      return RebuildRequest.of(operation.request());
    }
    try {
      return new RebuildRequest(
          RebuildRequest.Step.fill, target(target).name(), UUID.fromString(id), "", null, 0);
    } catch (IllegalArgumentException e) {
      throw new RebuildRefused(
          400, "a rebuild is named by the number of its operation, or by its UUID and a target");
    }
  }

  private Target target(String name) {
    return targets.stream()
        .filter(t -> t.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new RebuildRefused(
                    404,
                    "no target %s to rebuild in; there are: %s"
                        .formatted(
                            name,
                            targets.stream().map(Target::name).collect(Collectors.joining(", ")))));
  }

  private SignedCall calls() {
    if (calls == null) {
      throw new RebuildRefused(409, "this process runs without ClickHouse, where the history is");
    }
    return calls;
  }

  private Environment environment(String target) {
    return new Environment(calls(), target(target));
  }

  private interface Asking {
    JsonNode ask() throws IOException, SignedCall.Refused, InterruptedException;
  }

  private static JsonNode asked(Asking asking) throws IOException, InterruptedException {
    try {
      return asking.ask();
    } catch (SignedCall.Refused e) {
      throw new RebuildRefused(e.status() == 404 ? 404 : 409, String.valueOf(e.getMessage()));
    }
  }

  private @Nullable Instant from(JsonNode asked) {
    if (asked.path("from").asText("").isEmpty()) {
      return null;
    }
    Instant from;
    try {
      from = Envelope.time(asked.path("from").asText()).truncatedTo(ChronoUnit.MILLIS);
    } catch (InvalidEnvelope e) {
      throw new RebuildRefused(400, "from is not an RFC 3339 time such as 2026-11-19T08:00:00Z");
    }
    if (from.isBefore(RawEvents.keptFrom(clock))) {
      throw new RebuildRefused(
          400, "from is before " + RawEvents.keptFrom(clock) + ", where the archive begins");
    }
    return from;
  }

  private static @Nullable Integer rate(JsonNode asked) {
    JsonNode rate = asked.path("rate");
    if (rate.isMissingNode() || rate.isNull()) {
      return null;
    }
    if (!rate.canConvertToInt() || rate.asInt() < 1) {
      throw new RebuildRefused(400, "rate is a number from 1 on");
    }
    return rate.asInt();
  }
}
