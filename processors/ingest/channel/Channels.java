package ingest.channel;

import ingest.envelope.Revision;
import ingest.store.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way into {@code dm.streamer_channel}: {@code upsertChannel} of the plan, for many
 * channels at once. Idempotent, and right under any number of threads and processes.
 *
 * <p>A batch of channels that are known under their names is two statements, whatever its size. New
 * channels and other names are the exception: they take turns, one transaction per platform at a
 * time, and then see and settle everything that their names touch.
 */
public final class Channels {
  private static final Logger LOG = LoggerFactory.getLogger(Channels.class);

  /** SQLSTATE of what is tried again as a whole: serialization failure. */
  private static final String AGAIN = "40001";

  private static final String KNOWN =
      """
      SELECT c.platform, c.platform_user_id, c.current_slug, c.slug_rev, c.slug_ev
      FROM unnest(?::text[], ?::text[]) AS k(platform, platform_user_id)
      JOIN dm.streamer_channel c USING (platform, platform_user_id)
      """;

  /** Whoever changes a name holds this until its commit, and took it before it locked any row. */
  private static final String TURN =
      "SELECT pg_advisory_xact_lock(hashtextextended('dm.streamer_channel ' || ?, 0))";

  private static final String ADD =
      """
      WITH n AS (
          SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::timestamptz[], ?::timestamptz[])
              AS n(platform, platform_user_id, external_id, seen_at, as_of)
          WHERE NOT EXISTS (SELECT FROM dm.streamer_channel c
                            WHERE (c.platform, c.platform_user_id) = (n.platform, n.platform_user_id))
      ), added AS (
          INSERT INTO dm.streamer_channel (external_id, platform, platform_user_id, first_seen_at, last_seen_at)
          SELECT external_id, platform, platform_user_id, seen_at, seen_at FROM n
          RETURNING id, platform, platform_user_id
      )
      INSERT INTO dm.streamer_channel_slug_history (channel_id, slug, observed_from)
      SELECT added.id, NULL, n.as_of FROM added JOIN n USING (platform, platform_user_id)
      """;

  /**
   * Those that were seen, and all that are seen under a name which one of them has or gets; locked
   * in the order of their ids, which is the order of {@link #TELL} too.
   */
  private static final String CONCERNED =
      """
      WITH k AS (
          SELECT c.id, c.platform, c.observed_slug
          FROM unnest(?::text[], ?::text[]) AS k(platform, platform_user_id)
          JOIN dm.streamer_channel c USING (platform, platform_user_id)
      ), s AS (
          SELECT platform, slug FROM unnest(?::text[], ?::text[]) AS s(platform, slug)
          UNION SELECT platform, observed_slug FROM k WHERE observed_slug IS NOT NULL
      )
      SELECT c.id, c.external_id, c.platform, c.platform_user_id, c.observed_slug, c.current_slug, c.slug_rev, c.slug_ev,
             h.slug, coalesce(h.observed_from, c.first_seen_at) AS observed_from, h.channel_id IS NOT NULL AS stored
      FROM dm.streamer_channel c
      LEFT JOIN dm.streamer_channel_slug_history h ON h.channel_id = c.id AND h.observed_until IS NULL
      WHERE c.id IN (SELECT id FROM k UNION
                     SELECT o.id FROM s JOIN dm.streamer_channel o ON (o.platform, o.observed_slug) = (s.platform, s.slug))
      ORDER BY c.id
      FOR NO KEY UPDATE OF c
      """;

  private static final String FREE =
      """
      SELECT c.platform, h.slug, max(h.observed_until) AS until
      FROM dm.streamer_channel_slug_history h JOIN dm.streamer_channel c ON c.id = h.channel_id
      WHERE h.slug = ANY (?) AND h.observed_until IS NOT NULL
      GROUP BY c.platform, h.slug
      """;

  private static final String GIVE_UP =
      "UPDATE dm.streamer_channel SET current_slug = NULL WHERE id = ANY (?)";

  private static final String NAME =
      """
      UPDATE dm.streamer_channel c
      SET observed_slug = n.observed, current_slug = n.held, slug_rev = n.rev, slug_ev = n.ev
      FROM unnest(?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::uuid[]) AS n(id, observed, held, rev, ev)
      WHERE c.id = n.id
      """;

  private static final String CLOSE =
      """
      UPDATE dm.streamer_channel_slug_history h
      SET slug = n.slug, observed_until = n.until
      FROM unnest(?::bigint[], ?::text[], ?::timestamptz[]) AS n(id, slug, until)
      WHERE h.channel_id = n.id AND h.observed_until IS NULL
      """;

  private static final String OPEN =
      """
      INSERT INTO dm.streamer_channel_slug_history (channel_id, slug, observed_from, observed_until)
      SELECT * FROM unnest(?::bigint[], ?::text[], ?::timestamptz[], ?::timestamptz[])
      """;

