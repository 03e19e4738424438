-- Why:      every verified call of Sumsub by its applicant: what was said of whom, in which order.
-- Locks:    none; a new table and a new view.
-- Rollback: DROP VIEW vf.sumsub_webhooks, then DROP TABLE vf.sumsub_webhooks_log. The rows are in vf.webhook_inbox
--           too, without the applicant as a column. Look first whether the view's name is the old writer's table,
--           as in V2.
-- Serves:   the story of one applicant: env and applicant_id, ordered by the upstream's own time, which is the
--           ORDER BY. A final status comes several times, also green and later red.
--
-- received_at is the event's created_at in the outbox, which no resend changes; created_at is when Sumsub says that
-- it happened, by which calls are ordered and not by their arrival. Both stay what they are when the same event is
-- inserted again, so that it merges, as in V2.
CREATE TABLE IF NOT EXISTS vf.sumsub_webhooks_log
(
    env LowCardinality(String),
    applicant_id String,
    created_at DateTime64(3, 'UTC'),
    event_id UUID,
    received_at DateTime64(3, 'UTC'),
    event_type LowCardinality(String),
    review_status LowCardinality(String),
    review_answer LowCardinality(String),
    payload String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY (env, toYYYYMMDD(received_at))
ORDER BY (env, applicant_id, created_at, event_id)
TTL toDateTime(received_at) + INTERVAL 30 DAY DELETE
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

CREATE VIEW IF NOT EXISTS vf.sumsub_webhooks AS SELECT * FROM vf.sumsub_webhooks_log FINAL;
