package ingest.outbox;

import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.store.DmDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The only commit point. What {@link #commit} returned for is in the database and will be
 * delivered; what it threw for may be there or not (a connection lost at COMMIT), and calling again
 * with the same intake settles that, because the ids are the same. Thread-safe.
 */
public final class Outbox {
  /** Events of one chunk; positions are bits of {@code delivery_chunk.mask}. */
  static final int CHUNK_EVENTS = 128;

  /** Bytes of one chunk's envelopes; two of the largest fit. */
  static final int CHUNK_BYTES = 2 * Envelope.MAX_BYTES;

  /**
   * Keys, events and what is to be delivered, in one statement. Data-modifying CTEs see one
   * snapshot, so each reads the one before by RETURNING. Rows go in sorted by key: two groups that
   * overlap in another order would deadlock on their speculative inserts.
   */
  private static final String INTAKE =
      """
      WITH g AS MATERIALIZED (
          SELECT nextval('ingest.chunk_seq') AS chunk, ingest.now() AS at,
                 (ingest.now() AT TIME ZONE 'UTC')::date AS day
      ), e AS MATERIALIZED (
          SELECT * FROM unnest(?::uuid[], ?::smallint[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[])
              AS e(id, pos, source, type, subject, rev, channelid, envelope)
      ), k AS (
          INSERT INTO ingest.event_key (id, day, chunk, pos, source, received_at)
          SELECT e.id, g.day, g.chunk, e.pos, e.source, g.at FROM e, g ORDER BY e.id
          ON CONFLICT DO NOTHING
          RETURNING id
      ), o AS (
          INSERT INTO ingest.ingest_outbox
              (day, chunk, pos, event_id, source, type, subject, rev, channelid, envelope, created_at)
          SELECT g.day, g.chunk, e.pos, e.id, e.source, e.type, e.subject, e.rev, e.channelid, e.envelope, g.at
          FROM k JOIN e USING (id), g ORDER BY e.pos
          RETURNING pos, type, targets
      ), c AS (
          INSERT INTO ingest.delivery_chunk (day, chunk, target, n, mask, due_at, token, claims)
          SELECT g.day, g.chunk, t.name, count(*),
                 CASE WHEN count(*) < (SELECT count(*) FROM o)
                      THEN bit_or(set_bit(repeat('0', 128)::bit(128), o.pos, 1)) END,
                 CASE WHEN own.name IS NULL THEN g.at ELSE g.at + make_interval(secs => ?) END,
                 own.token, CASE WHEN own.name IS NULL THEN 0 ELSE 1 END
          FROM g, ingest.target t
          JOIN o ON CASE WHEN o.targets IS NULL THEN ingest.type_matches(t.types, o.type)
                         ELSE t.kind = 'clickhouse' OR t.name = ANY (o.targets) END
          LEFT JOIN unnest(?::text[], ?::uuid[]) AS own(name, token) ON own.name = t.name AND t.mode = 'live'
          WHERE t.mode <> 'off'
          GROUP BY g.day, g.chunk, g.at, t.name, own.name, own.token
          RETURNING target, token, mask
      )
      SELECT g.day, g.chunk, g.at, k.id, NULL AS target, NULL::uuid AS token, NULL::bit(128) AS mask FROM g, k
      UNION ALL
      SELECT g.day, g.chunk, g.at, NULL, c.target, c.token, c.mask FROM g, c
      """;

  /** No partition takes a row: SQLSTATE 23514 of PostgreSQL's tuple routing. */
  private static final String NO_PARTITION = "23514";

  private final DmDatabase dm;
  private final EventTypes types;
  private final Owners owners;
  private final WakeUp wakeUp;
  private final OutboxMetrics metrics;
  private final Duration lease;
  private volatile boolean archived;

  public Outbox(
      DmDatabase dm,
      EventTypes types,
      Owners owners,
      WakeUp wakeUp,
      OutboxMetrics metrics,
      Duration lease) {
    this.dm = dm;
    this.types = types;
    this.owners = owners;
    this.wakeUp = wakeUp;
    this.metrics = metrics;
    this.lease = lease;
  }

  /**
   * Commits an intake in one transaction: its events in chunks, then its effects.
   *
   * @throws InvalidEnvelope for an event off its schema, over its size, or that shares its id with
   *     another of this intake; nothing is committed then
   * @throws SQLException when it is not known to be committed; the same intake may be tried again
   */
  public Committed commit(Intake intake) throws SQLException {
    List<List<Member>> groups = groups(intake.envelopes());
    requireArchive();
    try {
      return transaction(intake, groups);
    } catch (SQLException e) {
      if (!NO_PARTITION.equals(e.getSQLState())) {
        throw e;
      }
      new Partitions(dm).make();
      return transaction(intake, groups);
    }
  }

  private Committed transaction(Intake intake, List<List<Member>> groups) throws SQLException {
    Map<String, UUID> own = owners.withRoom();
    List<Group> committed =
        dm.transaction(
            tx -> {
              List<Group> done = new ArrayList<>();
              for (List<Member> group : groups) {
                done.add(insert(tx, group, own));
              }
              Set<UUID> fresh = fresh(done);
              for (Effect effect : intake.effects()) {
                effect.write(tx, fresh);
              }
              return done;
            });
    Set<UUID> fresh = fresh(committed);
    Set<UUID> duplicates = new HashSet<>();
    intake.envelopes().stream()
        .map(Envelope::id)
        .filter(id -> !fresh.contains(id))
        .forEach(duplicates::add);
    boolean due = committed.stream().map(this::handOver).reduce(false, (a, b) -> a || b);
    wakeUp.committed(due);
    metrics.committed(intake.envelopes(), fresh);
    return new Committed(fresh, duplicates);
  }

  /** True when a chunk of the group is left for a claim. */
  private boolean handOver(Group group) {
    boolean due = false;
    for (Group.Delivery delivery : group.deliveries) {
      if (delivery.owned) {
        List<OutboxEvent> events =
            group.events.stream()
                .filter(e -> delivery.mask == null || delivery.mask.charAt(e.position) == '1')
                .toList();
        owners.take(delivery.target, group.day, group.chunk, events);
      } else {
        due = true;
      }
    }
    return due;
  }

  private Group insert(Connection tx, List<Member> group, Map<String, UUID> own)
      throws SQLException {
    List<Map.Entry<String, UUID>> owning = List.copyOf(own.entrySet());
    try (PreparedStatement statement = tx.prepareStatement(INTAKE)) {
      int p = 0;
      statement.setArray(++p, array(tx, "uuid", group, m -> m.envelope.id()));
      statement.setArray(++p, array(tx, "smallint", group, m -> (short) m.position));
      statement.setArray(++p, array(tx, "text", group, m -> m.envelope.source()));
      statement.setArray(++p, array(tx, "text", group, m -> m.envelope.type()));
      statement.setArray(++p, array(tx, "text", group, m -> m.envelope.subject()));
      statement.setArray(++p, array(tx, "bigint", group, m -> m.envelope.rev()));
      statement.setArray(++p, array(tx, "text", group, m -> m.envelope.channelid()));
      statement.setArray(++p, array(tx, "text", group, m -> m.json));
      statement.setDouble(++p, lease.toMillis() / 1000.0);
      statement.setArray(
          ++p, tx.createArrayOf("text", owning.stream().map(Map.Entry::getKey).toArray()));
      statement.setArray(
          ++p, tx.createArrayOf("uuid", owning.stream().map(Map.Entry::getValue).toArray()));
      try (ResultSet rows = statement.executeQuery()) {
        return Group.read(rows, group);
      }
    }
  }

  private interface Column {
    @Nullable Object of(Member member);
  }

  private static java.sql.Array array(Connection tx, String type, List<Member> group, Column column)
      throws SQLException {
    Object[] values = new Object[group.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = column.of(group.get(i));
    }
    return tx.createArrayOf(type, values);
  }

  private List<List<Member>> groups(List<Envelope> envelopes) {
    Set<UUID> ids = new HashSet<>();
    List<List<Member>> groups = new ArrayList<>();
    List<Member> group = new ArrayList<>();
    int bytes = 0;
    for (Envelope envelope : envelopes) {
      if (!ids.add(envelope.id())) {
        throw new InvalidEnvelope(
            "two events of one intake share the id " + EventId.text(envelope.id()));
      }
      types.check(envelope);
      String json = envelope.toJson();
      int size = json.getBytes(StandardCharsets.UTF_8).length;
      if (group.size() == CHUNK_EVENTS || bytes + size > CHUNK_BYTES) {
        groups.add(sorted(group));
        group = new ArrayList<>();
        bytes = 0;
      }
      group.add(new Member(envelope, group.size(), json));
      bytes += size;
    }
    if (!group.isEmpty()) {
      groups.add(sorted(group));
    }
    return groups;
  }

  private static List<Member> sorted(List<Member> group) {
    group.sort(Comparator.comparing(m -> m.envelope.id()));
    return group;
  }

  /**
   * Without the archive's row in {@code ingest.target} an event would be accepted and never kept.
   */
  private void requireArchive() throws SQLException {
    if (archived) {
      return;
    }
    try (Connection connection = dm.connection();
        PreparedStatement query =
            connection.prepareStatement("SELECT FROM ingest.target WHERE kind = 'clickhouse'");
        ResultSet rows = query.executeQuery()) {
      if (!rows.next()) {
        throw new SQLException(
            "ingest.target has no row of kind clickhouse: run bin/ingest migrate", "55000");
      }
      archived = true;
    }
  }

  private static Set<UUID> fresh(List<Group> groups) {
    Set<UUID> fresh = new HashSet<>();
    groups.forEach(g -> g.events.forEach(e -> fresh.add(e.id)));
    return fresh;
  }

  private record Member(Envelope envelope, int position, String json) {}

  /** What the intake statement did with one group. */
  private static final class Group {
    private record Delivery(String target, boolean owned, @Nullable String mask) {}

    private final LocalDate day;
    private final long chunk;
    private final List<OutboxEvent> events = new ArrayList<>();
    private final List<Delivery> deliveries = new ArrayList<>();

    private Group(LocalDate day, long chunk) {
      this.day = day;
      this.chunk = chunk;
    }

    /** Rows come in no order: matched by id, never by position. */
    private static Group read(ResultSet rows, List<Member> members) throws SQLException {
      Group group = new Group(LocalDate.MIN, -1);
      Set<UUID> fresh = new HashSet<>();
      Instant at = Instant.MIN;
      while (rows.next()) {
        if (group.chunk < 0) {
          group = new Group(rows.getObject("day", LocalDate.class), rows.getLong("chunk"));
          at = rows.getObject("at", Timestamp.class).toInstant();
        }
        UUID id = rows.getObject("id", UUID.class);
        if (id == null) {
          group.deliveries.add(
              new Delivery(
                  rows.getString("target"),
                  rows.getObject("token", UUID.class) != null,
                  rows.getString("mask")));
        } else {
          fresh.add(id);
        }
      }
      for (Member m : members) {
        if (fresh.contains(m.envelope.id())) {
          group.events.add(
              new OutboxEvent(
                  group.day,
                  group.chunk,
                  m.position,
                  m.envelope.id(),
                  m.envelope.type(),
                  m.json.getBytes(StandardCharsets.UTF_8),
                  at));
        }
      }
      group.events.sort(Comparator.comparingInt(e -> e.position));
      return group;
    }
  }
}