  /**
   * What is known of channels whose names are settled. A row whose name is another one meanwhile is
   * not returned.
   */
  private static final String TELL = tellStatement();

  private final ChannelMetrics metrics;

  public Channels(ChannelMetrics metrics) {
    this.metrics = metrics;
  }

  /** {@code dm.streamer_channel.id} of each channel that was seen, and who changed its name. */
  public record Upserted(Map<ChannelKey, Long> ids, List<Rename> renames) {}

  /**
   * Brings in what was seen, in the caller's transaction. Never fails because of one sighting.
   *
   * @throws SQLException with SQLSTATE 40001 where another transaction named a channel in between;
   *     the whole transaction is to be tried again
   */
  public Upserted upsert(Connection tx, Collection<Sighting> sightings) throws SQLException {
    SortedMap<ChannelKey, Latest> latest = Latest.of(sightings);
    if (latest.isEmpty()) {
      return new Upserted(Map.of(), List.of());
    }
    List<Rename> renames =
        asKnown(tx, sightings, latest.keySet()) ? List.of() : name(tx, sightings, latest);
    Map<ChannelKey, Long> ids = tell(tx, latest);
    if (ids.size() < latest.size()) {
      throw new SQLException("a channel was named by another transaction just now", AGAIN);
    }
    return new Upserted(ids, renames);
  }

