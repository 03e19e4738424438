package ingest.channel;

import ingest.envelope.Revision;
import ingest.store.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
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

  /**
   * What is known of channels whose names are settled; rows are locked in the order of their ids. A
   * row whose name is another one meanwhile is not returned.
   */
  private static final String TELL = tellStatement();

  private static final Upserted NOTHING = new Upserted(Map.of(), List.of());

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
   *     the whole transaction is to be tried again, then best with {@link #upsertInTurn}
   */
  public Upserted upsert(Connection tx, Collection<Sighting> sightings) throws SQLException {
    if (sightings.isEmpty()) {
      return NOTHING;
    }
    return asKnown(tx, sightings)
        ? new Upserted(tell(tx, sightings), List.of())
        : upsertInTurn(tx, sightings);
  }

  /**
   * The same, whatever is known: waits until no other transaction names channels of these
   * platforms, and keeps them waiting until its end. No other can come between.
   */
  public Upserted upsertInTurn(Connection tx, Collection<Sighting> sightings) throws SQLException {
    if (sightings.isEmpty()) {
      return NOTHING;
    }
    Names names = new Naming(tx).bring(sightings);
    metrics.named(names);
    for (Rename r : names.renames()) {
      LOG.info("{} is {} now, it was {}", r.channel().subject(), r.to(), r.from());
    }
    return new Upserted(tell(tx, sightings), names.renames());
  }

  /** The name that a channel has, or none, and the sighting that its last one is from. */
  private record Known(@Nullable String held, Revision seen) {
    /** Whether a sighting leaves all names as they are. */
    boolean settles(Sighting s) {
      return s.slug() == null || s.slug().equals(held) || s.revision().compareTo(seen) <= 0;
    }
  }

  private static boolean asKnown(Connection tx, Collection<Sighting> sightings)
      throws SQLException {
    Map<ChannelKey, Known> known = new HashMap<>();
    Set<ChannelKey> channels =
        sightings.stream().map(Sighting::channel).collect(Collectors.toSet());
    try (PreparedStatement query = tx.prepareStatement(KNOWN)) {
      ChannelColumns.keys(tx, query, channels);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          known.put(
              ChannelColumns.key(rows),
              new Known(
                  rows.getString("current_slug"),
                  new Revision(rows.getLong("slug_rev"), rows.getObject("slug_ev", UUID.class))));
        }
      }
    }
    return sightings.stream()
        .allMatch(
            s -> Optional.ofNullable(known.get(s.channel())).filter(k -> k.settles(s)).isPresent());
  }

  /** Tells what is known beside the names, and how lately they were seen. */
  private static Map<ChannelKey, Long> tell(Connection tx, Collection<Sighting> sightings)
      throws SQLException {
    SortedMap<ChannelKey, Latest> latest = Latest.of(sightings);
    Collection<Latest> rows = latest.values();
    Map<ChannelKey, Long> ids = new HashMap<>();
    try (PreparedStatement update = tx.prepareStatement(TELL)) {
      ChannelColumns.keys(tx, update, latest.keySet());
      int p = 2;
      update.setArray(++p, ChannelColumns.times(tx, rows, l -> l.seen().at()));
      update.setArray(++p, Columns.of(tx, "text", rows, l -> of(l.name(), Sighting::slug)));
      p = ChannelColumns.revisions(tx, update, p, rows, l -> revision(l.name()));
      update.setArray(
          ++p, Columns.of(tx, "boolean", rows, l -> of(l.stream(), s -> stream(s).live())));
      update.setArray(
          ++p, ChannelColumns.times(tx, rows, l -> of(l.stream(), s -> stream(s).runs())));
      p = ChannelColumns.revisions(tx, update, p, rows, l -> revision(l.stream()));
      for (Fact fact : Fact.values()) {
        update.setArray(
            ++p, Columns.of(tx, fact.type, rows, l -> of(l.facts().get(fact), fact::of)));
        p = ChannelColumns.revisions(tx, update, p, rows, l -> revision(l.facts().get(fact)));
      }
      try (ResultSet told = update.executeQuery()) {
        while (told.next()) {
          ids.put(ChannelColumns.key(told), told.getLong("id"));
        }
      }
    }
    if (ids.size() < latest.size()) {
      throw new SQLException("a channel was named by another transaction just now", AGAIN);
    }
    return ids;
  }

  private static Sighting.Stream stream(Sighting sighting) {
    return Objects.requireNonNull(sighting.stream());
  }

  private static <T> @Nullable T of(
      @Nullable Sighting sighting, Function<Sighting, @Nullable T> value) {
    return sighting == null ? null : value.apply(sighting);
  }

  /** What was not seen is older than everything. */
  private static Revision revision(@Nullable Sighting sighting) {
    return sighting == null ? Revision.NEVER : sighting.revision();
  }

  private static String tellStatement() {
    StringBuilder columns = new StringBuilder();
    StringBuilder arrays = new StringBuilder();
    StringBuilder sets = new StringBuilder(ChannelColumns.newest("l", "c", "slug"));
    sets.append(ChannelColumns.newest("l", "c", "live", "is_live", "stream_started_at"));
    for (Fact fact : Fact.values()) {
      columns.append(", %1$s, %1$s_rev, %1$s_ev".formatted(fact.column));
      arrays.append(", ?::%s[], ?::bigint[], ?::uuid[]".formatted(fact.type));
      sets.append(ChannelColumns.newest("l", "c", fact.column, fact.column));
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
}
