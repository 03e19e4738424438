-- Why:      what pollers need to know: the channels, when each is due, which pages were given up.
-- Locks:    none, everything is new.
-- Rollback: DROP SCHEMA dm CASCADE, while nothing has been polled.
-- Serves:   probe-claim.sql, probe-skip.sql, ingest.kick.ProbeSchedule.
CREATE SCHEMA dm;

-- One row per account ever seen on a platform. Everything else keys on id; external_id is what other
-- systems may keep.
CREATE TABLE dm.streamer_channel (
    id bigserial PRIMARY KEY,
    external_id text NOT NULL UNIQUE CHECK (length(external_id) = 26),
    platform text NOT NULL,
    platform_user_id text NOT NULL,
    current_slug text CHECK (current_slug = lower(current_slug)),
    display_name text,
    avatar_url text,
    bio text,
    follower_count integer,
    is_live boolean NOT NULL DEFAULT false,
    is_banned boolean NOT NULL DEFAULT false,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (platform, platform_user_id)
);
-- Partial: the loser of a slug collision has none.
CREATE UNIQUE INDEX streamer_channel_slug ON dm.streamer_channel (platform, current_slug) WHERE current_slug IS NOT NULL;

-- When each channel is asked for next. A claim is a lease: token fences it, leased_until ends it.
CREATE TABLE dm.probe_schedule (
    channel_id bigint PRIMARY KEY REFERENCES dm.streamer_channel (id),
    next_probe_at timestamptz NOT NULL DEFAULT now(),
    period interval NOT NULL DEFAULT interval '60 seconds' CHECK (period >= interval '1 second'),
    last_probed_at timestamptz,
    leased_until timestamptz,
    token uuid
) WITH (fillfactor = 70);
CREATE INDEX probe_schedule_due ON dm.probe_schedule (next_probe_at); -- probe-claim.sql

-- The latest slot of a schedule that is not after at_time: slots that were missed are not made up for.
CREATE FUNCTION dm.slot(next_probe_at timestamptz, period interval, at_time timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS $$
    SELECT next_probe_at + make_interval(secs => floor(extract(epoch FROM at_time - next_probe_at)
                                                       / extract(epoch FROM period)) * extract(epoch FROM period))
$$;

-- A page that kept failing was skipped whole; its channels are due again at their next slot.
CREATE TABLE dm.skipped_page (
    id bigserial PRIMARY KEY,
    poller text NOT NULL,
    channel_ids bigint[] NOT NULL,
    slot timestamptz NOT NULL,
    error text NOT NULL,
    skipped_at timestamptz NOT NULL
);
CREATE INDEX skipped_page_recent ON dm.skipped_page (skipped_at); -- operators: what was skipped since