  private static boolean asKnown(
      Connection tx, Collection<Sighting> sightings, Set<ChannelKey> channels) throws SQLException {
    Map<ChannelKey, String> held = new HashMap<>();
    Map<ChannelKey, Revision> seen = new HashMap<>();
    try (PreparedStatement query = tx.prepareStatement(KNOWN)) {
      keys(tx, query, channels);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          seen.put(key(rows), revision(rows));
          held.put(key(rows), Objects.requireNonNullElse(rows.getString("current_slug"), ""));
        }
      }
    }
    return sightings.stream()
        .allMatch(
            s -> {
              Revision last = seen.get(s.channel());
              return last != null
                  && (s.slug() == null
                      || s.slug().equals(held.get(s.channel()))
                      || s.revision().compareTo(last) <= 0);
            });
  }

  /** The slow path: new channels and other names. */
  private List<Rename> name(
      Connection tx, Collection<Sighting> sightings, SortedMap<ChannelKey, Latest> latest)
      throws SQLException {
    try (PreparedStatement turn = tx.prepareStatement(TURN)) {
      for (String platform :
          latest.keySet().stream()
              .map(ChannelKey::platform)
              .collect(Collectors.toCollection(TreeSet::new))) {
        turn.setString(1, platform);
        turn.execute();
      }
    }
    add(tx, sightings);
    List<Names.Named> concerned = concerned(tx, sightings, latest.keySet());
    Names names = new Names(concerned, free(tx, sightings, concerned));
    sightings.stream().sorted(Comparator.comparing(Sighting::revision)).forEach(names::see);
    write(tx, names);
    metrics.named(names);
    names
        .renames()
        .forEach(r -> LOG.info("{} is {} now, it was {}", r.channel().subject(), r.to(), r.from()));
    return names.renames();
  }

  private static void add(Connection tx, Collection<Sighting> sightings) throws SQLException {
    TreeMap<ChannelKey, Sighting> first = new TreeMap<>();
    for (Sighting s : sightings) {
      first.merge(s.channel(), s, (a, b) -> a.asOf().isAfter(b.asOf()) ? b : a);
    }
    try (PreparedStatement insert = tx.prepareStatement(ADD)) {
      keys(tx, insert, first.keySet());
      insert.setArray(3, Columns.of(tx, "text", first.keySet(), ChannelKey::externalId));
      insert.setArray(4, Columns.of(tx, "timestamptz", first.values(), s -> utc(s.at())));
      insert.setArray(5, Columns.of(tx, "timestamptz", first.values(), s -> utc(s.asOf())));
      insert.executeUpdate();
    }
  }

  private static List<Names.Named> concerned(
      Connection tx, Collection<Sighting> sightings, Set<ChannelKey> seen) throws SQLException {
    List<Sighting> named = sightings.stream().filter(s -> s.slug() != null).toList();
    List<Names.Named> concerned = new ArrayList<>();
    try (PreparedStatement query = tx.prepareStatement(CONCERNED)) {
      keys(tx, query, seen);
      query.setArray(3, Columns.of(tx, "text", named, s -> s.channel().platform()));
      query.setArray(4, Columns.of(tx, "text", named, Sighting::slug));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          concerned.add(
              new Names.Named(
                  rows.getLong("id"),
                  rows.getString("external_id"),
                  key(rows),
                  rows.getString("observed_slug"),
                  rows.getString("current_slug"),
                  revision(rows),
                  new Names.Span(
                      rows.getString("slug"),
                      rows.getObject("observed_from", OffsetDateTime.class).toInstant(),
                      rows.getBoolean("stored"))));
        }
      }
    }
    return concerned;
  }

  private static Map<Map.Entry<String, String>, Instant> free(
      Connection tx, Collection<Sighting> sightings, List<Names.Named> concerned)
      throws SQLException {
    Set<String> slugs =
        Stream.concat(
                sightings.stream().map(Sighting::slug),
                concerned.stream().map(Names.Named::observed))
            .filter(Objects::nonNull)
            .collect(Collectors.toCollection(TreeSet::new));
    Map<Map.Entry<String, String>, Instant> free = new HashMap<>();
    try (PreparedStatement query = tx.prepareStatement(FREE)) {
      query.setArray(1, Columns.of(tx, "text", slugs, s -> s));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          free.put(
              Map.entry(rows.getString("platform"), rows.getString("slug")),
              rows.getObject("until", OffsetDateTime.class).toInstant());
        }
      }
    }
    return free;
  }

  /** Names are given up before they are taken: two channels may swap theirs. */
  private static void write(Connection tx, Names names) throws SQLException {
    List<Names.Named> changed = names.changed();
    if (changed.isEmpty()) {
      return;
    }
    List<Long> losers =
        changed.stream()
            .filter(c -> c.heldBefore != null && !c.heldBefore.equals(c.held()))
            .map(c -> c.id)
            .toList();
    if (!losers.isEmpty()) {
      try (PreparedStatement update = tx.prepareStatement(GIVE_UP)) {
        update.setArray(1, Columns.of(tx, "bigint", losers, id -> id));
        update.executeUpdate();
      }
    }
    try (PreparedStatement update = tx.prepareStatement(NAME)) {
      update.setArray(1, Columns.of(tx, "bigint", changed, c -> c.id));
      update.setArray(2, Columns.of(tx, "text", changed, Names.Named::observed));
      update.setArray(3, Columns.of(tx, "text", changed, Names.Named::held));
      update.setArray(4, Columns.of(tx, "bigint", changed, c -> c.seen().rev()));
      update.setArray(5, Columns.of(tx, "uuid", changed, c -> c.seen().event()));
      update.executeUpdate();
    }
    writeHistory(tx, changed);
  }

  /** A span of a channel. */
  private record Row(long id, Names.Span span) {}

  private static void writeHistory(Connection tx, List<Names.Named> changed) throws SQLException {
    Map<Boolean, List<Row>> spans =
        changed.stream()
            .flatMap(c -> c.spans.stream().filter(Names.Span::changed).map(s -> new Row(c.id, s)))
            .collect(Collectors.partitioningBy(r -> r.span.stored));
    List<Row> stored = spans.getOrDefault(true, List.of());
    if (!stored.isEmpty()) {
      try (PreparedStatement update = tx.prepareStatement(CLOSE)) {
        update.setArray(1, Columns.of(tx, "bigint", stored, Row::id));
        update.setArray(2, Columns.of(tx, "text", stored, r -> r.span.slug()));
        update.setArray(3, Columns.of(tx, "timestamptz", stored, r -> utc(r.span.until())));
        update.executeUpdate();
      }
    }
    List<Row> added = spans.getOrDefault(false, List.of());
    if (!added.isEmpty()) {
      try (PreparedStatement insert = tx.prepareStatement(OPEN)) {
        insert.setArray(1, Columns.of(tx, "bigint", added, Row::id));
        insert.setArray(2, Columns.of(tx, "text", added, r -> r.span.slug()));
        insert.setArray(3, Columns.of(tx, "timestamptz", added, r -> utc(r.span.from)));
        insert.setArray(4, Columns.of(tx, "timestamptz", added, r -> utc(r.span.until())));
        insert.executeUpdate();
      }
    }
  }

  /** Tells what is known beside the names, and how lately; rows in the order of their ids. */
  private static Map<ChannelKey, Long> tell(Connection tx, SortedMap<ChannelKey, Latest> latest)
      throws SQLException {
    Collection<Latest> rows = latest.values();
    Map<ChannelKey, Long> ids = new HashMap<>();
    try (PreparedStatement update = tx.prepareStatement(TELL)) {
      keys(tx, update, latest.keySet());
      int p = 2;
      update.setArray(++p, Columns.of(tx, "timestamptz", rows, l -> utc(l.seen().at())));
      update.setArray(++p, Columns.of(tx, "text", rows, l -> of(l.name(), Sighting::slug)));
      p = revisions(tx, update, p, rows, Latest::name);
      update.setArray(
          ++p, Columns.of(tx, "boolean", rows, l -> of(l.stream(), s -> stream(s).live())));
      update.setArray(
          ++p,
          Columns.of(tx, "timestamptz", rows, l -> of(l.stream(), s -> utc(stream(s).runs()))));
      p = revisions(tx, update, p, rows, Latest::stream);
      for (Fact fact : Fact.values()) {
        update.setArray(
            ++p, Columns.of(tx, fact.type, rows, l -> of(l.facts().get(fact), fact::of)));
        p = revisions(tx, update, p, rows, l -> l.facts().get(fact));
      }
      try (ResultSet told = update.executeQuery()) {
        while (told.next()) {
          ids.put(key(told), told.getLong("id"));
        }
      }
    }
    return ids;
  }

  private static Sighting.Stream stream(Sighting sighting) {
    return Objects.requireNonNull(sighting.stream());
  }

  private static @Nullable Object of(
      @Nullable Sighting sighting, Function<Sighting, @Nullable Object> value) {
    return sighting == null ? null : value.apply(sighting);
  }

  /** What was not seen is older than everything. */
  private static int revisions(
      Connection tx,
      PreparedStatement update,
      int p,
      Collection<Latest> rows,
      Function<Latest, @Nullable Sighting> by)
      throws SQLException {
    List<Revision> revisions =
        rows.stream()
            .map(l -> Optional.ofNullable(by.apply(l)))
            .map(s -> s.map(Sighting::revision).orElse(Revision.NEVER))
            .toList();
    update.setArray(p + 1, Columns.of(tx, "bigint", revisions, Revision::rev));
    update.setArray(p + 2, Columns.of(tx, "uuid", revisions, Revision::event));
    return p + 2;
  }

  private static String tellStatement() {
    StringBuilder columns = new StringBuilder();
    StringBuilder arrays = new StringBuilder();
    StringBuilder sets = new StringBuilder(newest("slug"));
    sets.append(newest("live", "is_live", "stream_started_at"));
    for (Fact fact : Fact.values()) {
      columns.append(", %1$s, %1$s_rev, %1$s_ev".formatted(fact.column));
      arrays.append(", ?::%s[], ?::bigint[], ?::uuid[]".formatted(fact.type));
      sets.append(newest(fact.column, fact.column));
    }
    return """
        WITH o AS MATERIALIZED (
            SELECT * FROM unnest(?::text[], ?::text[], ?::timestamptz[], ?::text[], ?::bigint[], ?::uuid[],
                                 ?::boolean[], ?::timestamptz[], ?::bigint[], ?::uuid[]%s)
                AS o(platform, platform_user_id, seen_at, slug, slug_rev, slug_ev,
                     is_live, stream_started_at, live_rev, live_ev%s)
        ), l AS MATERIALIZED (
            SELECT c.id, o.* FROM o JOIN dm.streamer_channel c USING (platform, platform_user_id)
            ORDER BY c.id FOR NO KEY UPDATE OF c
        )
        UPDATE dm.streamer_channel c SET last_seen_at = greatest(c.last_seen_at, l.seen_at)%s
        FROM l
        WHERE c.id = l.id
          AND (l.slug IS NULL OR l.slug = c.current_slug OR (l.slug_rev, l.slug_ev) <= (c.slug_rev, c.slug_ev))
        RETURNING c.id, c.platform, c.platform_user_id
        """
        .formatted(arrays, columns, sets);
  }

  /** Columns that one revision orders; an equal one is the same event. */
  private static String newest(String group, String... columns) {
    return Stream.concat(Stream.of(columns), Stream.of(group + "_rev", group + "_ev"))
        .map(
            column ->
                ",%n    %2$s = CASE WHEN (l.%1$s_rev, l.%1$s_ev) > (c.%1$s_rev, c.%1$s_ev) THEN l.%2$s ELSE c.%2$s END"
                    .formatted(group, column))
        .collect(Collectors.joining());
  }

  /** As the first two parameters. */
  private static void keys(Connection tx, PreparedStatement statement, Collection<ChannelKey> keys)
      throws SQLException {
    statement.setArray(1, Columns.of(tx, "text", keys, ChannelKey::platform));
    statement.setArray(2, Columns.of(tx, "text", keys, ChannelKey::userId));
  }

  private static ChannelKey key(ResultSet row) throws SQLException {
    return new ChannelKey(row.getString("platform"), row.getString("platform_user_id"));
  }

  private static Revision revision(ResultSet row) throws SQLException {
    return new Revision(row.getLong("slug_rev"), row.getObject("slug_ev", UUID.class));
  }

  private static @Nullable String utc(@Nullable Instant time) {
    return time == null ? null : time.atOffset(ZoneOffset.UTC).toString();
  }
}
