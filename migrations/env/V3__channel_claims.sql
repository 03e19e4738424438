-- Why:      whose channel is whose in this environment. A streamer claims a channel, the shared tier says so as
--           channel.claimed, and here the first verified claim of a channel holds; the others are on record.
-- Locks:    public.streamers against writes, for a moment, when the foreign keys are made; they are of empty tables,
--           so nothing is scanned. Where it cannot be had within 2 s this gives up, and may be run again.
-- Rollback: the image before does not know these tables. To drop them: DROP TABLE public.channel_claim,
--           public.streamer_channel_link; public.streamers only where this has made it.
-- Serves:   ingest.projection.dm.ClaimedProjector; the environment's own reads.
SET LOCAL lock_timeout = '2s';

-- A real environment has this table, with columns of its own. What is here needs its key alone.
CREATE TABLE IF NOT EXISTS public.streamers (
    id integer PRIMARY KEY
);

-- channel_id is dm.streamer_channel.id: another database, so no foreign key. (rev, ev): the claim that wrote the row.
CREATE TABLE public.streamer_channel_link (
    streamer_id integer NOT NULL REFERENCES public.streamers ON DELETE CASCADE,
    channel_id bigint NOT NULL,
    verified boolean NOT NULL DEFAULT false,
    claimed_at timestamptz NOT NULL DEFAULT now(),
    rev bigint NOT NULL DEFAULT 0,
    ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    PRIMARY KEY (streamer_id, channel_id)
);

-- A channel is verified for one streamer at a time; also who holds it.
CREATE UNIQUE INDEX uq_verified_channel ON public.streamer_channel_link (channel_id) WHERE verified;

-- Claims that were refused. A refusal stands: what comes of a released channel is for a new claim.
CREATE TABLE public.channel_claim (
    event_id uuid PRIMARY KEY,
    streamer_id integer NOT NULL REFERENCES public.streamers ON DELETE CASCADE,
    channel_id bigint NOT NULL,
    platform text NOT NULL,
    platform_user_id text NOT NULL,
    claimed_at timestamptz NOT NULL,
    held_by integer NOT NULL, -- of that time; no foreign key, so that the refusal outlives the holder
    refused_at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL CHECK (reason = 'held') -- held: another streamer had the verified claim
);
