package ingest.channel;

import ingest.envelope.Revision;
import ingest.store.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Brings in new channels and other names, in the caller's transaction, which it makes the only one
 * of its platforms that does: what {@link Names} decided on cannot change until the commit.
 */
final class Naming {
  /**
   * Taken before any row is locked, and held until the commit: who waits here has no row that
   * another may wait for.
   */
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
   * Those that were seen, and all that are seen under a name which one of them has or gets. Locked
   * in the order of their ids, as whoever tells more of known channels does. Who put a channel
   * there by another way wrote no history of it: that begins when it was seen first.
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
             coalesce(h.observed_from, c.first_seen_at) AS since, h.channel_id IS NOT NULL AS stored
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

  private static final String TAKE =
      """
      UPDATE dm.streamer_channel c
      SET observed_slug = n.observed, current_slug = n.held, slug_rev = n.rev, slug_ev = n.ev
      FROM unnest(?::bigint[], ?::text[], ?::text[], ?::bigint[], ?::uuid[]) AS n(id, observed, held, rev, ev)
      WHERE c.id = n.id
      """;

  private static final String CHANGE_OPEN_SPANS =
      """
      UPDATE dm.streamer_channel_slug_history h
      SET slug = n.slug, observed_until = n.until
      FROM unnest(?::bigint[], ?::text[], ?::timestamptz[]) AS n(id, slug, until)
      WHERE h.channel_id = n.id AND h.observed_until IS NULL
      """;

  private static final String ADD_SPANS =
      """
      INSERT INTO dm.streamer_channel_slug_history (channel_id, slug, observed_from, observed_until)
      SELECT * FROM unnest(?::bigint[], ?::text[], ?::timestamptz[], ?::timestamptz[])
      """;

  private final Connection tx;

  Naming(Connection tx) {
    this.tx = tx;
  }

  /** What became of the names. Afterwards each channel that was seen has its row, locked. */
  Names bring(Collection<Sighting> sightings) throws SQLException {
    takeTurn(sightings);
    add(sightings);
    List<Named> concerned = concerned(sightings);
    Names names = new Names(concerned, free(sightings, concerned));
    sightings.stream().sorted(Comparator.comparing(Sighting::revision)).forEach(names::see);
    List<Named> changed = names.changed();
    writeNames(changed);
    writeHistory(changed);
    return names;
  }

  private void takeTurn(Collection<Sighting> sightings) throws SQLException {
    TreeSet<String> platforms =
        sightings.stream()
            .map(s -> s.channel().platform())
            .collect(Collectors.toCollection(TreeSet::new));
    try (PreparedStatement turn = tx.prepareStatement(TURN)) {
      for (String platform : platforms) {
        turn.setString(1, platform);
        turn.execute();
      }
    }
  }

  private void add(Collection<Sighting> sightings) throws SQLException {
    TreeMap<ChannelKey, Sighting> first = new TreeMap<>();
    for (Sighting s : sightings) {
      first.merge(s.channel(), s, (a, b) -> a.asOf().isAfter(b.asOf()) ? b : a);
    }
    try (PreparedStatement insert = tx.prepareStatement(ADD)) {
      ChannelColumns.keys(tx, insert, first.keySet());
      insert.setArray(3, Columns.of(tx, "text", first.keySet(), ChannelKey::externalId));
      insert.setArray(4, ChannelColumns.times(tx, first.values(), Sighting::at));
      insert.setArray(5, ChannelColumns.times(tx, first.values(), Sighting::asOf));
      insert.executeUpdate();
    }
  }

