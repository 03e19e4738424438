package ingest.balance;

import ingest.envelope.EventId;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The outbox's side: what was accepted with ids of a span, and what of it each target is said to
 * have. Found by the event keys, which know every id that was accepted in 35 days, whenever it came
 * and whatever time it tells.
 */
final class Accepted {
  /** The XOR of the low halves of ids {@code k.id}. */
  private static final String HASH =
      "bit_xor(('x' || encode(substring(uuid_send(k.id) FROM 9), 'hex'))::bit(64)::bigint)";

  /** The minute that {@code k.id} tells. */
  private static final String MINUTE =
      "('x' || encode(substring(uuid_send(k.id) FROM 1 FOR 6), 'hex'))::bit(48)::bigint / 60000";

  private static final String PARTS =
      """
      SELECT k.day, min(k.chunk) AS first, max(k.chunk) AS last, count(*) AS events,
             to_regclass('ingest.ingest_outbox_' || to_char(k.day, 'YYYYMMDD')) IS NOT NULL AS kept
      FROM ingest.event_key k WHERE k.id >= ? AND k.id < ? GROUP BY k.day
      """;

  /**
   * The keys of a span with the deliveries that are made for them, where the outbox has their day.
   * An exception's own row counts, else its chunk's.
   */
  private static final String DELIVERIES =
      """
      FROM ingest.event_key k
      JOIN ingest.delivery_chunk c ON c.day = k.day AND c.chunk = k.chunk
                                  AND (c.mask IS NULL OR get_bit(c.mask, k.pos) = 1)
      LEFT JOIN ingest.delivery_item i ON i.day = c.day AND i.target = c.target AND i.event_id = k.id
      WHERE k.id >= ? AND k.id < ? AND c.day = ANY (?) AND c.chunk BETWEEN ? AND ?
        AND CASE WHEN i.status IS NULL THEN c.status = 1 ELSE i.status = 'delivered' END
      """;

  private static final String DELIVERED =
      "SELECT c.target, "
          + MINUTE
          + " AS minute, count(*) AS events, "
          + HASH
          + " AS hash "
          + DELIVERIES
          + " GROUP BY 1, 2";

  /** {@code traced}: somebody has settled it, and not in words alone. */
  private static final String DELIVERED_IDS =
      """
      SELECT k.id, k.day, k.chunk,
             CASE WHEN i.status IS NULL THEN c.settled_at IS NOT NULL
                  ELSE i.attempted_at IS NOT NULL AND i.last_error IS NULL END AS traced
      """
          + DELIVERIES
          + " AND c.target = ?";

  private static final String DROPPED =
      "SELECT k.day, "
          + MINUTE
          + " AS minute, count(*) AS events, "
          + HASH
          + " AS hash"
          + " FROM ingest.event_key k WHERE k.id >= ? AND k.id < ? AND k.day = ANY (?) GROUP BY 1, 2";

  private static final String DROPPED_IDS =
      "SELECT k.id, k.day FROM ingest.event_key k WHERE k.id >= ? AND k.id < ? AND k.day = ANY (?)";

  /** Of days that were dropped, the types of which a target has got every event. */
  private static final String WHOLE =
      """
      SELECT a.day, d.target, a.type
      FROM (SELECT day, type, sum(events) AS n FROM ingest.day_total
            WHERE day = ANY (?) AND target = '' GROUP BY day, type) a
      JOIN (SELECT day, type, target, sum(events) AS n FROM ingest.day_total
            WHERE day = ANY (?) AND target <> '' AND status = 'delivered' GROUP BY day, type, target) d USING (day, type)
      WHERE a.n = d.n
      """;

  private static final String TYPES_OF_DAY =
      "SELECT DISTINCT day, type FROM ingest.day_total WHERE day = ANY (?) AND target = ''";

