package ingest.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import ingest.mapping.Arrival;
import ingest.outbox.Committed;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.store.ClickHouse;
import ingest.store.DmDatabase;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls that the inbox has kept through the mappers of today, page by page.
 *
 * <p>A call is what it was: its time of arrival, its headers and the identity of its message, so
 * that what it becomes has the ids that it would have had then, and what is known changes nothing.
 * Its body is in the inbox and gets there no second time. What is still not understood stays as it
 * is. Only calls that were verified, and that have reached the archive.
 */
public final class Refeed {
  /** How long the inbox keeps a call: the TTL of {@code vf.webhook_inbox_log}. */
  public static final Duration KEPT = Duration.ofDays(30);

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Calls of one page, and bytes of their bodies; one body may have more. */
  private static final int MOST_CALLS = 500;

  private static final int MOST_BYTES = 4 << 20;

  /** Clocks of those who take a call and of the database may differ by so much, and by far less. */
  private static final Duration CLOCKS = Duration.ofHours(1);

  private static final DateTimeFormatter RECEIVED =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS");

  /** Data that PostgreSQL does not take, and rows that break a rule of a table. */
  private static final List<String> OF_ONE = List.of("22", "23");

  /**
   * Copies that are not merged yet stand side by side. A call that became several events rides on
   * the unmapped one wherever there is one: that has no time of its sender, and is the first by id.
   */
  private static final String WHERE =
      """
      WHERE env = 'shared' AND source = {source:String} AND verified
        AND received_at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
        AND received_at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
        AND (empty({said:Array(String)}) OR has({said:Array(String)}, event_type))
        AND ({all:UInt8} = 1 OR event_id IN (
            SELECT event_id FROM vf.raw_events_log
            WHERE source = {source:String} AND type = {source:String} || '.unmapped'
              AND time >= fromUnixTimestamp64Milli({early:Int64}, 'UTC')
              AND time < fromUnixTimestamp64Milli({late:Int64}, 'UTC')))
      """;

  private static final String COUNT = "SELECT count() FROM vf.webhook_inbox_log " + WHERE;

  private static final String PAGE =
      """
      SELECT received_at, event_id, message_id, headers, payload
      FROM (
          SELECT *, sum(length(payload)) OVER (
              ORDER BY received_at, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
          FROM (
              SELECT received_at, event_id, message_id, headers, payload FROM vf.webhook_inbox_log
              %s  AND (received_at, event_id) > (fromUnixTimestamp64Milli({from:Int64}, 'UTC'), {after:UUID})
              ORDER BY received_at, event_id
              LIMIT 1 BY received_at, event_id
              LIMIT {most:UInt32}
          )
      )
      WHERE before < {bytes:UInt32}
      ORDER BY received_at, event_id
      FORMAT JSONEachRow
      """
          .formatted(WHERE);

  private static final String KNOWN = "SELECT id FROM ingest.event_key WHERE id = ANY (?)";

  private final ClickHouse archive;
  private final DmDatabase dm;
  private final Outbox outbox;
  private final CallMapping mapping;
  private final Map<String, Sender> senders;

  public Refeed(
      ClickHouse archive,
      DmDatabase dm,
      Outbox outbox,
      CallMapping mapping,
      Collection<Sender> senders) {
    this.archive = archive;
    this.dm = dm;
    this.outbox = outbox;
    this.mapping = mapping;
    this.senders =
        new TreeMap<>(senders.stream().collect(Collectors.toMap(Sender::source, s -> s)));
  }

  /**
   * Which calls.
   *
   * @param said types as the sender names them; none: all
   * @param unmappedOnly those alone that were not understood when they came
   */
  public record Window(
      String source, Instant from, Instant to, List<String> said, boolean unmappedOnly) {
    public Window {
      said = List.copyOf(said);
    }
  }

  /** The last call of a page. */
  public record Place(Instant receivedAt, UUID eventId) {}

