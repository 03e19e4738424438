-- Why:      one row per stream, whichever of polls and webhooks tells of it first.
-- Locks:    none, the table is new.
-- Rollback: DROP TABLE dm.stream_session, while nothing reads it.
-- Serves:   ingest.channel.Sessions, close-stale-sessions.sql, the trust score, the session charts.

-- Kick gives no id of a stream: it is the channel plus the start. A stream is open as long as no end of it
-- was reported and the newest that is known of its channel is that this stream runs.
CREATE TABLE dm.stream_session (
    id bigserial PRIMARY KEY,
    channel_id bigint NOT NULL REFERENCES dm.streamer_channel (id),
    started_at timestamptz NOT NULL,
    is_open boolean NOT NULL,
    last_live_at timestamptz NOT NULL CHECK (last_live_at >= started_at), -- when it was last seen live
    reported_end timestamptz CHECK (reported_end >= started_at),
    end_rev bigint NOT NULL DEFAULT 0,
    end_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ended_at timestamptz GENERATED ALWAYS AS (CASE WHEN NOT is_open THEN coalesce(reported_end, last_live_at) END) STORED,
    title text,
    title_rev bigint NOT NULL DEFAULT 0,
    title_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    language text,
    is_mature boolean,
    category_id bigint,
    category_name text,
    details_rev bigint NOT NULL DEFAULT 0, -- language, is_mature and category: polls alone tell them, together
    details_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    peak_viewers integer,
    viewer_samples integer NOT NULL DEFAULT 0,
    viewer_sum bigint NOT NULL DEFAULT 0,
    average_viewers numeric GENERATED ALWAYS AS (round(viewer_sum::numeric / nullif(viewer_samples, 0), 1)) STORED,
    CHECK (NOT (is_open AND reported_end IS NOT NULL)), -- a reported end is final
    UNIQUE (channel_id, started_at) -- the identity; and the streams of one channel, the latest first
) WITH (fillfactor = 70); -- what changes with every sighting of an open stream is in no index: HOT
CREATE INDEX stream_session_open ON dm.stream_session (channel_id) WHERE ended_at IS NULL; -- Sessions, close-stale-sessions.sql; who is live
