package ingest.balance;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.Digests;
import ingest.delivery.Target;
import ingest.envelope.EventId;
import ingest.envelope.InvalidEnvelope;
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
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One event through every store, as far as each can say: the call that brought it, its key, the
 * outbox, what became of it for each target, the archive, and what each environment has of it.
 */
public final class Where {
  /** Events of one answer. */
  public static final int MOST = 20;

  /** How far back a subject is looked for in the archive. */
  public static final Duration SUBJECTS = Duration.ofDays(8);

  /** Rows of the outbox that are looked through for a subject, the latest: no index has it. */
  public static final int LATEST = 20_000;

  /** How far around its time a message's events have their ids. */
  private static final Duration AROUND = Duration.ofMinutes(2);

  private static final Duration MESSAGES = Duration.ofHours(1);

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String KEY =
      """
      SELECT k.day, k.chunk, k.pos, k.source, k.message_id, k.received_at,
             to_regclass('ingest.ingest_outbox_' || to_char(k.day, 'YYYYMMDD')) IS NOT NULL AS kept,
             o.type, o.subject, o.rev, o.channelid, o.created_at, o.envelope, o.raw IS NOT NULL AS carries
      FROM ingest.event_key k
      LEFT JOIN ingest.ingest_outbox o ON o.day = k.day AND o.chunk = k.chunk AND o.pos = k.pos AND o.event_id = k.id
      WHERE k.id = ?
      """;

  private static final String DELIVERIES =
      """
      SELECT c.target, t.mode,
             CASE WHEN i.status IS NOT NULL THEN i.status
                  WHEN c.status IN (0, 2) THEN 'pending' WHEN c.status = 1 THEN 'delivered' END AS status,
             coalesce(i.attempts, c.attempts + CASE WHEN c.status = 1 THEN 1 ELSE 0 END) AS attempts,
             coalesce(i.attempted_at, c.settled_at) AS attempted_at,
             CASE WHEN i.status = 'pending' THEN i.due_at WHEN i.status IS NULL AND c.status IN (0, 2) THEN c.due_at END AS due_at,
             coalesce(i.token, c.token) IS NOT NULL AS claimed, i.last_error, i.response, i.actor, i.reason
      FROM ingest.delivery_chunk c
      LEFT JOIN ingest.target t ON t.name = c.target
      LEFT JOIN ingest.delivery_item i ON i.day = c.day AND i.target = c.target AND i.event_id = ?
      WHERE c.day = ? AND c.chunk = ? AND (c.mask IS NULL OR get_bit(c.mask, ?) = 1)
      ORDER BY c.target
      """;

  private static final String OF_MESSAGE =
      "SELECT id FROM ingest.event_key WHERE id >= ? AND id < ? AND message_id = ? ORDER BY id DESC LIMIT ?";

  private static final String OF_CHUNK =
      """
      SELECT o.event_id FROM ingest.event_key f
      JOIN ingest.ingest_outbox o ON o.day = f.day AND o.chunk = f.chunk
      JOIN ingest.event_key k ON k.id = o.event_id AND k.message_id = f.message_id
      WHERE f.id = ? ORDER BY o.pos LIMIT ?
      """;

  private static final String OF_SUBJECT =
      """
      SELECT event_id FROM (
          SELECT event_id, subject, created_at FROM ingest.ingest_outbox
          WHERE day >= (ingest.now() AT TIME ZONE 'UTC')::date - 1 ORDER BY day DESC, chunk DESC, pos DESC LIMIT ?) latest
      WHERE subject = ? ORDER BY created_at DESC LIMIT ?
      """;

  private static final String ARCHIVED_SUBJECT =
      """
      SELECT event_id FROM vf.raw_events_log
      WHERE replayof IS NULL AND subject = {subject:String} AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
      ORDER BY time DESC LIMIT 1 BY event_id LIMIT {most:UInt32} FORMAT TabSeparated
      """;

