package ingest.projection;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.Revision;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The one writer of {@code public.channel_snapshot}, where polls, webhooks and renames meet.
 *
 * <p>Its columns are in groups, each with a (rev, ev) of its own: what always comes together is
 * ordered together, and an event neither writes nor advances a group that it does not know. The
 * viewers are seen by polls alone and ordered by the poll. The others are reported in other ways,
 * too, so that a poll counts as older there by as much as its upstream lags.
 */
public final class ChannelSnapshot {
  /** What it writes. */
  public static final Table TABLE = Table.of("channel_snapshot", "updated_at");

  /** What one event says of one channel; a group that is null is left alone. */
  public record Row(
      String platform,
      String platformUserId,
      @Nullable String externalId,
      @Nullable Viewers viewers,
      @Nullable Slug slug,
      @Nullable Live live,
      @Nullable Title title,
      @Nullable Details details,
      @Nullable Followers followers)
      implements Placed {

    /** How many follow the channel that the data names, and nothing more. */
    public static Row of(Envelope envelope, Followers followers) {
      return new Row(
          Fields.required(Fields.text(envelope.data(), "platform"), envelope),
          Fields.required(Fields.text(envelope.data(), "platform_user_id"), envelope),
          envelope.channelid(),
          null,
          null,
          null,
          null,
          null,
          followers);
    }

    /** The channel is the one that the data names. */
    public static Row of(
        Envelope envelope,
        @Nullable Viewers viewers,
        @Nullable Slug slug,
        @Nullable Live live,
        @Nullable Title title,
        @Nullable Details details) {
      return new Row(
          Fields.required(Fields.text(envelope.data(), "platform"), envelope),
          Fields.required(Fields.text(envelope.data(), "platform_user_id"), envelope),
          envelope.channelid(),
          viewers,
          slug,
          live,
          title,
          details,
          null);
    }

    @Override
    public Place place() {
      return new Place(
          "channel_snapshot", Map.of("platform", platform, "platform_user_id", platformUserId));
    }

    private String key() {
      return platform + ":" + platformUserId;
    }

    /** Whether there is anything but viewers. */
    private boolean state() {
      return externalId != null
          || slug != null
          || live != null
          || title != null
          || details != null
          || followers != null;
    }

    /** Of each group the newer one. */
    private Row with(Row other) {
      return new Row(
          platform,
          platformUserId,
          other.externalId == null ? externalId : other.externalId,
          newer(viewers, other.viewers),
          newer(slug, other.slug),
          newer(live, other.live),
          newer(title, other.title),
          newer(details, other.details),
          newer(followers, other.followers));
    }

    private static <G extends Group> @Nullable G newer(@Nullable G one, @Nullable G other) {
      if (one == null || other == null) {
        return one == null ? other : one;
      }
      return one.revision().compareTo(other.revision()) <= 0 ? other : one;
    }
  }

  /** Columns that one revision orders. */
  public sealed interface Group {
    Revision revision();
  }

  /** How many watched, and when that was seen. */
  public record Viewers(int count, Instant at, Revision revision) implements Group {}

  /** How many follow it, and when that was seen. */
  public record Followers(int count, Instant at, Revision revision) implements Group {}

  /** The channel's name in URLs. */
  public record Slug(String slug, Revision revision) implements Group {
    /** The name that {@code data} has; null where it has none. */
    public static @Nullable Slug of(JsonNode data, Revision revision) {
      String slug = Fields.slug(data, "slug");
      return slug == null ? null : new Slug(slug, revision);
    }
  }

  /** Whether it is on, and since when; what is not on has no start. */
  public record Live(boolean live, @Nullable Instant startedAt, Revision revision)
      implements Group {
    /** What {@code stream} says of it; null where it says nothing. */
    public static @Nullable Live of(JsonNode stream, Revision revision) {
      Boolean live = Fields.flag(stream, "is_live");
      return live == null
          ? null
          : new Live(live, live ? Fields.time(stream, "started_at") : null, revision);
    }
  }

  /** What the stream is called; a stream without a title unsets it. */
  public record Title(@Nullable String title, Revision revision) implements Group {
    /** The title of {@code stream}; null where there is no stream. */
    public static @Nullable Title of(JsonNode stream, Revision revision) {
      return stream.isObject() ? new Title(Fields.text(stream, "title"), revision) : null;
    }
  }

