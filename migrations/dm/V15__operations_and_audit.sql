-- Why:      long work that operators begin goes on when a process ends, shows how far it is and can be called off; and
--           whoever acts is remembered.
-- Locks:    none, everything is new.
-- Rollback: DROP TABLE ingest.operation, ingest.audit, while no operation is open. The audit is lost.
-- Serves:   ingest.operation: replays, re-queues, erasures and the like; bin/ingest operations, bin/ingest audit.
SET ROLE dm_owner;
SET LOCAL lock_timeout = '5s';

-- Written before the action; one that was refused or failed stands here, too, since somebody wanted it.
CREATE TABLE ingest.audit (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL,
    who text NOT NULL CHECK (length(who) <= 500),
    why text NOT NULL CHECK (length(why) <= 500),
    action text NOT NULL CHECK (action ~ '^[a-z][a-z.-]{0,59}$'),
    what jsonb NOT NULL CHECK (pg_column_size(what) <= 8192)
);
CREATE INDEX audit_at ON ingest.audit (at); -- operators: a window; maintenance: what is too old

CREATE TABLE ingest.operation (
    id bigserial PRIMARY KEY,
    kind text NOT NULL CHECK (kind ~ '^[a-z]{1,20}$'),
    request jsonb NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')), -- docs/states.md
    position jsonb,                    -- where it goes on; NULL at its beginning
    done bigint NOT NULL DEFAULT 0,
    total bigint,                      -- NULL while nobody knows
    counts jsonb NOT NULL DEFAULT '{}', -- what became of how many; and what else its kind has to tell
    rate int CHECK (rate > 0),         -- per second at most; NULL: as fast as it goes
    error text CHECK (length(error) <= 2048),
    failures int NOT NULL DEFAULT 0,   -- in a row
    who text NOT NULL,
    why text NOT NULL,
    cancelled_by text,                 -- who wants it to end; its state follows at the next page
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    progressed_at timestamptz,
    ended_at timestamptz,
    token uuid,
    due_at timestamptz NOT NULL        -- with a token: its lease; without one: not to be tried before
);
CREATE INDEX operation_open ON ingest.operation (due_at) WHERE state IN ('waiting', 'running'); -- claim
CREATE INDEX operation_created ON ingest.operation (created_at); -- operators: the latest; maintenance: what is too old
