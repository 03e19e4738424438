package ingest.outbox;

import ingest.envelope.Envelope;
import ingest.store.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The one statement that takes a commit group in, and what it did with it. */
final class IntakeStatement {
  /**
   * Keys, events and what is to be delivered, in one statement. Data-modifying CTEs see one
   * snapshot, so each reads the one before by RETURNING. Rows go in sorted by key, as {@link
   * Outbox} sorted them. A call as it came rides on the first of its events that is new; {@code
   * message} numbers the calls that have several.
   *
   * <p>It is planned once, for groups of any size: what is new is an array, because a join of two
   * CTEs would be by nested loops then, and what a target takes is asked for each type, not for
   * each event. That question is {@code ingest.type_matches} written out: to call it costs more
   * than to take in an event.
   */
  private static final String INTAKE =
      """
      WITH g AS MATERIALIZED (
          SELECT nextval('ingest.chunk_seq') AS chunk, ingest.now() AS at,
                 (ingest.now() AT TIME ZONE 'UTC')::date AS day
      ), e AS MATERIALIZED (
          SELECT * FROM unnest(?::uuid[], ?::smallint[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[],
                               ?::bytea[], ?::int[], ?::text[], ?::text[], ?::bytea[])
              AS e(id, pos, source, type, subject, rev, channelid, targets, envelope, message, message_id, about, body)
      ), k AS (
          INSERT INTO ingest.event_key (id, day, chunk, pos, source, message_id, received_at)
          SELECT e.id, g.day, g.chunk, e.pos, e.source, e.message_id, g.at FROM e, g ORDER BY e.id
          ON CONFLICT DO NOTHING
          RETURNING id
      ), n AS MATERIALIZED (
          SELECT array_agg(id) AS ids FROM k
      ), o AS (
          INSERT INTO ingest.ingest_outbox
              (day, chunk, pos, event_id, source, type, subject, rev, channelid, targets, envelope, raw, raw_headers, created_at)
          SELECT g.day, g.chunk, e.pos, e.id, e.source, e.type, e.subject, e.rev, e.channelid,
                 string_to_array(e.targets, ','), convert_from(e.envelope, 'UTF8'),
                 CASE WHEN c.carries THEN e.body END, CASE WHEN c.carries THEN e.about END, g.at
          FROM g, n, e, LATERAL (
              SELECT e.message IS NULL
                     OR e.pos = (SELECT min(f.pos) FROM e f WHERE f.message = e.message AND f.id = ANY (n.ids)) AS carries
          ) c
          WHERE e.id = ANY (n.ids)
          RETURNING pos, type, targets
      ), t AS MATERIALIZED (
          SELECT name, kind, mode,
                 ARRAY(SELECT o.type FROM o WHERE o.targets IS NULL GROUP BY o.type
                       HAVING EXISTS (SELECT FROM unnest(types) p
                                      WHERE o.type = p OR (right(p, 1) = '*' AND starts_with(o.type, left(p, -1))))
                 ) AS takes
          FROM ingest.target WHERE mode <> 'off'
      ), c AS (
          INSERT INTO ingest.delivery_chunk (day, chunk, target, n, mask, due_at, token, claims)
          SELECT g.day, g.chunk, t.name, count(*),
                 CASE WHEN count(*) < (SELECT count(*) FROM o)
                      THEN bit_or(set_bit(repeat('0', 128)::bit(128), o.pos, 1)) END,
                 CASE WHEN own.name IS NULL THEN g.at ELSE g.at + make_interval(secs => ?) END,
                 own.token, CASE WHEN own.name IS NULL THEN 0 ELSE 1 END
          FROM g, t
          JOIN o ON CASE WHEN o.targets IS NULL THEN o.type = ANY (t.takes)
                         ELSE t.kind = 'clickhouse' OR t.name = ANY (o.targets) END
          LEFT JOIN unnest(?::text[], ?::uuid[]) AS own(name, token) ON own.name = t.name AND t.mode = 'live'
          GROUP BY g.day, g.chunk, g.at, t.name, own.name, own.token
          RETURNING target, token, mask
      )
      SELECT g.day, g.chunk, g.at, k.id, NULL AS target, NULL::uuid AS token, NULL::bit(128) AS mask FROM g, k
      UNION ALL
      SELECT g.day, g.chunk, g.at, NULL, c.target, c.token, c.mask FROM g, c
      """;

  private final Duration lease;

  IntakeStatement(Duration lease) {
    this.lease = lease;
  }

  /**
   * An event of the group; {@code position} is its bit in a mask. Without targets it goes to those
   * that take its type; names of targets have no comma.
   */
  static final class Member {
    final Envelope envelope;
    final List<String> targets;
    final @Nullable Original original;
    final int position;

