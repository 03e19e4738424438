package ingest.balance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.Digests;
import ingest.delivery.Target;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.InvalidEnvelope;
import ingest.operation.Held;
import ingest.operation.OperationFailed;
import ingest.operation.Operations;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.store.ClickHouse;
import ingest.store.DmDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The page of operation {@code mend}: looks at an hour once more and puts right what it finds, so
 * many events at a time. What was put right is pending, or there: the next look at the hour finds
 * the rest, so that a page that is done again does nothing twice.
 */
public final class Mend {
  /** Events of one page: each page looks at its hour anew, which costs more than it mends. */
  private static final int PAGE = 50_000;

  /** Of a slow mend, how many seconds' events are a page: below the lease. */
  private static final int SECONDS = 15;

  /** Events of one statement, and of one request. */
  private static final int SLICE = 1_000;

  /** Bytes of one request: below the 1 MiB that consumers take. */
  private static final int REQUEST_BYTES = 768 * 1024;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BEYOND = "beyond repair";

  private final Balance balance;
  private final Hours hours;
  private final Repairs repairs;
  private final @Nullable Archive archive;
  private final Digests digests = new Digests();
  private final Outbox outbox;
  private final List<Target> targets;
  private final Operations operations;
  private final Clock clock;

  /**
   * Mends by these.
   *
   * @param clickHouse null in a run without an archive
   */
  @SuppressWarnings("TooManyParameters") // what it mends, and from what
  public Mend(
      Balance balance,
      Hours hours,
      DmDatabase dm,
      @Nullable ClickHouse clickHouse,
      Outbox outbox,
      List<Target> targets,
      Operations operations,
      Clock clock) {
    this.balance = balance;
    this.hours = hours;
    this.repairs = new Repairs(dm);
    this.archive = clickHouse == null ? null : new Archive(clickHouse);
    this.outbox = outbox;
    this.targets = List.copyOf(targets);
    this.operations = operations;
    this.clock = clock;
  }

  /** Of a request whether every hour of its window is looked at, or those alone that are known. */
  private record Window(Span span, @Nullable String target, boolean everyHour) {
    static Window of(JsonNode request) {
      String target = request.path("target").asText("");
      return new Window(
          new Span(
              Instant.parse(request.path("from").asText()),
              Instant.parse(request.path("to").asText())),
          target.isEmpty() ? null : target,
          request.path("every_hour").asBoolean());
    }
  }

  /** One page; ends the operation where nothing is left. */
  public void page(Exchange exchange) throws SQLException, IOException, InterruptedException {
    Held held = Held.of(exchange);
    Window window = Window.of(held.request());
    JsonNode position = held.position();
    Instant at =
        position == null ? window.span.from() : Instant.parse(position.path("hour").asText());
    Instant hour = next(window, at);
    if (hour == null) {
      held.finish();
      return;
    }
    Look look = look(hour, window.target);
    operations.keep(held);
    int most = (int) Math.min(PAGE, (long) SECONDS * held.pageSize(PAGE));
    int left = most;
    for (Mismatch mismatch : look.mismatches()) {
      List<UUID> ids = mismatch.ids();
      if (mismatch.repair() != Repair.NONE && left > 0) {
        List<UUID> some = ids.subList(0, Math.min(left, ids.size()));
        for (int from = 0; from < some.size(); from += SLICE) {
          repair(held, mismatch, some.subList(from, Math.min(some.size(), from + SLICE)));
          operations.keep(held);
        }
        left -= some.size();
      }
    }
    if (left > 0) {
      ended(held, look(hour, window.target));
      hour = hour.plus(1, ChronoUnit.HOURS);
    }
    held.advance(JsonNodeFactory.instance.objectNode().put("hour", hour.toString()), most - left);
  }

  private @Nullable Instant next(Window window, Instant at) throws SQLException {
    if (!window.everyHour) {
      return hours.toMend(at, window.span, window.target);
    }
    return at.isBefore(window.span.to()) && at.isBefore(clock.instant()) ? at : null;
  }

  /** What cannot be asked cannot be mended: tried again later. */
  private Look look(Instant hour, @Nullable String target)
      throws SQLException, IOException, InterruptedException {
    Look look = balance.look(hour, target);
    for (Look.Unasked away : look.away()) {
      throw new IOException(away.target() + " " + away.why());
    }
    return look;
  }