  private static final String ARCHIVED_MESSAGE =
      """
      SELECT event_id FROM vf.webhook_inbox_log WHERE verified AND message_id = {message:String}
      ORDER BY received_at DESC LIMIT 1 BY event_id LIMIT {most:UInt32} FORMAT TabSeparated
      """;

  private static final String ARCHIVED =
      """
      SELECT toString(created_at) AS committed, envelope, count() OVER () AS rows
      FROM vf.raw_events_log
      WHERE replayof IS NULL AND event_id = {id:UUID}
        AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
      LIMIT 1 FORMAT JSONEachRow
      """;

  private static final String CALL =
      """
      SELECT toString(received_at) AS received, event_type, message_id FROM vf.webhook_inbox
      WHERE env = 'shared' AND source = {source:String} AND event_id = {id:UUID}
        AND received_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND received_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
      LIMIT 1 FORMAT JSONEachRow
      """;

  private final DmDatabase dm;
  private final @Nullable ClickHouse clickHouse;
  private final List<Target> targets;
  private final Digests digests = new Digests();
  private final Consumers consumers = new Consumers(digests);
  private final Clock clock;

  /**
   * Asks these.
   *
   * @param clickHouse null in a run without an archive
   */
  public Where(DmDatabase dm, @Nullable ClickHouse clickHouse, List<Target> targets, Clock clock) {
    this.dm = dm;
    this.clickHouse = clickHouse;
    this.targets = List.copyOf(targets);
    this.clock = clock;
  }

  /** What a question was taken for, and the ways of its events. */
  public ObjectNode of(String what) throws SQLException, InterruptedException {
    ObjectNode answer = JSON.createObjectNode().put("asked", what);
    ArrayNode errors = JSON.createArrayNode();
    ArrayNode events = answer.putArray("events");
    UUID id = id(what);
    if (id != null) {
      add(events, way(id, errors));
    }
    if (!events.isEmpty()) {
      answer.put("taken_for", "event id").put("more", false);
    } else {
      Set<UUID> found = messages(what, errors);
      answer.put("taken_for", found.isEmpty() ? "subject" : "message id");
      if (found.isEmpty()) {
        found = subjects(what, errors);
        answer.put(
            "looked_through",
            "the latest %,d events of the outbox and %d days of the archive"
                .formatted(LATEST, SUBJECTS.toDays()));
      }
      for (UUID one : found) {
        add(events, way(one, errors));
      }
      answer.put("more", found.size() >= MOST);
    }
    answer.set("errors", errors);
    return answer;
  }

  private static void add(ArrayNode events, @Nullable ObjectNode way) {
    if (way != null) {
      events.add(way);
    }
  }

  private static @Nullable UUID id(String what) {
    try {
      return EventId.parse(what);
    } catch (InvalidEnvelope e) {
      return what.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
          ? UUID.fromString(what)
          : null;
    }
  }

  /**
   * The events of a call. Its keys are looked for where the message id tells a time, as Kick's do,
   * and in the last hour; whatever is older, in the inbox of the archive.
   */
  private Set<UUID> messages(String message, ArrayNode errors)
      throws SQLException, InterruptedException {
    Set<UUID> ids = new LinkedHashSet<>();
    UUID told = id(message);
    if (told != null) {
      Instant time = EventId.time(told);
      ids.addAll(keys(message, time.minus(AROUND), time.plus(AROUND)));
    }
    if (ids.isEmpty()) {
      Instant now = clock.instant();
      ids.addAll(keys(message, now.minus(MESSAGES), now.plus(AROUND)));
    }
    if (ids.isEmpty() && clickHouse != null) {
      try {
        for (UUID first :
            uuids(
                clickHouse.text(
                    ARCHIVED_MESSAGE,
                    Map.of("message", message, "most", Integer.toString(MOST))))) {
          ids.add(first);
          ids.addAll(chunk(first));
        }
      } catch (IOException e) {
        errors.add("clickhouse: " + e.getMessage());
      }
    }
    return ids;
  }

