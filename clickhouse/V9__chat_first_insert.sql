-- Why:      the export of chat tells by inserted_at which rows it has written, so a row's first insert has to stand. Of
--           two copies of an event the later one took the earlier one's place.
-- Locks:    none. From the renaming to the end of the copy, readers of vf.kick_chat_message miss the rows from before.
--           Writers do not wait, version N-1 among them: these are its columns.
-- Rollback: none is needed, version N-1 writes and reads this table as it did the other. Broken off after the renaming,
--           the rows from before are in vf.kick_chat_message_v4: run the last two statements by hand, more than once
--           if need be, since copies merge.
-- Serves:   as V4. The index serves the export: what came since it looked last, of whatever day.
--
-- first falls as time passes, and of copies the one with the highest stays: the one that came first.
CREATE TABLE vf.kick_chat_message_v9
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
    inserted_at DateTime DEFAULT now(),
    first UInt32 MATERIALIZED 4294967295 - toUnixTimestamp(inserted_at),
    INDEX inserted_at_range inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(first)
PARTITION BY (env, toYYYYMMDD(created_at))
ORDER BY (env, channel_id, created_at, event_id)
TTL toDateTime(created_at) + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

RENAME TABLE vf.kick_chat_message_log TO vf.kick_chat_message_v4, vf.kick_chat_message_v9 TO vf.kick_chat_message_log;

INSERT INTO vf.kick_chat_message_log (env, channel_id, created_at, event_id, channel_slug, message_id, platform_user_id, username, content, emotes_json, badges_json, inserted_at)
SELECT env, channel_id, created_at, event_id, channel_slug, message_id, platform_user_id, username, content, emotes_json, badges_json, inserted_at
FROM vf.kick_chat_message_v4;

DROP TABLE vf.kick_chat_message_v4;
