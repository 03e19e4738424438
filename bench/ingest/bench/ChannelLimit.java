package ingest.bench;

import ingest.channel.Sighting;
import ingest.store.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The most that PostgreSQL takes of these sightings: one multi-row upsert for each page and its
 * commit, on a table with the columns, constraints and indexes of {@code dm.streamer_channel}. It
 * overwrites whatever is there, keeps no history, sees no rename and fails where two channels meet
 * under one name; rows come sorted by key.
 */
final class ChannelLimit implements Contestant {
  private static final String TABLE = "public.channel";

  private static final String UPSERT =
      """
      INSERT INTO public.channel AS c (
          external_id, platform, platform_user_id, current_slug, observed_slug, last_seen_at,
          display_name, avatar_url, bio, follower_count, is_banned, is_live, stream_started_at,
          slug_rev, display_name_rev, avatar_url_rev, bio_rev, follower_count_rev, is_banned_rev, live_rev,
          slug_ev, display_name_ev, avatar_url_ev, bio_ev, follower_count_ev, is_banned_ev, live_ev)
      SELECT external_id, platform, platform_user_id, slug, slug, last_seen_at,
          display_name, avatar_url, bio, follower_count, is_banned, is_live, stream_started_at,
          rev, rev, rev, rev, rev, rev, rev, ev, ev, ev, ev, ev, ev, ev
      FROM unnest(
          ?::text[], ?::text[], ?::text[], ?::text[], ?::timestamptz[], ?::text[], ?::text[], ?::text[],
          ?::integer[], ?::boolean[], ?::boolean[], ?::timestamptz[], ?::bigint[], ?::uuid[])
          AS o(external_id, platform, platform_user_id, slug, last_seen_at, display_name, avatar_url, bio,
               follower_count, is_banned, is_live, stream_started_at, rev, ev)
      ON CONFLICT (platform, platform_user_id) DO UPDATE SET
          current_slug = excluded.current_slug, observed_slug = excluded.observed_slug,
          last_seen_at = excluded.last_seen_at, display_name = excluded.display_name,
          avatar_url = excluded.avatar_url, bio = excluded.bio, follower_count = excluded.follower_count,
          is_banned = excluded.is_banned, is_live = excluded.is_live,
          stream_started_at = excluded.stream_started_at,
          slug_rev = excluded.slug_rev, display_name_rev = excluded.display_name_rev,
          avatar_url_rev = excluded.avatar_url_rev, bio_rev = excluded.bio_rev,
          follower_count_rev = excluded.follower_count_rev, is_banned_rev = excluded.is_banned_rev,
          live_rev = excluded.live_rev,
          slug_ev = excluded.slug_ev, display_name_ev = excluded.display_name_ev,
          avatar_url_ev = excluded.avatar_url_ev, bio_ev = excluded.bio_ev,
          follower_count_ev = excluded.follower_count_ev, is_banned_ev = excluded.is_banned_ev,
          live_ev = excluded.live_ev
      """;

  private final Known known;
  private final Pages pages;
  private final List<List<Sighting>> sorted = new ArrayList<>();

  ChannelLimit(Known known, Pages pages) {
    this.known = known;
    this.pages = pages;
    for (int i = 0; i < pages.number(); i++) {
      sorted.add(pages.page(i).stream().sorted(Comparator.comparing(Sighting::channel)).toList());
    }
  }

  @Override
  public String name() {
    return "one multi-row upsert";
  }

  @Override
  public void prepare() throws Exception {
    known.copy(TABLE);
  }

  @Override
  public long run(Meter meter) throws Exception {
    meter.measure(() -> Workers.each(sorted.size(), i -> upsert(sorted.get(i))));
    return pages.sightings();
  }

  private void upsert(List<Sighting> rows) throws SQLException {
    try (Connection connection = known.dm().database().connection();
        PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
      In in = new In(connection, upsert, rows);
      in.set(1, "text", s -> "0".repeat(17) + s.channel().userId());
      in.set(2, "text", s -> s.channel().platform());
      in.set(3, "text", s -> s.channel().userId());
      in.set(4, "text", Sighting::slug);
      in.set(5, "timestamptz", s -> utc(s.at()));
      in.set(6, "text", Sighting::displayName);
      in.set(7, "text", Sighting::avatarUrl);
      in.set(8, "text", Sighting::bio);
      in.set(9, "integer", Sighting::followers);
      in.set(10, "boolean", Sighting::banned);
      in.set(11, "boolean", s -> stream(s).live());
      in.set(12, "timestamptz", s -> utc(stream(s).startedAt()));
      in.set(13, "bigint", s -> s.revision().rev());
      in.set(14, "uuid", s -> s.revision().event());
      upsert.executeUpdate();
    }
  }

  private record In(Connection connection, PreparedStatement statement, List<Sighting> rows) {
    void set(int parameter, String type, Columns.Column<Sighting> column) throws SQLException {
      statement.setArray(parameter, Columns.of(connection, type, rows, column));
    }
  }

  private static Sighting.Stream stream(Sighting sighting) {
    return Objects.requireNonNull(sighting.stream());
  }

  private static @Nullable String utc(@Nullable Instant time) {
    return time == null ? null : time.atOffset(ZoneOffset.UTC).toString();
  }

  @Override
  public void check() throws Exception {
    pages.check(known.dm(), TABLE);
  }
}
