-- What the trust score of each channel of a page is made of: the streams of the last twelve weeks that are over,
-- with the follows that began while each ran; one row per channel, the streams as JSON.
-- until: the end of the window, this database's clock at the claim; the same for the whole page.
SELECT c.id AS channel_id, c.first_seen_at, c.follower_count,
       EXISTS (SELECT FROM dm.event_subscription e
               WHERE e.channel_id = c.id AND e.event = 'channel.followed' AND e.status <> 'requested')
       OR EXISTS (SELECT FROM dm.kick_follow_event f WHERE f.channel_id = c.id) AS follows_heard,
       CAST((SELECT coalesce(json_agg(json_build_object(
                   'started_at', s.started_at, 'ended_at', s.ended_at, 'peak', s.peak_viewers,
                   'samples', s.viewer_samples, 'viewers', s.viewer_sum,
                   'follows', (SELECT count(*) FROM dm.kick_follow_event f
                               WHERE f.channel_id = s.channel_id
                                 AND f.occurred_at >= s.started_at AND f.occurred_at <= s.ended_at))
                   ORDER BY s.started_at), '[]')
        FROM dm.stream_session s
        WHERE s.channel_id = c.id AND s.ended_at IS NOT NULL AND s.started_at <= CAST(:#until AS timestamptz)
          AND s.started_at > CAST(:#until AS timestamptz) - interval '84 days') AS text) AS streams
FROM dm.streamer_channel c
WHERE c.id = ANY (CAST(:#channels AS bigint[]))
ORDER BY c.id