  private Set<UUID> keys(String message, Instant from, Instant to) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(OF_MESSAGE)) {
      query.setObject(1, EventId.first(from));
      query.setObject(2, EventId.first(to));
      query.setString(3, message);
      query.setInt(4, MOST);
      return uuids(query);
    }
  }

  private Set<UUID> chunk(UUID first) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(OF_CHUNK)) {
      query.setObject(1, first);
      query.setInt(2, MOST);
      return uuids(query);
    }
  }

  private Set<UUID> subjects(String subject, ArrayNode errors)
      throws SQLException, InterruptedException {
    Set<UUID> ids = new LinkedHashSet<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(OF_SUBJECT)) {
      query.setInt(1, LATEST);
      query.setString(2, subject);
      query.setInt(3, MOST);
      ids.addAll(uuids(query));
    }
    if (clickHouse != null && ids.size() < MOST) {
      try {
        ids.addAll(
            uuids(
                clickHouse.text(
                    ARCHIVED_SUBJECT,
                    Map.of(
                        "subject",
                        subject,
                        "since",
                        Long.toString(clock.instant().minus(SUBJECTS).toEpochMilli()),
                        "most",
                        Integer.toString(MOST - ids.size())))));
      } catch (IOException e) {
        errors.add("clickhouse: " + e.getMessage());
      }
    }
    return ids;
  }

  private static Set<UUID> uuids(PreparedStatement query) throws SQLException {
    Set<UUID> ids = new LinkedHashSet<>();
    try (ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        ids.add(rows.getObject(1, UUID.class));
      }
    }
    return ids;
  }

  private static Set<UUID> uuids(String lines) {
    Set<UUID> ids = new LinkedHashSet<>();
    lines.lines().filter(line -> !line.isEmpty()).map(UUID::fromString).forEach(ids::add);
    return ids;
  }

  /** Null for an id that nobody knows. */
  private @Nullable ObjectNode way(UUID id, ArrayNode errors)
      throws SQLException, InterruptedException {
    ObjectNode way = JSON.createObjectNode().put("id", EventId.text(id)).put("uuid", id.toString());
    String envelope = accepted(id, way);
    Instant told = told(id, envelope);
    JsonNode archived = archived(id, told, way, errors);
    if (envelope == null && archived != null) {
      envelope = archived.path("envelope").asText();
    }
    describe(way, envelope);
    boolean processed = environments(id, envelope, way, errors);
    return way.has("accepted") || archived != null || processed ? way : null;
  }

  private static Instant told(UUID id, @Nullable String envelope) {
    if (envelope != null) {
      String time = json(envelope).path("time").asText("");
      if (!time.isEmpty()) {
        return OffsetDateTime.parse(time).toInstant();
      }
    }
    return EventId.time(id);
  }

  private static void describe(ObjectNode way, @Nullable String envelope) {
    if (envelope != null) {
      JsonNode event = json(envelope);
      for (String attribute :
          List.of("source", "type", "subject", "time", "rev", "channelid", "traceparent")) {
        if (event.hasNonNull(attribute)) {
          way.set(attribute, event.path(attribute));
        }
      }
    }
  }

  /** The key, the outbox and the targets; the envelope, where the outbox has it. */
  private @Nullable String accepted(UUID id, ObjectNode way) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(KEY)) {
      query.setObject(1, id);
      try (ResultSet row = query.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        way.putObject("accepted")
            .put("at", text(row, "received_at"))
            .put("source", row.getString("source"))
            .put("message_id", row.getString("message_id"));
        LocalDate day = row.getObject("day", LocalDate.class);
        String envelope = row.getString("envelope");
        way.putObject("outbox")
            .put("day", day.toString())
            .put("chunk", row.getLong("chunk"))
            .put("position", row.getInt("pos"))
            .put("there", envelope != null)
            .put("dropped", !row.getBoolean("kept"))
            .put("committed_at", text(row, "created_at"))
            .put("carries_the_call", row.getBoolean("carries"));
        deliveries(connection, id, day, row.getLong("chunk"), row.getInt("pos"), way);
        return envelope;
      }
    }
  }

  private static void deliveries(
      Connection connection, UUID id, LocalDate day, long chunk, int position, ObjectNode way)
      throws SQLException {
    ObjectNode targets = way.putObject("targets");
    try (PreparedStatement query = connection.prepareStatement(DELIVERIES)) {
      query.setObject(1, id);
      query.setObject(2, day);
      query.setLong(3, chunk);
      query.setInt(4, position);
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          targets
              .putObject(row.getString("target"))
              .put("status", row.getString("status"))
              .put("attempts", row.getInt("attempts"))
              .put("attempted_at", text(row, "attempted_at"))
              .put("due_at", text(row, "due_at"))
              .put("claimed", row.getBoolean("claimed"))
              .put("mode", row.getString("mode"))
              .put("last_error", row.getString("last_error"))
              .put("response", row.getString("response"))
              .put("actor", row.getString("actor"))
              .put("reason", row.getString("reason"));
        }
      }
    }
  }

  private @Nullable JsonNode archived(UUID id, Instant told, ObjectNode way, ArrayNode errors)
      throws InterruptedException {
    if (clickHouse == null) {
      errors.add("clickhouse: this process runs without it");
      return null;
    }
    try {
      String text =
          clickHouse.text(ARCHIVED, around(Map.of("id", id.toString()), told, Duration.ofDays(2)));
      ObjectNode archive = way.putObject("archive").put("there", !text.isEmpty());
      if (text.isEmpty()) {
        return null;
      }
      JsonNode row = json(text);
      archive
          .put("committed_at", instant(row.path("committed")))
          .put("copies", row.path("rows").asLong());
      String call =
          clickHouse.text(
              CALL,
              around(
                  Map.of(
                      "id", id.toString(),
                      "source", json(row.path("envelope").asText()).path("source").asText()),
                  Instant.parse(instant(row.path("committed"))),
                  Duration.ofMinutes(1)));
      if (!call.isEmpty()) {
        JsonNode inbox = json(call);
        way.putObject("inbox")
            .put("received_at", instant(inbox.path("received")))
            .put("event_type", inbox.path("event_type").asText())
            .put("message_id", inbox.path("message_id").asText());
      }
      return row;
    } catch (IOException e) {
      errors.add("clickhouse: " + e.getMessage());
      return null;
    }
  }

  private static Map<String, String> around(
      Map<String, String> parameters, Instant time, Duration margin) {
    Map<String, String> all = new HashMap<>(parameters);
    all.put("since", Long.toString(Math.max(0, time.minus(margin).toEpochMilli())));
    all.put("until", Long.toString(Math.max(0, time.plus(margin).toEpochMilli())));
    return all;
  }

  /** Whether any of them has it. */
  private boolean environments(UUID id, @Nullable String envelope, ObjectNode way, ArrayNode errors)
      throws InterruptedException {
    boolean any = false;
    ObjectNode environments = way.putObject("environments");
    Instant told = EventId.time(id);
    for (Target target : targets) {
      if (!target.kind().equals(Target.HTTP)) {
        continue;
      }
      try {
        Instant at = consumers.ids(target, new Span(told, told.plusMillis(1))).get(id);
        ObjectNode environment =
            environments
                .putObject(target.name())
                .put("processed", at != null)
                .put("processed_at", at == null ? null : at.toString());
        any |= at != null;
        if (at != null && envelope != null) {
          environment.setAll(
              (ObjectNode) digests.ask(target, "rows", envelope.getBytes(StandardCharsets.UTF_8)));
        }
      } catch (IOException e) {
        errors.add(target.name() + ": " + e.getMessage());
      }
    }
    return any;
  }

  private static JsonNode json(String text) {
    try {
      JsonNode node = JSON.readTree(text);
      return node == null ? JSON.missingNode() : node;
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }

  private static @Nullable String text(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant().toString();
  }

  /** A time as ClickHouse writes it. */
  private static String instant(JsonNode text) {
    return Instant.parse(text.asText().replace(' ', 'T') + "Z").toString();
  }
}