  /** An hour of which nothing is left to be mended. */
  private void ended(Held held, Look after) throws SQLException {
    for (Mismatch mismatch : after.mismatches()) {
      if (mismatch.repair() == Repair.NONE) {
        held.count(BEYOND, mismatch.ids().size());
        ArrayNode sample = held.counts().withArray("beyond repair, for example");
        for (UUID id : mismatch.ids()) {
          if (sample.size() < Hours.SAMPLE) {
            sample.add(mismatch.target() + " " + EventId.text(id));
          }
        }
      } else {
        held.count("left for the next look", mismatch.ids().size());
      }
    }
    hours.told(after.hour());
  }

  private void repair(Held held, Mismatch mismatch, List<UUID> ids)
      throws SQLException, IOException, InterruptedException {
    switch (mismatch.repair()) {
      case SEND -> held.count("sent again", repairs.send(mismatch.target(), ids));
      case DELIVER -> held.count("deliveries made", repairs.deliver(mismatch.target(), ids));
      case RECOUNT -> held.count("chunks counted again", repairs.recount(mismatch.target(), ids));
      case REPLAY -> replay(held, mismatch.target(), ids);
      case ACCEPT -> accept(held, ids);
      case NONE -> {}
    }
  }

  private void replay(Held held, String name, List<UUID> ids)
      throws IOException, InterruptedException {
    Target target =
        targets.stream()
            .filter(t -> t.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new OperationFailed("no target " + name + " here"));
    for (List<JsonNode> part : requests(archived(ids), target.batch())) {
      byte[] batch =
          part.stream()
              .map(row -> row.path(1).asText())
              .collect(Collectors.joining(",", "[", "]"))
              .getBytes(StandardCharsets.UTF_8);
      JsonNode results = digests.give(target, batch);
      long refused = 0;
      for (JsonNode result : results) {
        String status = result.path("status").asText();
        refused += status.equals("failed") || status.equals("unknown") ? 1 : 0;
      }
      held.count("refused by " + name, refused);
      held.count("posted from the archive", part.size() - refused);
    }
  }

  private void accept(Held held, List<UUID> ids)
      throws IOException, SQLException, InterruptedException {
    List<Envelope> envelopes = new ArrayList<>();
    for (JsonNode row : archived(ids)) {
      envelopes.add(Envelope.of(JSON.readTree(row.path(1).asText())));
    }
    try {
      held.count("accepted again", outbox.commit(new Intake(envelopes, List.of())).fresh().size());
    } catch (InvalidEnvelope e) {
      for (Envelope envelope : envelopes) {
        try {
          held.count(
              "accepted again",
              outbox.commit(new Intake(List.of(envelope), List.of())).fresh().size());
        } catch (InvalidEnvelope refused) {
          held.count("no longer valid", 1);
        }
      }
    }
  }

  private List<JsonNode> archived(List<UUID> ids) throws IOException, InterruptedException {
    if (archive == null) {
      throw new OperationFailed("this process runs without ClickHouse");
    }
    List<JsonNode> rows = new ArrayList<>();
    for (String line : archive.envelopes(ids)) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  private static List<List<JsonNode>> requests(List<JsonNode> rows, int most) {
    List<List<JsonNode>> requests = new ArrayList<>();
    List<JsonNode> request = new ArrayList<>();
    int bytes = 0;
    for (JsonNode row : rows) {
      int own = row.path(1).asText().getBytes(StandardCharsets.UTF_8).length + 1;
      if (request.size() == most || (!request.isEmpty() && bytes + own > REQUEST_BYTES)) {
        requests.add(request);
        request = new ArrayList<>();
        bytes = 0;
      }
      request.add(row);
      bytes += own;
    }
    if (!request.isEmpty()) {
      requests.add(request);
    }
    return requests;
  }

  /** The request of an operation: all hours of a window, or what is known to be wrong in it. */
  public static ObjectNode request(
      Instant from, Instant to, @Nullable String target, boolean everyHour) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("from", from.truncatedTo(ChronoUnit.HOURS).toString())
        .put("to", to.toString())
        .put("target", target)
        .put("every_hour", everyHour);
  }
}
