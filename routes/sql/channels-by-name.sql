-- Who is called :name, or was, or has it as the platform's own id: the channels with their names over time
-- and their last streams, as JSON. Who is called so now comes first. No platform means all of them.
WITH named AS (
    SELECT c.id, false AS before FROM dm.streamer_channel c
    WHERE c.current_slug = lower(:#name) OR c.platform_user_id = :#name
    UNION
    SELECT h.channel_id, true FROM dm.streamer_channel_slug_history h WHERE h.slug = lower(:#name)
), found AS (
    SELECT c.*, bool_and(named.before) AS before
    FROM named JOIN dm.streamer_channel c USING (id)
    WHERE c.platform = coalesce(CAST(:#platform AS text), c.platform)
    GROUP BY c.id
    ORDER BY before, c.last_seen_at DESC
    LIMIT 20
)
SELECT coalesce(json_agg(json_build_object(
    'channel_id', f.id, 'external_id', f.external_id, 'platform', f.platform, 'platform_user_id', f.platform_user_id,
    'slug', f.current_slug, 'display_name', f.display_name, 'follower_count', f.follower_count,
    'is_live', f.is_live, 'is_banned', f.is_banned, 'first_seen_at', f.first_seen_at, 'last_seen_at', f.last_seen_at,
    'next_probe_at', (SELECT p.next_probe_at FROM dm.probe_schedule p WHERE p.channel_id = f.id),
    'names', (SELECT json_agg(json_build_object('slug', h.slug, 'from', h.observed_from, 'until', h.observed_until)
                              ORDER BY h.observed_from DESC)
              FROM dm.streamer_channel_slug_history h WHERE h.channel_id = f.id),
    'sessions', (SELECT coalesce(json_agg(json_build_object(
                            'started_at', s.started_at, 'ended_at', s.ended_at, 'title', s.title,
                            'peak_viewers', s.peak_viewers, 'average_viewers', s.average_viewers)
                            ORDER BY s.started_at DESC), '[]')
                 FROM (SELECT * FROM dm.stream_session WHERE channel_id = f.id ORDER BY started_at DESC LIMIT 10) s)
    ) ORDER BY f.before, f.last_seen_at DESC), '[]') AS channels
FROM found f