  /** What became of the events of one type. */
  public record Count(int fresh, int duplicates) {
    Count plus(boolean isFresh) {
      return isFresh ? new Count(fresh + 1, duplicates) : new Count(fresh, duplicates + 1);
    }
  }

  /** An event that can never be committed, by the call that it came of. */
  public record Refused(UUID call, String error) {}

  /**
   * What became of a page.
   *
   * @param last null where there was none: the window is through
   * @param types by type of the events
   * @param unmapped calls by what the sender calls their type, which no mapper takes
   * @param unparseable likewise, of those that are not what the sender documents
   */
  public record Page(
      int calls,
      @Nullable Place last,
      Map<String, Count> types,
      Map<String, Integer> unmapped,
      Map<String, Integer> unparseable,
      List<Refused> refused) {}

  /** The senders that there are. */
  public Set<String> sources() {
    return senders.keySet();
  }

  /** How many calls there are to feed, nearly: a copy that is not merged yet counts. */
  public long count(Window window) throws IOException, InterruptedException {
    return archive.number(COUNT, parameters(window, window.from()));
  }

  /**
   * Feeds one page and returns when it is committed; fed again it changes nothing.
   *
   * @param after the place where the last page ended; null for the first
   * @param dry only looks what would be new
   */
  public Page page(Window window, @Nullable Place after, boolean dry)
      throws IOException, InterruptedException, SQLException {
    List<Fed> calls = new ArrayList<>();
    Map<String, Integer> unmapped = new TreeMap<>();
    Map<String, Integer> unparseable = new TreeMap<>();
    List<Refused> refused = new ArrayList<>();
    Place last = null;
    for (String line : lines(window, after)) {
      JsonNode row = JSON.readTree(line);
      Place place =
          new Place(
              LocalDateTime.parse(row.path("received_at").asText(), RECEIVED)
                  .toInstant(ZoneOffset.UTC),
              UUID.fromString(row.path("event_id").asText()));
      last = place;
      Mapped mapped = mapping.map(call(window.source(), place.receivedAt, row));
      if (mapped.kind() == Mapped.Kind.UNMAPPED) {
        unmapped.merge(mapped.said(), 1, Integer::sum);
      } else if (mapped.kind() == Mapped.Kind.UNPARSEABLE) {
        unparseable.merge(mapped.said(), 1, Integer::sum);
      }
      calls.add(fed(place.eventId, mapped, window.source() + ".unmapped", refused));
    }
    Map<String, Count> types = dry ? looked(calls) : committed(calls, refused);
    return new Page(calls.size(), last, types, unmapped, unparseable, refused);
  }

  /** A call and the events of it that can be committed. */
  private record Fed(UUID call, List<Envelope> events) {}

  private List<String> lines(Window window, @Nullable Place after)
      throws IOException, InterruptedException {
    Map<String, String> parameters =
        parameters(window, after == null ? window.from() : after.receivedAt);
    parameters.put("after", (after == null ? new UUID(0, 0) : after.eventId).toString());
    parameters.put("most", Integer.toString(MOST_CALLS));
    parameters.put("bytes", Integer.toString(MOST_BYTES));
    return archive.text(PAGE, parameters).lines().toList();
  }

  private static Map<String, String> parameters(Window window, Instant from) {
    Map<String, String> parameters = new HashMap<>();
    parameters.put("source", window.source());
    parameters.put("from", Long.toString(from.toEpochMilli()));
    parameters.put("to", Long.toString(window.to().toEpochMilli()));
    parameters.put(
        "said",
        window.said().stream()
            .map(s -> "'" + s.replace("\\", "\\\\").replace("'", "\\'") + "'")
            .collect(Collectors.joining(",", "[", "]")));
    parameters.put("all", window.unmappedOnly() ? "0" : "1");
    parameters.put("early", Long.toString(from.minus(CLOCKS).toEpochMilli()));
    parameters.put("late", Long.toString(window.to().plus(CLOCKS).toEpochMilli()));
    return parameters;
  }

