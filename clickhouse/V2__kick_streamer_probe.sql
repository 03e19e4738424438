-- Why:      every poll of a Kick channel, for the charts of the last twelve months.
-- Locks:    none; a new table and a new view.
-- Rollback: DROP VIEW vf.kick_streamer_probe, then DROP TABLE vf.kick_streamer_probe_log. The rows
--           are lost there and can be written again from vf.raw_events. Look first whether the
--           view's name is the old writer's table, see below.
-- Serves:   the probes of one channel over a span of time: session chart, stream look-up, the admin
--           page's plot. They name env, platform and platform_user_id and a range of ts, which is
--           the ORDER BY; its last column, event_id, is for nobody's query.
--
-- Partition and sort key come from the envelope alone and end in the event's id, so the rows of an
-- event that was inserted twice meet in one partition and merge into one. Until they have, the view
-- reads with FINAL. The deduplication window is the first line only: it drops the same insert sent
-- again, by its token.
CREATE TABLE IF NOT EXISTS vf.kick_streamer_probe_log
(
    env LowCardinality(String),
    platform LowCardinality(String),
    platform_user_id String,
    ts DateTime64(3, 'UTC'),
    event_id UUID,
    slug Nullable(String),
    viewer_count Nullable(UInt32),
    is_live Nullable(Bool),
    stream_started_at Nullable(DateTime64(3, 'UTC')),
    title Nullable(String),
    category_id Nullable(UInt32),
    category_name Nullable(String),
    language LowCardinality(Nullable(String))
)
ENGINE = ReplacingMergeTree
PARTITION BY (env, toYYYYMM(ts))
ORDER BY (env, platform, platform_user_id, ts, event_id)
TTL toDateTime(ts) + INTERVAL 12 MONTH DELETE
SETTINGS non_replicated_deduplication_window = 10000;

-- Not OR REPLACE: where the old writer's table has this name, that would drop it with its rows. It
-- keeps the name until its writer stops and a later migration renames it.
CREATE VIEW IF NOT EXISTS vf.kick_streamer_probe AS SELECT * FROM vf.kick_streamer_probe_log FINAL;