    /** The envelope's bytes: those that are stored, signed and sent. */
    final byte[] json;

    Member(
        Envelope envelope,
        List<String> targets,
        @Nullable Original original,
        int position,
        byte[] json) {
      this.envelope = envelope;
      this.targets = targets;
      this.original = original;
      this.position = position;
      this.json = json;
    }

    @Nullable String messageId() {
      return original == null ? null : original.messageId;
    }

    @Nullable String about() {
      return original == null ? null : original.about();
    }

    byte @Nullable [] body() {
      return original == null ? null : original.body;
    }

    @Nullable String named() {
      return targets.isEmpty() ? null : String.join(",", targets);
    }
  }

  /** What one target gets of a group; a null mask means all of it. */
  record Delivery(String target, boolean owned, @Nullable String mask) {}

  /** The new events of a group, by position, and their deliveries. */
  record Group(LocalDate day, long number, List<OutboxEvent> events, List<Delivery> deliveries) {}

  /**
   * Inserts a group in the caller's transaction.
   *
   * @param own targets whose lane takes the chunk from its commit, with the lane's token
   */
  Group insert(Connection tx, List<Member> group, Map<String, UUID> own) throws SQLException {
    List<Map.Entry<String, UUID>> owning = List.copyOf(own.entrySet());
    Map<Original, Integer> shared = shared(group);
    try (PreparedStatement statement = tx.prepareStatement(INTAKE)) {
      int p = 0;
      statement.setArray(++p, Columns.of(tx, "uuid", group, m -> m.envelope.id()));
      statement.setArray(++p, Columns.of(tx, "smallint", group, m -> (short) m.position));
      statement.setArray(++p, Columns.of(tx, "text", group, m -> m.envelope.source()));
      statement.setArray(++p, Columns.of(tx, "text", group, m -> m.envelope.type()));
      statement.setArray(++p, Columns.of(tx, "text", group, m -> m.envelope.subject()));
      statement.setArray(++p, Columns.of(tx, "bigint", group, m -> m.envelope.rev()));
      statement.setArray(++p, Columns.of(tx, "text", group, m -> m.envelope.channelid()));
      statement.setArray(++p, Columns.of(tx, "text", group, Member::named));
      statement.setArray(++p, Columns.bytes(tx, group, m -> m.json));
      statement.setArray(++p, Columns.of(tx, "int4", group, m -> shared.get(m.original)));
      statement.setArray(++p, Columns.of(tx, "text", group, Member::messageId));
      statement.setArray(++p, Columns.of(tx, "text", group, Member::about));
      statement.setArray(++p, Columns.bytes(tx, group, Member::body));
      statement.setDouble(++p, lease.toMillis() / 1000.0);
      statement.setArray(++p, Columns.of(tx, "text", owning, Map.Entry::getKey));
      statement.setArray(++p, Columns.of(tx, "uuid", owning, Map.Entry::getValue));
      try (ResultSet rows = statement.executeQuery()) {
        return read(rows, group);
      }
    }
  }

  /** The calls that brought several events of a group, numbered. */
  private static Map<Original, Integer> shared(List<Member> group) {
    Set<Original> seen = new HashSet<>();
    Map<Original, Integer> shared = new HashMap<>();
    for (Member m : group) {
      if (m.original != null && !seen.add(m.original)) {
        shared.putIfAbsent(m.original, shared.size());
      }
    }
    return shared;
  }

  /**
   * Rows come in no order: matched by id, never by position. Members are in the order of theirs.
   */
  private static Group read(ResultSet rows, List<Member> members) throws SQLException {
    LocalDate day = LocalDate.MIN;
    long number = -1;
    Instant at = Instant.MIN;
    Set<UUID> fresh = new HashSet<>();
    List<Delivery> deliveries = new ArrayList<>();
    while (rows.next()) {
      day = rows.getObject("day", LocalDate.class);
      number = rows.getLong("chunk");
      at = rows.getObject("at", Timestamp.class).toInstant();
      UUID id = rows.getObject("id", UUID.class);
      if (id != null) {
        fresh.add(id);
      } else {
        boolean owned = rows.getObject("token", UUID.class) != null;
        deliveries.add(new Delivery(rows.getString("target"), owned, rows.getString("mask")));
      }
    }
    List<OutboxEvent> events = new ArrayList<>();
    Set<Original> carried = new HashSet<>();
    for (Member m : members) {
      if (fresh.contains(m.envelope.id())) {
        boolean first = m.original != null && carried.add(m.original);
        events.add(
            new OutboxEvent(
                day,
                number,
                m.position,
                m.envelope.id(),
                m.envelope.type(),
                m.json,
                at,
                first ? m.original : null));
      }
    }
    return new Group(day, number, events, deliveries);
  }
}