  private List<Named> concerned(Collection<Sighting> sightings) throws SQLException {
    Set<ChannelKey> seen =
        sightings.stream().map(Sighting::channel).collect(Collectors.toCollection(TreeSet::new));
    List<Sighting> named = sightings.stream().filter(s -> s.slug() != null).toList();
    List<Named> concerned = new ArrayList<>();
    try (PreparedStatement query = tx.prepareStatement(CONCERNED)) {
      ChannelColumns.keys(tx, query, seen);
      query.setArray(3, Columns.of(tx, "text", named, s -> s.channel().platform()));
      query.setArray(4, Columns.of(tx, "text", named, Sighting::slug));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          concerned.add(
              new Named(
                  rows.getLong("id"),
                  rows.getString("external_id"),
                  ChannelColumns.key(rows),
                  rows.getString("observed_slug"),
                  rows.getString("current_slug"),
                  new Revision(rows.getLong("slug_rev"), rows.getObject("slug_ev", UUID.class)),
                  rows.getObject("since", OffsetDateTime.class).toInstant(),
                  rows.getBoolean("stored")));
        }
      }
    }
    return concerned;
  }

  private Map<Name, Instant> free(Collection<Sighting> sightings, List<Named> concerned)
      throws SQLException {
    Set<String> slugs =
        Stream.concat(
                sightings.stream().map(Sighting::slug), concerned.stream().map(Named::observed))
            .filter(Objects::nonNull)
            .collect(Collectors.toCollection(TreeSet::new));
    Map<Name, Instant> free = new HashMap<>();
    try (PreparedStatement query = tx.prepareStatement(FREE)) {
      query.setArray(1, Columns.of(tx, "text", slugs, s -> s));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          free.put(
              new Name(rows.getString("platform"), rows.getString("slug")),
              rows.getObject("until", OffsetDateTime.class).toInstant());
        }
      }
    }
    return free;
  }

  /**
   * A name that another takes is given up before: two channels may swap theirs. Whoever keeps its
   * name is left to {@link Channels}, which notes that it was seen under it again.
   */
  private void writeNames(List<Named> changed) throws SQLException {
    List<Named> named = changed.stream().filter(c -> !c.keepsItsName()).toList();
    if (named.isEmpty()) {
      return;
    }
    Set<String> taken =
        named.stream().map(Named::held).filter(Objects::nonNull).collect(Collectors.toSet());
    List<Named> gaveUp = named.stream().filter(c -> c.gaveUp(taken)).toList();
    if (!gaveUp.isEmpty()) {
      try (PreparedStatement update = tx.prepareStatement(GIVE_UP)) {
        update.setArray(1, Columns.of(tx, "bigint", gaveUp, c -> c.id));
        update.executeUpdate();
      }
    }
    try (PreparedStatement update = tx.prepareStatement(TAKE)) {
      update.setArray(1, Columns.of(tx, "bigint", named, c -> c.id));
      update.setArray(2, Columns.of(tx, "text", named, Named::observed));
      update.setArray(3, Columns.of(tx, "text", named, Named::held));
      update.setArray(4, Columns.of(tx, "bigint", named, c -> c.seen().rev()));
      update.setArray(5, Columns.of(tx, "uuid", named, c -> c.seen().event()));
      update.executeUpdate();
    }
  }

  private record Row(long channel, Span span) {}

  private void writeHistory(List<Named> changed) throws SQLException {
    Map<Boolean, List<Row>> rows =
        changed.stream()
            .flatMap(c -> c.changedSpans().stream().map(s -> new Row(c.id, s)))
            .collect(Collectors.partitioningBy(r -> r.span.stored));
    List<Row> stored = rows.getOrDefault(true, List.of());
    if (!stored.isEmpty()) {
      try (PreparedStatement update = tx.prepareStatement(CHANGE_OPEN_SPANS)) {
        update.setArray(1, Columns.of(tx, "bigint", stored, Row::channel));
        update.setArray(2, Columns.of(tx, "text", stored, r -> r.span.slug()));
        update.setArray(3, ChannelColumns.times(tx, stored, r -> r.span.until()));
        update.executeUpdate();
      }
    }
    List<Row> added = rows.getOrDefault(false, List.of());
    if (!added.isEmpty()) {
      try (PreparedStatement insert = tx.prepareStatement(ADD_SPANS)) {
        insert.setArray(1, Columns.of(tx, "bigint", added, Row::channel));
        insert.setArray(2, Columns.of(tx, "text", added, r -> r.span.slug()));
        insert.setArray(3, ChannelColumns.times(tx, added, r -> r.span.from));
        insert.setArray(4, ChannelColumns.times(tx, added, r -> r.span.until()));
        insert.executeUpdate();
      }
    }
  }
}
