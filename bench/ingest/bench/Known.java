package ingest.bench;

import java.sql.SQLException;
import java.time.Instant;

/**
 * The channels that {@code dm} knows before a run, in fresh and vacuumed tables, each with a stream
 * that runs. Everything of them is older than what a run tells.
 */
record Known(Dm dm, int channels) {
  static final String AVATAR_URL = "https://files.kick.com/images/user/1/profile_image/a.webp";
  static final String BIO = "Variety streamer, live every evening. Business: see the panels below.";
  static final int FOLLOWERS = 12_345;
  static final Instant STREAM_STARTED_AT = Instant.parse("2026-01-01T00:00:00Z");
  static final long REV = 1;

  static String userId(int channel) {
    return Integer.toString(Events.FIRST_CHANNEL + channel);
  }

  static String slug(int channel) {
    return "channel-" + userId(channel);
  }

  /** Into {@code dm} itself. */
  void restore() throws SQLException {
    dm.execute(
        "TRUNCATE dm.streamer_channel RESTART IDENTITY CASCADE",
        insert("dm.streamer_channel"),
        """
        INSERT INTO dm.streamer_channel_slug_history (channel_id, slug, observed_from)
        SELECT id, current_slug, first_seen_at FROM dm.streamer_channel
        """,
        """
        INSERT INTO dm.stream_session (channel_id, started_at, is_open, last_live_at)
        SELECT id, stream_started_at, true, stream_started_at FROM dm.streamer_channel
        """,
        "ALTER TABLE dm.streamer_channel SET (autovacuum_enabled = off)",
        "ALTER TABLE dm.streamer_channel_slug_history SET (autovacuum_enabled = off)",
        "ALTER TABLE dm.stream_session SET (autovacuum_enabled = off)",
        "VACUUM (ANALYZE) dm.streamer_channel, dm.streamer_channel_slug_history, dm.stream_session");
  }

  /** Into a new table of the same columns, constraints and indexes. */
  void copy(String table) throws SQLException {
    dm.execute(
        "DROP TABLE IF EXISTS " + table,
        "CREATE TABLE "
            + table
            + " (LIKE dm.streamer_channel INCLUDING ALL) WITH (fillfactor = 70, autovacuum_enabled = off)",
        insert(table),
        "VACUUM (ANALYZE) " + table);
  }

  private String insert(String table) {
    return """
        INSERT INTO %s (
            id, external_id, platform, platform_user_id, current_slug, observed_slug,
            display_name, avatar_url, bio, follower_count, is_live, stream_started_at, first_seen_at, last_seen_at,
            slug_rev, display_name_rev, avatar_url_rev, bio_rev, follower_count_rev, is_banned_rev, live_rev)
        SELECT i + 1, lpad(i::text, 26, '0'), 'kick', u, 'channel-' || u, 'channel-' || u,
            'Channel ' || i, '%s', '%s', %d, true, '%s', '2026-01-01Z', '2026-01-01Z',
            rev, rev, rev, rev, rev, rev, rev
        FROM generate_series(0, %d) i, LATERAL (SELECT (%d + i)::text AS u, %d AS rev) known
        """
        .formatted(
            table,
            AVATAR_URL,
            BIO,
            FOLLOWERS,
            STREAM_STARTED_AT,
            channels - 1,
            Events.FIRST_CHANNEL,
            REV);
  }
}
