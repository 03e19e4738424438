-- Why:      every call of a third party as it came, verified or rejected, for audit and for feeding it again.
-- Locks:    none; a new table and a new view.
-- Rollback: DROP VIEW vf.webhook_inbox, then DROP TABLE vf.webhook_inbox_log. The rows are lost there: of verified
--           calls the last eight days are in ingest.ingest_outbox, of rejected ones nothing.
-- Serves:   what a sender sent over a span of time, by type; what was rejected and why it looks so. The query names
--           env and source and a range of received_at, which is the ORDER BY.
--
-- A verified call is the row of the event that carried its body, received_at that event's created_at in the outbox,
-- which no resend changes: some types tell times of years ago, which a TTL by theirs would drop at once. A rejected
-- call has no event; its id is made when it is rejected. So what is inserted twice merges, as in V2.
CREATE TABLE IF NOT EXISTS vf.webhook_inbox_log
(
    env LowCardinality(String),
    source LowCardinality(String),
    received_at DateTime64(3, 'UTC'),
    event_id UUID,
    event_type LowCardinality(String), -- as the sender names it; empty where it does not
    message_id String,
    verified Bool,
    signature String,
    headers String CODEC(ZSTD(3)),
    payload String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY (env, toYYYYMMDD(received_at))
ORDER BY (env, source, received_at, event_id)
TTL toDateTime(received_at) + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE VIEW IF NOT EXISTS vf.webhook_inbox AS SELECT * FROM vf.webhook_inbox_log FINAL;
