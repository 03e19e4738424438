-- Why:      the subscription watchdog gives up what Kick answered and never listed, which was never seen; and what
--           Kick refuses has to be known, or it is taken for forgotten.
-- Locks:    event_subscription against everybody while its rows are checked: as many as there are subscriptions.
-- Rollback: DROP TABLE dm.event_subscription_refusal; the former CHECK comes back once rows that are gone and were
--           never seen are deleted.
-- Serves:   ingest.kick.SubscriptionsKept, ingest.kick.SubscriptionMetrics, subscriptions-held.sql.
SET ROLE dm_owner;
SET LOCAL lock_timeout = '5s';

ALTER TABLE dm.event_subscription
    DROP CONSTRAINT event_subscription_check,
    ADD CONSTRAINT event_subscription_check CHECK (seen_at IS NOT NULL OR status <> 'active');

-- What a platform refused at the last poll of the channel, or we did not ask for because the limit is reached.
CREATE TABLE dm.event_subscription_refusal (
    channel_id bigint NOT NULL REFERENCES dm.streamer_channel (id),
    event text NOT NULL,
    reason text NOT NULL CHECK (length(reason) <= 300),
    since timestamptz NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (channel_id, event) -- the watchdog: all of a channel; and the foreign key
);