  /**
   * What a target takes by its type and was never to get. A minute's grace: an intake that began
   * before a change of the target goes by what was before.
   */
  private static final String UNACCOUNTED =
      """
      SELECT k.id, t.name
      FROM ingest.event_key k
      JOIN ingest.ingest_outbox o ON o.day = k.day AND o.chunk = k.chunk AND o.pos = k.pos
      JOIN ingest.target t ON t.mode <> 'off' AND o.created_at > t.takes_since + interval '1 minute'
       AND CASE WHEN o.targets IS NULL
                THEN EXISTS (SELECT FROM unnest(t.types) p
                             WHERE o.type = p OR (right(p, 1) = '*' AND starts_with(o.type, left(p, -1))))
                ELSE t.kind = 'clickhouse' OR t.name = ANY (o.targets) END
      WHERE k.id >= ? AND k.id < ? AND o.day = ANY (?) AND o.chunk BETWEEN ? AND ?
        AND NOT EXISTS (SELECT FROM ingest.delivery_chunk c
                        WHERE c.day = k.day AND c.chunk = k.chunk AND c.target = t.name
                          AND c.day = ANY (?) AND c.chunk BETWEEN ? AND ?
                          AND (c.mask IS NULL OR get_bit(c.mask, k.pos) = 1))
      """;

  /** Keys whose day the outbox has, and whose event it has not. */
  private static final String WITHOUT_EVENT =
      """
      SELECT k.id FROM ingest.event_key k
      WHERE k.id >= ? AND k.id < ? AND k.day = ANY (?)
        AND NOT EXISTS (SELECT FROM ingest.ingest_outbox o
                        WHERE o.day = k.day AND o.chunk = k.chunk AND o.pos = k.pos AND o.event_id = k.id
                          AND o.day = ANY (?) AND o.chunk BETWEEN ? AND ?)
      """;

  /** One event of each chunk that says another number of exceptions than there are. */
  private static final String MISCOUNTED =
      """
      WITH k AS MATERIALIZED (
          SELECT day, chunk, (array_agg(id))[1] AS id FROM ingest.event_key WHERE id >= ? AND id < ? GROUP BY day, chunk
      ), i AS MATERIALIZED (
          SELECT day, target, chunk, count(*) AS n FROM ingest.delivery_item
          WHERE day = ANY (?) AND chunk BETWEEN ? AND ? GROUP BY day, target, chunk
      )
      SELECT c.target, k.id
      FROM k JOIN ingest.delivery_chunk c ON c.day = k.day AND c.chunk = k.chunk
      LEFT JOIN i ON i.day = c.day AND i.target = c.target AND i.chunk = c.chunk
      WHERE c.day = ANY (?) AND c.chunk BETWEEN ? AND ? AND c.status IN (1, 3)
        AND NOT EXISTS (SELECT FROM ingest.target t WHERE t.name = c.target AND t.mode = 'off') AND c.n_exc <> coalesce(i.n, 0)
      """;

  private static final String EVENTS =
      """
      SELECT o.event_id, CASE WHEN left(o.envelope, 1) = '{' THEN (o.envelope::json ->> 'time')::timestamptz END AS time
      FROM ingest.event_key k JOIN ingest.ingest_outbox o ON o.day = k.day AND o.chunk = k.chunk AND o.pos = k.pos
      WHERE k.id = ANY (?)
      """;

  private static final String KNOWN = "SELECT id FROM ingest.event_key WHERE id = ANY (?)";

  private static final String OFF = "SELECT name FROM ingest.target WHERE mode = 'off'";

  /** Ids of one statement. */
  private static final int PAGE = 5_000;

  /**
   * Where a span's events are.
   *
   * @param kept days that the outbox has
   * @param dropped days that it has no more
   */
  record Place(
      Span span, Set<LocalDate> kept, Set<LocalDate> dropped, long first, long last, long events) {}

  /** An event that a target is said to have. */
  record Delivered(UUID id, LocalDate day, long chunk, boolean traced) {}

  /** A type on a day. */
  record TypeOfDay(LocalDate day, String type) {}

  private final DmDatabase dm;

  Accepted(DmDatabase dm) {
    this.dm = dm;
  }