  /** What else is known of the stream; absent fields are unset. */
  public record Details(
      @Nullable String language,
      @Nullable Boolean mature,
      @Nullable Long categoryId,
      @Nullable String categoryName,
      Revision revision)
      implements Group {
    /** The details of {@code stream}; null where there is no stream. */
    public static @Nullable Details of(JsonNode stream, Revision revision) {
      JsonNode category = stream.path("category");
      return stream.isObject()
          ? new Details(
              Fields.text(stream, "language"),
              Fields.flag(stream, "is_mature"),
              Fields.bigint(category, "id"),
              Fields.text(category, "name"),
              revision)
          : null;
    }
  }

  /**
   * Takes the rows of both statements in one order, without writing those that are there. Two
   * batches that see the viewers of one channel and the stream of another, crosswise, would
   * deadlock.
   */
  private static final String LOCK =
      """
      INSERT INTO channel_snapshot (platform, platform_user_id)
      SELECT * FROM unnest(?::text[], ?::text[])
      ON CONFLICT (platform, platform_user_id) DO UPDATE SET platform = excluded.platform WHERE false
      """;

  private static final String UPSERT_VIEWERS =
      """
      INSERT INTO channel_snapshot AS s
          (platform, platform_user_id, viewer_count, viewers_at, viewers_rev, viewers_ev)
      SELECT * FROM unnest(?::text[], ?::text[], ?::int[], ?::timestamptz[], ?::bigint[], ?::uuid[])
      ON CONFLICT (platform, platform_user_id) DO UPDATE SET
          viewer_count = excluded.viewer_count, viewers_at = excluded.viewers_at,
          viewers_rev = excluded.viewers_rev, viewers_ev = excluded.viewers_ev, updated_at = now()
      WHERE (s.viewers_rev, s.viewers_ev) <= (excluded.viewers_rev, excluded.viewers_ev)
      """;

  private static final List<Guarded> STATE =
      List.of(
          new Guarded("slug", List.of("slug")),
          new Guarded("live", List.of("is_live", "stream_started_at")),
          new Guarded("title", List.of("title")),
          new Guarded("stream", List.of("language", "is_mature", "category_id", "category_name")),
          new Guarded("followers", List.of("follower_count", "followers_at")));

  /**
   * The groups beside the viewers in one statement, so that a row is written once: each column is
   * the new one where its group is newer, else what it was.
   */
  private static final String UPSERT_STATE =
      """
      INSERT INTO channel_snapshot AS s
          (platform, platform_user_id, channel_external_id, slug, slug_rev, slug_ev,
           is_live, stream_started_at, live_rev, live_ev, title, title_rev, title_ev,
           language, is_mature, category_id, category_name, stream_rev, stream_ev,
           follower_count, followers_at, followers_rev, followers_ev)
      SELECT * FROM unnest(
          ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::uuid[],
          ?::bool[], ?::timestamptz[], ?::bigint[], ?::uuid[], ?::text[], ?::bigint[], ?::uuid[],
          ?::text[], ?::bool[], ?::bigint[], ?::text[], ?::bigint[], ?::uuid[],
          ?::int[], ?::timestamptz[], ?::bigint[], ?::uuid[])
      ON CONFLICT (platform, platform_user_id) DO UPDATE SET
          channel_external_id = coalesce(excluded.channel_external_id, s.channel_external_id),
          %s, updated_at = now()
      WHERE %s OR (s.channel_external_id IS NULL AND excluded.channel_external_id IS NOT NULL)
      """
          .formatted(
              STATE.stream().flatMap(Guarded::assignments).collect(Collectors.joining(", ")),
              STATE.stream().map(Guarded::isNewer).collect(Collectors.joining(" OR ")));

  private ChannelSnapshot() {}

  /** Writes the newest of each channel and group, channels in the order of their keys. */
  public static void write(Connection tx, List<Row> rows) throws SQLException {
    Map<String, Row> newest = new TreeMap<>();
    rows.forEach(row -> newest.merge(row.key(), row, Row::with));
    List<Row> viewers = newest.values().stream().filter(row -> row.viewers != null).toList();
    List<Row> states = newest.values().stream().filter(Row::state).toList();
    if (!viewers.isEmpty() && states.stream().anyMatch(row -> row.viewers == null)) {
      lock(tx, newest.values());
    }
    if (!viewers.isEmpty()) {
      writeViewers(tx, viewers);
    }
    if (!states.isEmpty()) {
      writeStates(tx, states);
    }
  }

