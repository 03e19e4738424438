-- Why:      how many follow a channel, as the page of its platform says. Polls of it have a rhythm of their own, so the
--           count has a revision of its own, and neither holds back the viewers nor is held back by them.
-- Locks:    channel_snapshot as a whole for an instant: columns are added without a rewrite. Where it cannot be had
--           within 2 s this gives up, and may be run again.
-- Rollback: the image before goes on with these columns there: they have defaults and it never names them. To drop
--           them: ALTER TABLE public.channel_snapshot DROP COLUMN follower_count, DROP COLUMN followers_at,
--           DROP COLUMN followers_rev, DROP COLUMN followers_ev.
-- Serves:   ingest.projection.ChannelSnapshot.
SET LOCAL lock_timeout = '2s';
ALTER TABLE public.channel_snapshot
    ADD COLUMN follower_count integer,
    ADD COLUMN followers_at timestamptz,
    ADD COLUMN followers_rev bigint NOT NULL DEFAULT 0,
    ADD COLUMN followers_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';

COMMENT ON COLUMN public.channel_snapshot.followers_rev IS 'orders follower_count, followers_at: polls of the channel''s page';
