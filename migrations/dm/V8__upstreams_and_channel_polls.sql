-- Why:      what all instances have to agree on before one of them calls an upstream: its turn, its pauses, its
--           credits; and when each channel is due for the pollers that have no table of their own for it.
-- Locks:    streamer_channel against writers while the foreign key is added: the new tables are empty.
-- Rollback: DROP TABLE dm.channel_poll, dm.upstream, while no instance of this version runs.
-- Serves:   ingest.upstream.SharedPermits; routes/sql/poll-*.sql, ingest.poll.ChannelsPolled.
SET ROLE dm_owner;
SET LOCAL lock_timeout = '5s';

-- One row per upstream. Who is about to call locks it, so its times are in order over all instances.
CREATE TABLE dm.upstream (
    upstream text PRIMARY KEY,
    next_at timestamptz NOT NULL,            -- no call before that
    day date NOT NULL,                       -- in UTC, of the two counts below
    calls int NOT NULL DEFAULT 0,
    credits bigint NOT NULL DEFAULT 0,       -- reckoned before a call, put right by its answer
    call_limit int,                          -- what its last answer said of its own limit
    remaining bigint,                        -- less the calls that were permitted since
    resets_at timestamptz,
    paused_until timestamptz,                -- as it asked for, or because it answered 429
    paused_why text CHECK (length(paused_why) <= 300),
    refusals int NOT NULL DEFAULT 0,         -- 429 in a row
    failures int NOT NULL DEFAULT 0,         -- failed calls in a row
    open_until timestamptz                   -- the breaker: until then nobody calls, then one probes
) WITH (fillfactor = 50);

-- When each channel is due for a poller. A claim is a lease: token fences it, leased_until ends it.
CREATE TABLE dm.channel_poll (
    poller text NOT NULL,
    channel_id bigint NOT NULL REFERENCES dm.streamer_channel (id),
    next_at timestamptz NOT NULL,
    leased_until timestamptz,
    token uuid,
    polled_at timestamptz,
    failures int NOT NULL DEFAULT 0,         -- polls in a row that failed every try
    PRIMARY KEY (poller, channel_id)
) WITH (fillfactor = 70);
CREATE INDEX channel_poll_due ON dm.channel_poll (poller, next_at); -- poll-claim.sql
CREATE INDEX channel_poll_channel ON dm.channel_poll (channel_id);  -- the foreign key
