-- Why:      what viewers did in a Kick channel beside chatting and following: subscriptions, gifts, rewards, Kicks,
--           bans, for the charts of the last twelve months.
-- Locks:    none; a new table and a new view.
-- Rollback: DROP VIEW vf.kick_channel_activity, then DROP TABLE vf.kick_channel_activity_log. The rows can be written
--           again from vf.raw_events.
-- Serves:   what happened in one channel over a span of time, by kind. The query names env, platform and
--           platform_user_id and a range of ts, which is the ORDER BY; its last column, event_id, is for nobody's
--           query.
--
-- One row per event, whatever it counts. As in V2: partition and sort key come from the envelope alone and end in the
-- event's id, so that what was inserted twice merges; until it has, the view reads with FINAL.
CREATE TABLE IF NOT EXISTS vf.kick_channel_activity_log
(
    env LowCardinality(String),
    platform LowCardinality(String),
    platform_user_id String, -- of the channel
    ts DateTime64(3, 'UTC'),
    event_id UUID,
    kind LowCardinality(String), -- subscription, renewal, gifts, redemption, kicks, ban
    user_id Nullable(String), -- who subscribed, gave, redeemed, banned; NULL where that is anonymous
    amount Nullable(UInt32), -- months, gifts, points of the channel, Kicks
    item Nullable(String), -- what was redeemed or given, by name
    status LowCardinality(Nullable(String)), -- of a redemption: pending, accepted, rejected
    reference Nullable(String), -- Kick's id of a redemption, which has a row for each status
    others Array(String), -- ids of who got the gifts, or was banned
    expires_at Nullable(DateTime64(3, 'UTC')) -- of a subscription; of a ban, NULL is for ever
)
ENGINE = ReplacingMergeTree
PARTITION BY (env, toYYYYMM(ts))
ORDER BY (env, platform, platform_user_id, ts, event_id)
TTL toDateTime(ts) + INTERVAL 12 MONTH DELETE
SETTINGS non_replicated_deduplication_window = 10000;

CREATE VIEW IF NOT EXISTS vf.kick_channel_activity AS SELECT * FROM vf.kick_channel_activity_log FINAL;
