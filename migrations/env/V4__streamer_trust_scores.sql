-- Why:      the trust score of a channel now; its history is in ClickHouse. Keyed on the channel, with the platform's id
--           kept, so that what knows only that still finds it.
-- Locks:    none, the table is new. A legacy environment has one of this name, keyed on (platform, platform_user_id):
--           it is left as it is, nothing here writes it yet, and its own migration brings it to this shape.
-- Rollback: DROP TABLE public.streamer_trust_scores, only where this has made it (it has the column ev).
-- Serves:   the environment's reads of a channel's score.
CREATE TABLE IF NOT EXISTS public.streamer_trust_scores (
    channel_id bigint PRIMARY KEY, -- dm.streamer_channel.id: another database, so no foreign key
    platform text NOT NULL,
    platform_user_id text NOT NULL,
    score double precision NOT NULL,
    computed_at timestamptz NOT NULL,
    rev bigint NOT NULL DEFAULT 0,
    ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);
