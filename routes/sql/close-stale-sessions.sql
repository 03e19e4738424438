-- Closes the streams of which nobody told for so long, although their channel was asked for: the start of a stream
-- was told, its end was lost, and polls leave the channel out or say nothing of its stream. What is not polled stays.
-- As if it had ended when it was last seen live; a later sighting opens it again.
-- Safe on any number of instances and beside commits: a channel that is being written is left for the next time
-- (SKIP LOCKED), and of one that was written just now both rows are read again.
WITH stale AS (
    SELECT s.id
    FROM dm.stream_session s
    JOIN dm.probe_schedule p ON p.channel_id = s.channel_id
    JOIN dm.streamer_channel c ON c.id = s.channel_id
    WHERE s.ended_at IS NULL
      AND p.last_probed_at >= s.last_live_at + make_interval(mins => CAST(:#minutes AS int))
    FOR NO KEY UPDATE OF c, s SKIP LOCKED
), closed AS (
    UPDATE dm.stream_session s SET is_open = false
    FROM stale
    WHERE s.id = stale.id
    RETURNING s.channel_id
)
UPDATE dm.streamer_channel c SET is_live = false, stream_started_at = NULL
FROM closed
WHERE c.id = closed.channel_id