  private Call call(String source, Instant receivedAt, JsonNode row)
      throws JsonProcessingException {
    Sender sender = senders.get(source);
    if (sender == null) {
      throw new IllegalArgumentException("no sender " + source);
    }
    Map<String, String> noted = new HashMap<>();
    JSON.readTree(row.path("headers").asText())
        .properties()
        .forEach(h -> noted.put(h.getKey(), h.getValue().asText()));
    byte[] body = InboxRow.body(row.path("payload").asText(), noted);
    Map<String, String> headers = new HashMap<>(noted);
    headers.keySet().removeIf(name -> name.startsWith(":"));
    Arrival.Message told = sender.message(headers, body);
    String id = row.path("message_id").asText();
    Arrival.Message message =
        new Arrival.Message(id.isEmpty() ? told.id() : id, told.since(), told.sentAt());
    return new Call(
        sender, headers, body, new Arrival(receivedAt, null, message, Envelope.newTraceparent()));
  }

  private static Fed fed(UUID call, Mapped mapped, String unmapped, List<Refused> refused) {
    List<Envelope> events = new ArrayList<>();
    for (Envelope envelope : mapped.envelopes()) {
      if (envelope.type().equals(unmapped)) {
        continue;
      }
      try {
        envelope.toJson();
        events.add(envelope);
      } catch (InvalidEnvelope e) {
        refused.add(new Refused(call, String.valueOf(e.getMessage())));
      }
    }
    return new Fed(call, events);
  }

  /** In one transaction; where that fails for the fault of one call, each in its own. */
  private Map<String, Count> committed(List<Fed> calls, List<Refused> refused) throws SQLException {
    Map<UUID, Envelope> events = new LinkedHashMap<>();
    calls.forEach(c -> c.events.forEach(e -> events.putIfAbsent(e.id(), e)));
    Set<UUID> fresh = new HashSet<>();
    Set<UUID> lost = new HashSet<>();
    try {
      fresh.addAll(committed(List.copyOf(events.values())));
    } catch (SQLException e) {
      if (!ofOne(e)) {
        throw e;
      }
      for (Fed call : calls) {
        try {
          fresh.addAll(committed(call.events));
        } catch (SQLException one) {
          if (!ofOne(one)) {
            throw one;
          }
          call.events.forEach(event -> lost.add(event.id()));
          refused.add(new Refused(call.call, "SQLSTATE " + one.getSQLState()));
        }
      }
    }
    return counted(calls, fresh::remove, lost);
  }

  private Set<UUID> committed(List<Envelope> events) throws SQLException {
    if (events.isEmpty()) {
      return Set.of();
    }
    Committed committed = outbox.commit(new Intake(events, List.of()));
    return committed.fresh();
  }

  private static boolean ofOne(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return OF_ONE.stream().anyMatch(state::startsWith);
  }

  private Map<String, Count> looked(List<Fed> calls) throws SQLException {
    Set<UUID> known = new HashSet<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(KNOWN)) {
      query.setArray(
          1,
          connection.createArrayOf(
              "uuid", calls.stream().flatMap(c -> c.events.stream()).map(Envelope::id).toArray()));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          known.add(rows.getObject("id", UUID.class));
        }
      }
    }
    return counted(calls, known::add, Set.of());
  }

  /** {@code first}: true for an id the first time that it is asked for, where it is new. */
  private static Map<String, Count> counted(
      List<Fed> calls, Function<UUID, Boolean> first, Set<UUID> lost) {
    Map<String, Count> types = new TreeMap<>();
    for (Fed call : calls) {
      for (Envelope event : call.events) {
        if (!lost.contains(event.id())) {
          Count before = types.getOrDefault(event.type(), new Count(0, 0));
          types.put(event.type(), before.plus(first.apply(event.id())));
        }
      }
    }
    return types;
  }
}
