package ingest.rebuild;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.SignedCall;
import ingest.delivery.Target;
import ingest.envelope.EventTypes;
import ingest.operation.Held;
import ingest.operation.OperationFailed;
import ingest.replay.LiveTraffic;
import ingest.replay.RawEvents;
import ingest.replay.Taken;
import ingest.store.ClickHouse;
import ingest.store.DmDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The steps of the route {@code rebuild}, each of which does its part when the operation has come
 * to it: {@link #begin} the shadow tables, {@link #await} the archive, {@link #read} and {@link
 * #send} history, {@link #compare}; or {@link #swap}. Every part may be done again.
 *
 * <p>Nothing is missed: from the begin on the environment writes what is delivered into both. What
 * it had processed before was committed before, so it is in the archive once the archive has all
 * that was committed up to the begin; then history is read.
 */
public final class Rebuild {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PAGE = 1000;

  /** Events of one request: its transaction keeps live ones waiting where they meet. */
  private static final int EVENTS = 250;

  /** Bytes of one request, below the 1 MiB that an environment takes. */
  private static final int REQUEST_BYTES = 768 * 1024;

  /** Keys of one page of the difference. */
  private static final int KEYS = 5_000;

  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final long LOOK_MILLIS = 100;

  /** Refused events that are told one by one. */
  private static final int SAMPLE = 20;

  private static final String WAITS = "waits";
  private static final String ERRORS = "errors";
  private static final String COLUMNS = "columns";

  /** What a position is about. */
  private static final String PHASE = "phase";

  private static final String AWAIT = "await";
  private static final String FILL = "fill";
  private static final String COMPARE = "compare";

  private static final String SPAN =
      """
      SELECT toUnixTimestamp64Milli(min(time)), toUnixTimestamp64Milli(max(time)) FROM vf.raw_events_log
      WHERE has(splitByChar(',', {types:String}), type) FORMAT JSONCompactEachRow
      """;

  private final DmDatabase dm;
  private final ClickHouse clickHouse;
  private final RawEvents archive;
  private final LiveTraffic live;
  private final SignedCall calls;
  private final EventTypes types;
  private final List<Target> targets;
  private final Duration patience;
  private final Clock clock;

  /**
   * The steps.
   *
   * @param patience how long a live event may wait for its target before a rebuild gives way
   */
  public Rebuild(
      DmDatabase dm,
      ClickHouse clickHouse,
      SignedCall calls,
      EventTypes types,
      List<Target> targets,
      Duration patience,
      Clock clock) {
    this.dm = dm;
    this.clickHouse = clickHouse;
    this.archive = new RawEvents(clickHouse);
    this.live = new LiveTraffic(dm);
    this.calls = calls;
    this.types = types;
    this.targets = List.copyOf(targets);
    this.patience = patience;
    this.clock = clock;
  }

  /** Makes the shadow tables, and notes when they were there. */
  public void begin(Exchange exchange) throws IOException, SQLException, InterruptedException {
    Held held = Held.of(exchange);
    RebuildRequest request = RebuildRequest.of(held.request());
    if (request.step() != RebuildRequest.Step.fill || held.position() != null) {
      return;
    }
    JsonNode begun = asked(() -> environment(request).begin(request.rebuild(), request.table()));
    List<String> sent = new Taken(types, target(request)).types(List.of());
    ObjectNode position = JSON.createObjectNode().put(PHASE, AWAIT);
    position.set("tables", begun.path("tables"));
    List<String> taken = texts(begun.path("types")).stream().filter(sent::contains).toList();
    taken.forEach(position.putArray("types")::add);
    position.put("begun", now().toString());
    held.counts().set("tables", begun.path("tables"));
    held.advance(position, 0);
  }

  /** Goes on when the archive has all that was accepted before the shadow tables were there. */
  public void await(Exchange exchange) throws IOException, SQLException, InterruptedException {
    Held held = Held.of(exchange);
    ObjectNode position = at(held, AWAIT);
    if (position == null) {
      return;
    }
    Instant since = live.unarchivedSince();
    if (since != null && !since.isAfter(Instant.parse(position.path("begun").asText()))) {
      pause(
          exchange,
          held,
          "for ClickHouse, which has not received all that was accepted since "
              + since.truncatedTo(ChronoUnit.SECONDS));
      return;
    }
    held.counts().remove(WAITS);
    RebuildRequest request = RebuildRequest.of(held.request());
    JsonNode span =
        JSON.readTree(
            clickHouse.text(
                SPAN, Map.of("types", String.join(",", texts(position.path("types"))))));
    Instant from = Instant.ofEpochMilli(span.path(0).asLong());
    Instant wanted = request.from() == null ? RawEvents.keptFrom(clock) : request.from();
    position.put(
        "from", (from.isAfter(wanted) ? from : wanted).truncatedTo(ChronoUnit.MILLIS).toString());
    position.put("to", Instant.ofEpochMilli(span.path(1).asLong() + 1).toString());
    held.total(archive.count(window(position)));
    held.advance(position.put(PHASE, FILL), 0);
  }

  /** Leaves a page of history in the body, or nothing where it waited instead. */
  public void read(Exchange exchange) throws IOException, SQLException, InterruptedException {
    exchange.getMessage().setBody(null);
    Held held = Held.of(exchange);
    ObjectNode position = at(held, FILL);
    if (position == null) {
      return;
    }
    String target = RebuildRequest.of(held.request()).target();
    Duration behind = live.behind(target);
    if (behind.compareTo(patience) > 0) {
      pause(
          exchange,
          held,
          "for live events, the oldest of which waits for %s since %d s"
              .formatted(target, behind.toSeconds()));
      return;
    }
    held.counts().remove(WAITS);
    JsonNode place = position.path("place");
    exchange
        .getMessage()
        .setBody(
            archive.page(
                window(position),
                place.isMissingNode() ? null : RawEvents.Place.of(place),
                held.pageSize(PAGE)));
  }

  /** Gives the page to the environment and goes on behind it. */
  public void send(Exchange exchange) throws IOException, InterruptedException {
    RawEvents.Page page = exchange.getMessage().getBody(RawEvents.Page.class);
    Held held = Held.of(exchange);
    ObjectNode position = at(held, FILL);
    if (page == null || position == null) {
      return;
    }
    RebuildRequest request = RebuildRequest.of(held.request());
    Taken taken = new Taken(types, target(request));
    for (List<byte[]> slice : slices(held, page.rows(), taken)) {
      JsonNode told = asked(() -> environment(request).project(request.rebuild(), slice));
      for (String word : List.of("applied", "failed", "unknown", "erased")) {
        held.count(word, told.path(word).asLong());
      }
      for (JsonNode error : told.path("errors")) {
        if (held.counts().withArray(ERRORS).size() < SAMPLE) {
          held.counts().withArray(ERRORS).add(error);
        }
      }
    }
    RawEvents.Place next = page.next();
    if (next == null) {
      if (request.from() == null) {
        asked(() -> environment(request).complete(request.rebuild()));
      }
      position.remove("place");
      position.put(PHASE, COMPARE).put("table", 0);
    } else {
      position.set("place", next.json());
    }
    held.advance(position, page.rows().size());
  }

  private static List<List<byte[]>> slices(Held held, List<RawEvents.Row> rows, Taken taken) {
    List<List<byte[]>> slices = new ArrayList<>();
    List<byte[]> slice = new ArrayList<>();
    int bytes = 0;
    for (RawEvents.Row row : rows) {
      JsonNode envelope;
      try {
        envelope = JSON.readTree(row.envelope());
      } catch (JacksonException e) {
        held.count("unreadable", 1);
        continue;
      }
      if (!taken.event(row, envelope.path("data"))) {
        held.count("elsewhere", 1);
        continue;
      }
      byte[] event = row.envelope().getBytes(StandardCharsets.UTF_8);
      if (slice.size() == EVENTS || (!slice.isEmpty() && bytes + event.length > REQUEST_BYTES)) {
        slices.add(slice);
        slice = new ArrayList<>();
        bytes = 0;
      }
      slice.add(event);
      bytes += event.length + 1;
    }
    if (!slice.isEmpty()) {
      slices.add(slice);
    }
    return slices;
  }

  /** Counts a page of the difference, table by table; the last of them ends the operation. */
  public void compare(Exchange exchange) throws IOException, InterruptedException {
    Held held = Held.of(exchange);
    ObjectNode position = at(held, COMPARE);
    if (position == null) {
      return;
    }
    RebuildRequest request = RebuildRequest.of(held.request());
    int number = position.path("table").asInt();
    String table = position.path("tables").path(number).asText();
    JsonNode after = position.path("after");
    JsonNode page =
        asked(
            () ->
                environment(request)
                    .difference(request.rebuild(), table, after.isArray() ? after : null, KEYS, 0));
    for (String word : List.of("only_live", "only_shadow", "different")) {
      held.count(word, page.path(word).asLong());
    }
    ObjectNode columns = held.counts().withObject("/" + COLUMNS);
    for (Map.Entry<String, JsonNode> column : page.path(COLUMNS).properties()) {
      String name = table + "." + column.getKey();
      columns.put(name, columns.path(name).asLong() + column.getValue().asLong());
    }
    if (page.path("next").isArray()) {
      position.set("after", page.path("next"));
    } else {
      position.remove("after");
      position.put("table", number + 1);
    }
    held.advance(position, 0);
    if (number + 1 == position.path("table").asInt()
        && number + 1 == position.path("tables").size()) {
      held.finish();
    }
  }

  /** Swaps, where that is what is asked for. */
  public void swap(Exchange exchange) throws IOException, InterruptedException {
    Held held = Held.of(exchange);
    RebuildRequest request = RebuildRequest.of(held.request());
    if (request.step() != RebuildRequest.Step.swap) {
      return;
    }
    JsonNode swapped = asked(() -> environment(request).swap(request.rebuild(), request.lose()));
    for (JsonNode table : swapped.path("swapped")) {
      for (Map.Entry<String, JsonNode> word : table.properties()) {
        held.count(word.getKey(), word.getValue().asLong());
      }
    }
    held.finish();
  }

  /** The position, where it is about {@code phase}. */
  private static @Nullable ObjectNode at(Held held, String phase) {
    JsonNode position = held.position();
    return position != null && position.path(PHASE).asText().equals(phase)
        ? ((ObjectNode) position).deepCopy()
        : null;
  }

  private static RawEvents.Window window(JsonNode position) {
    return new RawEvents.Window(
        Instant.parse(position.path("from").asText()),
        Instant.parse(position.path("to").asText()),
        texts(position.path("types")),
        List.of());
  }

  private static List<String> texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
  }

  private Environment environment(RebuildRequest request) {
    return new Environment(calls, target(request));
  }

  private Target target(RebuildRequest request) {
    return targets.stream()
        .filter(t -> t.kind().equals(Target.HTTP) && t.name().equals(request.target()))
        .findFirst()
        .orElseThrow(
            () -> new OperationFailed("no target " + request.target() + " is configured any more"));
  }

  private interface Asking {
    JsonNode ask() throws IOException, SignedCall.Refused, InterruptedException;
  }

  /** What the environment refuses it refuses again: that is for an operator. */
  private static JsonNode asked(Asking asking) throws IOException, InterruptedException {
    try {
      return asking.ask();
    } catch (SignedCall.Refused e) {
      throw new OperationFailed(String.valueOf(e.getMessage()));
    }
  }

  /** The clock that events are committed by. */
  private Instant now() throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement("SELECT ingest.now()");
        ResultSet row = query.executeQuery()) {
      row.next();
      return row.getObject(1, OffsetDateTime.class).toInstant();
    }
  }

  private static void pause(Exchange exchange, Held held, String what) throws InterruptedException {
    held.counts().put(WAITS, what);
    long until = System.nanoTime() + PAUSE.toNanos();
    while (System.nanoTime() - until < 0 && !exchange.getContext().isStopping()) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }
}