  private static void lock(Connection tx, Collection<Row> rows) throws SQLException {
    try (PreparedStatement lock = tx.prepareStatement(LOCK)) {
      lock.setArray(1, Columns.texts(tx, rows, Row::platform));
      lock.setArray(2, Columns.texts(tx, rows, Row::platformUserId));
      lock.executeUpdate();
    }
  }

  private static void writeViewers(Connection tx, List<Row> rows) throws SQLException {
    try (PreparedStatement upsert = tx.prepareStatement(UPSERT_VIEWERS)) {
      int p = 0;
      upsert.setArray(++p, Columns.texts(tx, rows, Row::platform));
      upsert.setArray(++p, Columns.texts(tx, rows, Row::platformUserId));
      upsert.setArray(++p, Columns.ints(tx, rows, of(Row::viewers, Viewers::count)));
      upsert.setArray(++p, Columns.times(tx, rows, of(Row::viewers, Viewers::at)));
      upsert.setArray(++p, Columns.bigints(tx, rows, rev(Row::viewers)));
      upsert.setArray(++p, Columns.uuids(tx, rows, ev(Row::viewers)));
      upsert.executeUpdate();
    }
  }

  private static void writeStates(Connection tx, List<Row> rows) throws SQLException {
    try (PreparedStatement upsert = tx.prepareStatement(UPSERT_STATE)) {
      int p = 0;
      upsert.setArray(++p, Columns.texts(tx, rows, Row::platform));
      upsert.setArray(++p, Columns.texts(tx, rows, Row::platformUserId));
      upsert.setArray(++p, Columns.texts(tx, rows, Row::externalId));
      upsert.setArray(++p, Columns.texts(tx, rows, of(Row::slug, Slug::slug)));
      upsert.setArray(++p, Columns.bigints(tx, rows, rev(Row::slug)));
      upsert.setArray(++p, Columns.uuids(tx, rows, ev(Row::slug)));
      upsert.setArray(++p, Columns.flags(tx, rows, of(Row::live, Live::live)));
      upsert.setArray(++p, Columns.times(tx, rows, of(Row::live, Live::startedAt)));
      upsert.setArray(++p, Columns.bigints(tx, rows, rev(Row::live)));
      upsert.setArray(++p, Columns.uuids(tx, rows, ev(Row::live)));
      upsert.setArray(++p, Columns.texts(tx, rows, of(Row::title, Title::title)));
      upsert.setArray(++p, Columns.bigints(tx, rows, rev(Row::title)));
      upsert.setArray(++p, Columns.uuids(tx, rows, ev(Row::title)));
      upsert.setArray(++p, Columns.texts(tx, rows, of(Row::details, Details::language)));
      upsert.setArray(++p, Columns.flags(tx, rows, of(Row::details, Details::mature)));
      upsert.setArray(++p, Columns.bigints(tx, rows, of(Row::details, Details::categoryId)));
      upsert.setArray(++p, Columns.texts(tx, rows, of(Row::details, Details::categoryName)));
      upsert.setArray(++p, Columns.bigints(tx, rows, rev(Row::details)));
      upsert.setArray(++p, Columns.uuids(tx, rows, ev(Row::details)));
      upsert.setArray(++p, Columns.ints(tx, rows, of(Row::followers, Followers::count)));
      upsert.setArray(++p, Columns.times(tx, rows, of(Row::followers, Followers::at)));
      upsert.setArray(++p, Columns.bigints(tx, rows, rev(Row::followers)));
      upsert.setArray(++p, Columns.uuids(tx, rows, ev(Row::followers)));
      upsert.executeUpdate();
    }
  }

  private static <G extends Group, T> Columns.Value<Row, T> of(
      Columns.Value<Row, G> group, Columns.Value<G, T> column) {
    return row -> {
      G known = group.of(row);
      return known == null ? null : column.of(known);
    };
  }

  private static Columns.Value<Row, Long> rev(Columns.Value<Row, ? extends Group> group) {
    return row -> revision(group.of(row)).rev();
  }

  private static Columns.Value<Row, UUID> ev(Columns.Value<Row, ? extends Group> group) {
    return row -> revision(group.of(row)).event();
  }

  private static Revision revision(@Nullable Group group) {
    return group == null ? Revision.NEVER : group.revision();
  }
}
