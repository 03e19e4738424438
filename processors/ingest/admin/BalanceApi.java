package ingest.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.balance.Balance;
import ingest.balance.Hours;
import ingest.balance.Kind;
import ingest.balance.Look;
import ingest.balance.Mend;
import ingest.balance.Mismatch;
import ingest.balance.Repair;
import ingest.delivery.Counts;
import ingest.envelope.EventId;
import ingest.operation.Actor;
import ingest.operation.Operations;
import java.sql.SQLException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** {@code /admin/balance}: what is known of it, a look at an hour, and a mend. */
public final class BalanceApi implements StatusReport.Part {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Mismatches of one answer; how many events they are is told whole. */
  private static final int MOST = 200;

  /** Ids of a mismatch that an answer names. */
  private static final int SAMPLE = 20;

  private final Balance balance;
  private final Hours hours;
  private final Counts counts;
  private final Operations operations;
  private final List<String> targets;
  private final Duration keys;
  private final Clock clock;

  /**
   * Answers from these.
   *
   * @param targets by name
   * @param keys how long every accepted id is known
   */
  public BalanceApi(
      Balance balance,
      Hours hours,
      Counts counts,
      Operations operations,
      List<String> targets,
      Duration keys,
      Clock clock) {
    this.balance = balance;
    this.hours = hours;
    this.counts = counts;
    this.operations = operations;
    this.targets = List.copyOf(targets);
    this.keys = keys;
    this.clock = clock;
  }

  /** The accounts of each target, and all that looks have found and nothing has mended. */
  public String show() throws SQLException {
    ObjectNode answer = JSON.createObjectNode();
    ObjectNode accounts = answer.putObject("targets");
    counts
        .deliveries()
        .forEach(
            (target, account) ->
                accounts
                    .putObject(target)
                    .put("accepted", account.accepted())
                    .put("delivered", account.delivered())
                    .put("pending", account.pending())
                    .put("dead", account.dead())
                    .put("abandoned", account.abandoned())
                    .put("difference", account.difference()));
    known(answer);
    ArrayNode mismatches = answer.putArray("mismatches");
    for (Hours.Found found : hours.mismatches(MOST)) {
      row(
              mismatches.addObject(),
              found.target(),
              found.kind(),
              found.repair(),
              found.events(),
              found.sample())
          .put("hour", found.hour().toString())
          .put("found_at", found.foundAt().toString())
          .put("seen_at", found.seenAt().toString())
          .put("told", found.told());
    }
    return answer.toString();
  }

  /** In status: how much is wrong, and not what. */
  @Override
  public void tell(ObjectNode status) throws SQLException {
    known(status.putObject("balance"));
  }

  private void known(ObjectNode node) throws SQLException {
    Hours.Looks looks = hours.looks();
    node.putObject("hours")
        .put("looked_at", looks.hours())
        .put("oldest_look", text(looks.oldest()))
        .put("latest_look", text(looks.latest()));
    long wrong = 0;
    long beyond = 0;
    for (Hours.Total total : hours.totals()) {
      if (total.beyondRepair()) {
        beyond += total.events();
      } else {
        wrong += total.events();
      }
    }
    node.put("mismatched", wrong);
    node.put("beyond_repair", beyond);
    ArrayNode unasked = node.putArray("unasked");
    for (Hours.Unasked store : hours.unasked()) {
      unasked
          .addObject()
          .put("target", store.target())
          .put("since", store.since().toString())
          .put("silent", store.silent())
          .put("why", store.why());
    }
  }

  /** Looks at one hour now and answers what is wrong in it. */
  public String look(@Body String body) throws SQLException, InterruptedException {
    JsonNode request = Requests.object(body);
    Instant hour = time(request, "hour").truncatedTo(ChronoUnit.HOURS);
    Look look = balance.look(hour, target(request));
    ObjectNode answer =
        JSON.createObjectNode().put("hour", hour.toString()).put("events", look.events());
    ArrayNode mismatches = answer.putArray("mismatches");
    for (Mismatch mismatch : look.mismatches()) {
      List<UUID> ids = mismatch.ids();
      row(
              mismatches.addObject(),
              mismatch.target(),
              mismatch.kind(),
              mismatch.repair(),
              ids.size(),
              ids.subList(0, Math.min(SAMPLE, ids.size())))
          .put("hour", hour.toString());
    }
    ArrayNode unasked = answer.putArray("unasked");
    for (Look.Unasked store : look.unasked()) {
      unasked
          .addObject()
          .put("target", store.target())
          .put("silent", store.silent())
          .put("why", store.why());
    }
    return answer.toString();
  }

  /** Begins to mend what is known, or, where a window is given, what is wrong in its hours. */
  public String mend(@Header(Actor.HOLDER) @Nullable String holder, @Body String body)
      throws SQLException {
    JsonNode request = Requests.object(body);
    boolean window = request.hasNonNull("from");
    Instant now = clock.instant();
    Instant from = window ? time(request, "from") : Instant.EPOCH;
    Instant to = request.hasNonNull("to") ? time(request, "to") : now;
    if (!from.isBefore(to)) {
      throw new AdminRefusal(400, "from is not before to");
    }
    if (window && from.isBefore(now.minus(keys))) {
      throw new AdminRefusal(
          400,
          "what was accepted is known for %d days: give a time after %s"
              .formatted(keys.toDays(), now.minus(keys).truncatedTo(ChronoUnit.SECONDS)));
    }
    long id =
        operations.begin(
            "mend",
            Mend.request(from, to, target(request), window),
            null,
            request.hasNonNull("rate") ? rate(request) : null,
            Actor.of(holder, request));
    return JSON.createObjectNode().put("operation", id).toString();
  }

  private static int rate(JsonNode request) {
    int rate = request.path("rate").asInt();
    if (rate < 1) {
      throw new AdminRefusal(400, "rate is a number of events a second, from 1 on");
    }
    return rate;
  }

  private @Nullable String target(JsonNode request) {
    String target = request.path("target").asText("");
    if (target.isEmpty()) {
      return null;
    }
    if (!targets.contains(target)) {
      throw new AdminRefusal(
          404, "no target %s; there are: %s".formatted(target, String.join(", ", targets)));
    }
    return target;
  }

  private static ObjectNode row(
      ObjectNode node, String target, Kind kind, Repair repair, long events, List<UUID> sample) {
    node.put("target", target)
        .put("kind", kind.word())
        .put("repair", repair.word())
        .put("what", kind.words() + ": " + target + " " + repair.words())
        .put("events", events);
    ArrayNode ids = node.putArray("sample");
    sample.forEach(id -> ids.add(EventId.text(id)));
    return node;
  }

  private static Instant time(JsonNode node, String field) {
    try {
      return OffsetDateTime.parse(node.path(field).asText("")).toInstant();
    } catch (DateTimeException e) {
      throw new AdminRefusal(400, field + " is not an RFC 3339 time");
    }
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }
}
