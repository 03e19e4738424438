-- Why:      every trust score that was computed of a channel, for the trend of the last ninety days.
-- Locks:    none; a new table and a new view.
-- Rollback: DROP VIEW vf.streamer_trust_score_history, then DROP TABLE vf.streamer_trust_score_history_log. The
--           rows can be written again from vf.raw_events. Look first whether the view's name is the old writer's
--           table, as in V2.
-- Serves:   the scores of one channel over a span of time. The query names env, platform and platform_user_id and
--           a range of ts, which is the ORDER BY; its last column, event_id, is for nobody's query.
--
-- As in V2: partition and sort key come from the envelope alone and end in the event's id, so that what was
-- inserted twice merges; until it has, the view reads with FINAL.
CREATE TABLE IF NOT EXISTS vf.streamer_trust_score_history_log
(
    env LowCardinality(String),
    platform LowCardinality(String),
    platform_user_id String,
    ts DateTime64(3, 'UTC'),
    event_id UUID,
    score Float64
)
ENGINE = ReplacingMergeTree
PARTITION BY (env, toYYYYMM(ts))
ORDER BY (env, platform, platform_user_id, ts, event_id)
TTL toDateTime(ts) + INTERVAL 24 MONTH DELETE
SETTINGS non_replicated_deduplication_window = 10000;

CREATE VIEW IF NOT EXISTS vf.streamer_trust_score_history AS SELECT * FROM vf.streamer_trust_score_history_log FINAL;
