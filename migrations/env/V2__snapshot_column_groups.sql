-- Why:      polls and webhooks meet in channel_snapshot, and a webhook knows only a part of what a poll sees: a start
--           or an end has is_live, its start and the title, a rename the slug. Under one revision an end would hold
--           back the category of a newer poll, or a rename the state. So each part gets a revision of its own.
-- Locks:    channel_snapshot as a whole, from the first statement to the commit. The columns are added without a
--           rewrite; then every row is updated once, well under a second for 50,000 channels. Consumers that wait
--           longer than their lock_timeout of 2 s answer 503 and get the batch again; readers just wait.
--           Where the table cannot be had within 2 s this gives up, and may be run again.
-- Rollback: the image before goes on with these columns there: they have defaults and it never names them. To drop
--           them: ALTER TABLE public.channel_snapshot DROP COLUMN slug_rev, DROP COLUMN slug_ev (live_, title_ likewise).
--           A consumer of the version before, beside one of this version, still writes all parts under stream_rev: it
--           may put an older name, state or title over one that a webhook brought, until the next poll writes them
--           again. So let a rollout end within minutes.
-- Serves:   ingest.projection.ChannelSnapshot.
SET LOCAL lock_timeout = '2s';
ALTER TABLE public.channel_snapshot
    ADD COLUMN slug_rev bigint NOT NULL DEFAULT 0,
    ADD COLUMN slug_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN live_rev bigint NOT NULL DEFAULT 0,
    ADD COLUMN live_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN title_rev bigint NOT NULL DEFAULT 0,
    ADD COLUMN title_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';

-- What is there was written by the polls that stream_rev and stream_ev tell.
UPDATE public.channel_snapshot
SET slug_rev = stream_rev, slug_ev = stream_ev,
    live_rev = stream_rev, live_ev = stream_ev,
    title_rev = stream_rev, title_ev = stream_ev
WHERE stream_rev <> 0;

COMMENT ON COLUMN public.channel_snapshot.channel_external_id IS 'dm.streamer_channel.external_id; the channel''s for ever, so no revision orders it';
COMMENT ON COLUMN public.channel_snapshot.slug_rev IS 'orders slug: polls, webhooks, renames';
COMMENT ON COLUMN public.channel_snapshot.live_rev IS 'orders is_live, stream_started_at: polls, webhooks';
COMMENT ON COLUMN public.channel_snapshot.title_rev IS 'orders title: polls, webhooks';
COMMENT ON COLUMN public.channel_snapshot.stream_rev IS 'orders language, is_mature, category_id, category_name: polls';