  Place place(Span span) throws SQLException {
    Set<LocalDate> kept = new HashSet<>();
    Set<LocalDate> dropped = new HashSet<>();
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    long events = 0;
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(PARTS)) {
      span(query, span);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          LocalDate day = rows.getObject("day", LocalDate.class);
          events += rows.getLong("events");
          if (rows.getBoolean("kept")) {
            kept.add(day);
            first = Math.min(first, rows.getLong("first"));
            last = Math.max(last, rows.getLong("last"));
          } else {
            dropped.add(day);
          }
        }
      }
    }
    return new Place(span, kept, dropped, first, last, events);
  }

  /** The targets that stand outside the balance for now. */
  Set<String> off() throws SQLException {
    Set<String> off = new HashSet<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(OFF);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        off.add(rows.getString("name"));
      }
    }
    return off;
  }

  /** By target and minute, of the days that the outbox has. */
  Map<String, Map<Long, Digest>> delivered(Place place) throws SQLException {
    Map<String, Map<Long, Digest>> delivered = new HashMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(DELIVERED)) {
      bind(query, place, place.span);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          delivered
              .computeIfAbsent(rows.getString("target"), t -> new HashMap<>())
              .put(
                  rows.getLong("minute"), new Digest(rows.getLong("events"), rows.getLong("hash")));
        }
      }
    }
    return delivered;
  }

  /** The same id by id, of one target and a part of the span. */
  Map<UUID, Delivered> delivered(Place place, Span part, String target) throws SQLException {
    Map<UUID, Delivered> delivered = new TreeMap<>(EventId.ORDER);
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(DELIVERED_IDS)) {
      int p = bind(query, place, part);
      query.setString(++p, target);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          UUID id = rows.getObject("id", UUID.class);
          delivered.put(
              id,
              new Delivered(
                  id,
                  rows.getObject("day", LocalDate.class),
                  rows.getLong("chunk"),
                  rows.getBoolean("traced")));
        }
      }
    }
    return delivered;
  }

  /** By minute, of days that were dropped. */
  Map<Long, Digest> dropped(Span span, Collection<LocalDate> days) throws SQLException {
    Map<Long, Digest> dropped = new HashMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(DROPPED)) {
      span(query, span);
      query.setArray(3, connection.createArrayOf("date", days.toArray()));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          dropped.merge(
              rows.getLong("minute"),
              new Digest(rows.getLong("events"), rows.getLong("hash")),
              Digest::and);
        }
      }
    }
    return dropped;
  }

  /** The same id by id. */
  Set<UUID> droppedIds(Span span, Collection<LocalDate> days) throws SQLException {
    Set<UUID> ids = new HashSet<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(DROPPED_IDS)) {
      span(query, span);
      query.setArray(3, connection.createArrayOf("date", days.toArray()));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          ids.add(rows.getObject("id", UUID.class));
        }
      }
    }
    return ids;
  }

  /** Of dropped days, the types of which each target has got every event, by target. */
  Map<String, Set<TypeOfDay>> whole(Collection<LocalDate> days) throws SQLException {
    Map<String, Set<TypeOfDay>> whole = new HashMap<>();
    if (days.isEmpty()) {
      return whole;
    }
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(WHOLE)) {
      query.setArray(1, connection.createArrayOf("date", days.toArray()));
      query.setArray(2, connection.createArrayOf("date", days.toArray()));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          whole
              .computeIfAbsent(rows.getString("target"), t -> new HashSet<>())
              .add(new TypeOfDay(rows.getObject("day", LocalDate.class), rows.getString("type")));
        }
      }
    }
    return whole;
  }

  /** Of dropped days, those of which {@code whole} has every type. */
  Set<LocalDate> wholeDays(Collection<LocalDate> days, Set<TypeOfDay> whole) throws SQLException {
    Set<LocalDate> complete = new HashSet<>();
    if (days.isEmpty()) {
      return complete;
    }
    Set<LocalDate> not = new HashSet<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(TYPES_OF_DAY)) {
      query.setArray(1, connection.createArrayOf("date", days.toArray()));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          LocalDate day = rows.getObject("day", LocalDate.class);
          complete.add(day);
          if (!whole.contains(new TypeOfDay(day, rows.getString("type")))) {
            not.add(day);
          }
        }
      }
    }
    complete.removeAll(not);
    return complete;
  }

  /** By target, what it takes and was never to get. */
  Map<String, List<UUID>> unaccounted(Place place) throws SQLException {
    return byTarget(UNACCOUNTED, place, "name");
  }

  /** By target, one event of each chunk that is miscounted. */
  Map<String, List<UUID>> miscounted(Place place) throws SQLException {
    return byTarget(MISCOUNTED, place, "target");
  }

  private Map<String, List<UUID>> byTarget(String sql, Place place, String column)
      throws SQLException {
    Map<String, List<UUID>> ids = new TreeMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(sql)) {
      chunks(query, bind(query, place, place.span), place);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          ids.computeIfAbsent(rows.getString(column), t -> new ArrayList<>())
              .add(rows.getObject("id", UUID.class));
        }
      }
    }
    return ids;
  }

  /** Keys without their event though the outbox has the day. */
  List<UUID> withoutEvent(Place place) throws SQLException {
    List<UUID> ids = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(WITHOUT_EVENT)) {
      int p = span(query, place.span);
      query.setArray(++p, connection.createArrayOf("date", place.kept.toArray()));
      chunks(query, p, place);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          ids.add(rows.getObject("id", UUID.class));
        }
      }
    }
    return ids;
  }

  /** Of some ids those that the outbox has the event of, with the time that it tells. */
  Map<UUID, Instant> events(Collection<UUID> ids) throws SQLException {
    Map<UUID, Instant> events = new HashMap<>();
    for (Object[] page : pages(ids)) {
      try (Connection connection = dm.connection();
          PreparedStatement query = connection.prepareStatement(EVENTS)) {
        query.setArray(1, connection.createArrayOf("uuid", page));
        try (ResultSet rows = query.executeQuery()) {
          while (rows.next()) {
            UUID id = rows.getObject("event_id", UUID.class);
            OffsetDateTime time = rows.getObject("time", OffsetDateTime.class);
            events.put(id, time == null ? EventId.time(id) : time.toInstant());
          }
        }
      }
    }
    return events;
  }

  /** Of some ids those that were ever accepted, as far back as keys are kept. */
  Set<UUID> known(Collection<UUID> ids) throws SQLException {
    Set<UUID> known = new HashSet<>();
    for (Object[] page : pages(ids)) {
      try (Connection connection = dm.connection();
          PreparedStatement query = connection.prepareStatement(KNOWN)) {
        query.setArray(1, connection.createArrayOf("uuid", page));
        try (ResultSet rows = query.executeQuery()) {
          while (rows.next()) {
            known.add(rows.getObject("id", UUID.class));
          }
        }
      }
    }
    return known;
  }

  private static List<Object[]> pages(Collection<UUID> ids) {
    List<UUID> all = List.copyOf(ids);
    List<Object[]> pages = new ArrayList<>();
    for (int from = 0; from < all.size(); from += PAGE) {
      pages.add(all.subList(from, Math.min(all.size(), from + PAGE)).toArray());
    }
    return pages;
  }

  private static int span(PreparedStatement query, Span span) throws SQLException {
    query.setObject(1, span.first());
    query.setObject(2, span.end());
    return 2;
  }

  private static int bind(PreparedStatement query, Place place, Span span) throws SQLException {
    return chunks(query, span(query, span), place);
  }

  /** Without these a join would look through every day that there is. */
  private static int chunks(PreparedStatement query, int bound, Place place) throws SQLException {
    int p = bound;
    query.setArray(++p, query.getConnection().createArrayOf("date", place.kept.toArray()));
    query.setLong(++p, place.first);
    query.setLong(++p, place.last);
    return p;
  }
}
