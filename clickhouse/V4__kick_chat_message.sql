-- Why:      the chat of the last thirty days, from where it is exported and counted.
-- Locks:    none; a new table and a new view.
-- Rollback: DROP VIEW vf.kick_chat_message, then DROP TABLE vf.kick_chat_message_log. The rows can be written again
--           from vf.raw_events. Look first whether the view's name is the old writer's table, as in V2.
-- Serves:   messages of one channel by day and by minute, totals of 24 hours: env, channel_id and a range of
--           created_at, which is the ORDER BY. The hourly export reads env and a range of created_at, which a
--           day's partition bounds.
--
-- As in V2: partition and sort key come from the envelope alone and end in the event's id, so that what was
-- inserted twice merges; until it has, the view reads with FINAL. Partitions are days, so that the TTL drops whole
-- ones.
CREATE TABLE IF NOT EXISTS vf.kick_chat_message_log
(
    env LowCardinality(String),
    channel_id UInt64,
    created_at DateTime64(3, 'UTC'),
    event_id UUID,
    channel_slug LowCardinality(String), -- the channel's name of then
    message_id String,
    platform_user_id String, -- of who wrote it, not of the channel
    username String,
    content String CODEC(ZSTD(3)),
    emotes_json String DEFAULT '[]',
    badges_json String DEFAULT '[]',
    inserted_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
PARTITION BY (env, toYYYYMMDD(created_at))
ORDER BY (env, channel_id, created_at, event_id)
TTL toDateTime(created_at) + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE VIEW IF NOT EXISTS vf.kick_chat_message AS SELECT * FROM vf.kick_chat_message_log FINAL;
