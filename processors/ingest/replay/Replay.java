package ingest.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.delivery.Batch;
import ingest.delivery.Outcome;
import ingest.delivery.Posting;
import ingest.delivery.Target;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.operation.Held;
import ingest.operation.OperationFailed;
import ingest.operation.Operations;
import ingest.outbox.OutboxEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The steps of the route {@code replay}: {@link #read} a page of the archive, {@link #send} it,
 * {@link #note} what became of it. A page that was not noted is sent again, and that changes
 * nothing: the envelopes are made so that they come out the same, and the consumer applies them by
 * the original's id.
 *
 * <p>It gives way: before each page it waits while live events wait for the same target, and where
 * the target is broken it waits like a lane does, for as long as that takes. What never gets better
 * by itself ends it.
 */
public final class Replay {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Rows of a page; what a page has more in bytes than the archive gives at once is cut there. */
  private static final int PAGE = 1000;

  /** Of a dry run, which counts a stride at once. */
  private static final Duration COUNTED = Duration.ofDays(1);

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  private static final long LOOK_MILLIS = 100;

  /** Refused events that are told one by one. */
  private static final int SAMPLE = 20;

  private static final String WAITS = "waits";
  private static final String REFUSED = "refused";

  /** How often the target was broken in a row. */
  private static final String PAUSES = "replayPauses";

  private final RawEvents archive;
  private final LiveTraffic live;
  private final Posting posting;
  private final EventTypes types;
  private final List<Target> targets;
  private final Duration patience;
  private final Operations operations;
  private final Duration lease;

  /**
   * The steps.
   *
   * @param patience how long a live event may wait for its target before a replay gives way
   * @param lease of an operation, which a page renews that takes long
   */
  public Replay(
      RawEvents archive,
      LiveTraffic live,
      Posting posting,
      EventTypes types,
      List<Target> targets,
      Duration patience,
      Operations operations,
      Duration lease) {
    this.archive = archive;
    this.live = live;
    this.posting = posting;
    this.types = types;
    this.targets = Replays.environments(targets);
    this.patience = patience;
    this.operations = operations;
    this.lease = lease;
  }

  /** An event that is not sent, and why; what is counted under {@code word}. */
  private record Left(RawEvents.Row row, String word, String why) {}

  /** A page on its way; {@code origins}: by the id under which each event is sent. */
  private record Sending(
      RawEvents.Window window,
      RawEvents.Page page,
      Batch batch,
      Map<UUID, RawEvents.Row> origins,
      List<Left> left) {
    boolean complete() {
      return batch.unsent().isEmpty();
    }
  }

  /** Leaves a page in the body, or nothing where it waited instead. */
  public void read(Exchange exchange) throws IOException, SQLException, InterruptedException {
    exchange.getMessage().setBody(null);
    Held held = Held.of(exchange);
    ReplayRequest request = ReplayRequest.of(held.request());
    Target target = target(request);
    Taken taken = new Taken(types, target);
    RawEvents.Window window = request.window(taken.types(request.types()));
    if (request.dryRun()) {
      count(held, window);
      return;
    }
    String busy = busy(held, request);
    if (busy != null) {
      await(exchange, held, busy, FIRST_PAUSE);
      return;
    }
    JsonNode position = held.position();
    if (position == null) {
      held.total(archive.count(window)); // what was waited for is there now
    }
    RawEvents.Page page =
        archive.page(
            window, position == null ? null : RawEvents.Place.of(position), held.pageSize(PAGE));
    exchange.getMessage().setBody(sending(held, window, page, taken, target));
  }

  private Target target(ReplayRequest request) {
    return targets.stream()
        .filter(t -> t.name().equals(request.target()))
        .findFirst()
        .orElseThrow(
            () -> new OperationFailed("no target " + request.target() + " is configured any more"));
  }

  private void count(Held held, RawEvents.Window window) throws IOException, InterruptedException {
    JsonNode position = held.position();
    Instant from = position == null ? window.from() : Instant.parse(position.path("time").asText());
    Instant end = from.plus(COUNTED);
    Instant to = end.isBefore(window.to()) ? end : window.to();
    long more = 0;
    for (Map.Entry<String, Long> type :
        archive
            .countByType(new RawEvents.Window(from, to, window.types(), window.subjects()))
            .entrySet()) {
      held.count(type.getKey(), type.getValue());
      more += type.getValue();
    }
    held.advance(JSON.createObjectNode().put("time", to.toString()), more);
    if (!to.isBefore(window.to())) {
      held.finish();
    }
  }

  /** What goes before it; null where nothing does. */
  private @Nullable String busy(Held held, ReplayRequest request) throws SQLException {
    if (held.position() == null) {
      Instant since = live.unarchivedSince();
      if (since != null && since.isBefore(request.to())) {
        return "for ClickHouse, which has not received all that was accepted since "
            + since.truncatedTo(ChronoUnit.SECONDS);
      }
    }
    Duration behind = live.behind(request.target());
    return behind.compareTo(patience) > 0
        ? "for live events, the oldest of which waits for %s since %d s"
            .formatted(request.target(), behind.toSeconds())
        : null;
  }

  private static Sending sending(
      Held held, RawEvents.Window window, RawEvents.Page page, Taken taken, Target target) {
    boolean originals = ReplayRequest.of(held.request()).onlyMissing();
    List<OutboxEvent> events = new ArrayList<>();
    Map<UUID, RawEvents.Row> origins = new HashMap<>();
    List<Left> left = new ArrayList<>();
    for (RawEvents.Row row : page.rows()) {
      try {
        Envelope original = Envelope.of(JSON.readTree(row.envelope()));
        if (!taken.event(row, original.data())) {
          left.add(new Left(row, "elsewhere", "another environment's"));
          continue;
        }
        UUID id = originals ? row.id() : fresh(held, original);
        byte[] bytes =
            originals
                ? row.envelope().getBytes(StandardCharsets.UTF_8)
                : again(original, id).toBytes();
        events.add(event(events.size(), id, row, bytes));
        origins.put(id, row);
      } catch (JsonProcessingException e) {
        left.add(new Left(row, "unreadable", "the archive's envelope is not JSON"));
      } catch (InvalidEnvelope e) {
        left.add(new Left(row, "unreadable", String.valueOf(e.getMessage())));
      }
    }
    Batch batch =
        new Batch(target, UUID.randomUUID(), Long.MAX_VALUE, List.of(), List.of(), events);
    return new Sending(window, page, batch, origins, left);
  }

  /** The same whenever this replay comes to this event. */
  private static UUID fresh(Held held, Envelope original) {
    String key = "replay %d %s".formatted(held.id(), EventId.text(original.id()));
    return EventId.of(
        original.time(), original.source(), original.type(), original.subject(), key, 0);
  }

  private static Envelope again(Envelope original, UUID id) {
    return new Envelope(
        id,
        original.source(),
        original.type(),
        original.dataschema(),
        original.subject(),
        original.time(),
        original.rev(),
        original.channelid(),
        original.rootId(),
        Envelope.newTraceparent(),
        original.data());
  }

  private static OutboxEvent event(int position, UUID id, RawEvents.Row row, byte[] envelope) {
    return new OutboxEvent(
        LocalDate.ofInstant(row.time(), ZoneOffset.UTC),
        0,
        position,
        id,
        row.type(),
        envelope,
        row.time(),
        null);
  }

  /** Sends the page; waits where the target is broken, and the page is read again then. */
  public void send(Exchange exchange) throws InterruptedException {
    Sending sending = exchange.getMessage().getBody(Sending.class);
    if (sending == null) {
      return;
    }
    Batch batch = sending.batch();
    AtomicLong kept = new AtomicLong(System.nanoTime());
    posting.post(batch, pauses(exchange) > 0, () -> goesOn(exchange, batch, kept));
    Outcome.TargetBroken broken = batch.broken();
    if (broken != null) {
      String target = batch.target().name();
      if (lasting(broken.status())) {
        throw new OperationFailed(stopped(target, broken.status()));
      }
      Duration asked = broken.retryAfter();
      Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(pauses(exchange), 5));
      exchange.setProperty(PAUSES, pauses(exchange) + 1);
      await(
          exchange,
          Held.of(exchange),
          "for %s: %s".formatted(target, broken.reason()),
          asked != null && asked.compareTo(pause) > 0 ? asked : pause);
    }
  }

  /** Before each request; many slow ones take longer than a lease. */
  private boolean goesOn(Exchange exchange, Batch batch, AtomicLong kept) {
    if (System.nanoTime() - kept.get() > lease.dividedBy(4).toNanos()) {
      try {
        operations.keep(Held.of(exchange));
      } catch (SQLException e) {
        throw new IllegalStateException("keeping a replay", e);
      }
      kept.set(System.nanoTime());
    }
    return batch.broken() == null && !exchange.getContext().isStopping();
  }

  /** True for an answer that only somebody's work changes. */
  private static boolean lasting(int status) {
    return switch (status) {
      case 401, 403, 404, 405, 410 -> true;
      default -> status >= 300 && status < 400;
    };
  }

  private static String stopped(String target, int status) {
    String because =
        status == 401
            ? "it does not verify what we sign: is the secret of the target one of its INGEST_DELIVERY_SECRET?"
            : status == 410
                ? "it wants nothing any more"
                : "is the URL of the target its /internal/events?";
    return "%s answered %d: %s Resume the operation when that is mended"
        .formatted(target, status, because.endsWith("?") ? because : because + ".");
  }

  /** Counts what became of the page and goes on behind it; nothing where it was not sent whole. */
  public void note(Exchange exchange) {
    Sending sending = exchange.getMessage().getBody(Sending.class);
    if (sending == null || !sending.complete()) {
      return;
    }
    Held held = Held.of(exchange);
    exchange.removeProperty(PAUSES);
    held.counts().remove(WAITS);
    for (OutboxEvent event : sending.batch().events()) {
      Outcome outcome = sending.batch().outcome(event.id);
      RawEvents.Row row = sending.origins().get(event.id);
      if (outcome instanceof Outcome.Settled settled) {
        held.count(settled.reason(), 1);
      } else if (outcome != null && row != null) {
        refused(
            held,
            new Left(
                row, outcome instanceof Outcome.Parked ? "unknown" : "failed", outcome.reason()));
      }
    }
    for (Left left : sending.left()) {
      if (left.word().equals("elsewhere")) {
        held.count(left.word(), 1);
      } else {
        refused(held, left);
      }
    }
    RawEvents.Place next = sending.page().next();
    held.advance(
        (next == null ? RawEvents.Place.through(sending.window()) : next).json(),
        sending.page().rows().size());
    if (next == null) {
      held.finish();
    }
  }

  /** Counted, and the first of them told. */
  private static void refused(Held held, Left left) {
    held.count(left.word(), 1);
    if (held.counts().withArray(REFUSED).size() < SAMPLE) {
      held.counts()
          .withArray(REFUSED)
          .addObject()
          .put("event_id", EventId.text(left.row().id()))
          .put("type", left.row().type())
          .put("why", left.why());
    }
  }

  private static int pauses(Exchange exchange) {
    return exchange.getProperty(PAUSES, 0, Integer.class);
  }

  /** Waits, and says what for; no longer than the process goes on. */
  private void await(Exchange exchange, Held held, String what, Duration pause)
      throws InterruptedException {
    held.counts().put(WAITS, what);
    Duration longest = lease.dividedBy(2); // nobody takes it over meanwhile
    long until = System.nanoTime() + (pause.compareTo(longest) < 0 ? pause : longest).toNanos();
    while (System.nanoTime() - until < 0 && !exchange.getContext().isStopping()) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }
}
