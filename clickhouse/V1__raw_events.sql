-- Why:      the archive: every accepted event, for replays and proof.
-- Locks:    none, everything is new.
-- Rollback: DROP VIEW vf.raw_events; DROP TABLE vf.raw_events_log.
-- Serves:   replay by window and type, the balance, "where is this event".
-- A batch may be sent twice: the same event has the same partition and sort key (envelope alone, event id
-- last), so the copies merge, and the view reads one of them at any time.
CREATE TABLE vf.raw_events_log
(
    event_id UUID,
    source LowCardinality(String),
    type LowCardinality(String),
    subject String,
    rev Int64,
    time DateTime64(3, 'UTC'),
    created_at DateTime64(6, 'UTC'),
    replayof Nullable(UUID),
    envelope String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (source, type, time, event_id) -- replay reads a window of some types in time order
TTL toDateTime(time) + INTERVAL 13 MONTH DELETE
SETTINGS non_replicated_deduplication_window = 10000;

-- IF NOT EXISTS, never OR REPLACE: that would silently drop a table of this name that an old writer fills.
CREATE VIEW IF NOT EXISTS vf.raw_events AS SELECT * FROM vf.raw_events_log FINAL;
