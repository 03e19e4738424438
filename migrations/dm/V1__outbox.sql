-- Why:      the commit point of the product: events, their dedupe keys, and what is to be delivered where.
-- Locks:    none, everything is new.
-- Rollback: DROP SCHEMA ingest CASCADE, while nothing has been accepted.
-- Serves:   ingest.outbox.Outbox (intake), ingest.delivery.Claims (claim, settle), status.
CREATE SCHEMA ingest;

-- Statements ask this clock, never now(), so that a test can let days pass:
-- SET ingest.clock_offset = '3 days'.
CREATE FUNCTION ingest.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT now() + coalesce(nullif(current_setting('ingest.clock_offset', true), '')::interval, interval '0')
$$;

-- The same clock read at this instant, not at the start of the transaction.
CREATE FUNCTION ingest.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT clock_timestamp() + coalesce(nullif(current_setting('ingest.clock_offset', true), '')::interval, interval '0')
$$;

-- kick.livestream.* takes every type below kick.livestream; * takes everything.
CREATE FUNCTION ingest.type_matches(patterns text[], type text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT EXISTS (
        SELECT FROM unnest(patterns) p
        WHERE type = p OR (right(p, 1) = '*' AND starts_with(type, left(p, -1)))
    )
$$;

-- Where events go. The only place of a target's mode: the intake statement reads it in its own snapshot.
CREATE TABLE ingest.target (
    name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{0,39}$'),
    kind text NOT NULL CHECK (kind IN ('http', 'clickhouse')),
    mode text NOT NULL CHECK (mode IN ('off', 'paused', 'live')),
    types text[] NOT NULL,
    batch int NOT NULL CHECK (batch BETWEEN 1 AND 1000),
    who text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    why text NOT NULL
);
INSERT INTO ingest.target (name, kind, mode, types, batch, who, why)
VALUES ('clickhouse', 'clickhouse', 'live', '{*}', 1000, 'migrate', 'the archive takes everything');

-- Overrides of properties (pollers on or off): the row wins until it is cleared or runs out.
CREATE TABLE ingest.switch (
    name text PRIMARY KEY,
    value text NOT NULL,
    who text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    why text NOT NULL,
    until timestamptz
);

CREATE SEQUENCE ingest.chunk_seq;

-- The one authority on what is a duplicate. Partitioned by the id itself (a ULID's bits: time first),
-- so that equal ids always meet in one partition and the primary key holds globally.
CREATE TABLE ingest.event_key (
    id uuid PRIMARY KEY,
    day date NOT NULL,
    chunk bigint NOT NULL,
    pos smallint NOT NULL,
    source text NOT NULL,
    message_id text,
    received_at timestamptz NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE ingest.event_key_default PARTITION OF ingest.event_key DEFAULT;

-- The events, append only. day is the UTC day of the commit.
CREATE TABLE ingest.ingest_outbox (
    day date NOT NULL,
    chunk bigint NOT NULL,
    pos smallint NOT NULL CHECK (pos BETWEEN 0 AND 127),
    event_id uuid NOT NULL,
    source text NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    rev bigint NOT NULL,
    channelid text,
    targets text[],
    envelope text NOT NULL,
    raw bytea,
    raw_headers text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (day, chunk, pos)
) PARTITION BY RANGE (day);
-- The bytes that are stored are the bytes that are sent; compressing them costs more than the insert.
ALTER TABLE ingest.ingest_outbox ALTER COLUMN envelope SET STORAGE EXTERNAL;

-- One row per commit group and target. mask: the positions that are meant; NULL means all of the group.
CREATE TABLE ingest.delivery_chunk (
    day date NOT NULL,
    chunk bigint NOT NULL,
    target text NOT NULL,
    n int NOT NULL,
    mask bit(128),
    status smallint NOT NULL DEFAULT 0 CHECK (status IN (0, 1, 2, 3)), -- open, done, retry, exploded: docs/states.md
    claims smallint NOT NULL DEFAULT 0,
    attempts smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    token uuid,
    settled_at timestamptz,
    n_exc int NOT NULL DEFAULT 0,
    PRIMARY KEY (day, chunk, target)
) PARTITION BY RANGE (day);
CREATE INDEX delivery_chunk_open ON ingest.delivery_chunk (target, chunk) WHERE status = 0;   -- claim; due_at is not in it: HOT
CREATE INDEX delivery_chunk_retry ON ingest.delivery_chunk (target, due_at) WHERE status = 2; -- claim of what failed

-- Exceptions only: events that were refused, are unknown to the target, or went down with their worker.
CREATE TABLE ingest.delivery_item (
    day date NOT NULL,
    target text NOT NULL,
    event_id uuid NOT NULL,
    chunk bigint NOT NULL,
    pos smallint NOT NULL,
    type text NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'delivered', 'dead', 'abandoned')),
    attempts int NOT NULL DEFAULT 0,
    claims int NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    token uuid,
    attempted_at timestamptz,
    last_error text,
    fingerprint text,
    response text,
    actor text,
    reason text,
    PRIMARY KEY (day, target, event_id)
) PARTITION BY RANGE (day);
CREATE INDEX delivery_item_due ON ingest.delivery_item (target, due_at) WHERE status = 'pending';      -- claim
CREATE INDEX delivery_item_dead ON ingest.delivery_item (target, fingerprint) WHERE status = 'dead';   -- dead letters by cause

-- Event by target, as operators think of it; read-only. One branch per status, so that
-- WHERE status = 'dead' reads the exceptions alone.
CREATE VIEW ingest.ingest_outbox_delivery AS
SELECT o.event_id, c.target, 'pending'::text AS status, c.attempts::int AS attempts, NULL::timestamptz AS attempted_at,
       NULL::text AS last_error, o.type, o.subject, o.day, o.chunk, o.pos, o.created_at
FROM ingest.delivery_chunk c JOIN ingest.ingest_outbox o USING (day, chunk)
WHERE c.status IN (0, 2) AND (c.mask IS NULL OR get_bit(c.mask, o.pos) = 1)
UNION ALL
SELECT o.event_id, c.target, 'delivered', c.attempts::int + 1, c.settled_at, NULL, o.type, o.subject, o.day, o.chunk, o.pos, o.created_at
FROM ingest.delivery_chunk c JOIN ingest.ingest_outbox o USING (day, chunk)
WHERE c.status = 1 AND (c.mask IS NULL OR get_bit(c.mask, o.pos) = 1)
  AND NOT EXISTS (SELECT FROM ingest.delivery_item i WHERE i.day = c.day AND i.target = c.target AND i.event_id = o.event_id)
UNION ALL
SELECT i.event_id, i.target, 'pending', i.attempts, i.attempted_at, i.last_error, i.type, o.subject, i.day, i.chunk, i.pos, o.created_at
FROM ingest.delivery_item i JOIN ingest.ingest_outbox o USING (day, chunk, pos) WHERE i.status = 'pending'
UNION ALL
SELECT i.event_id, i.target, 'delivered', i.attempts, i.attempted_at, i.last_error, i.type, o.subject, i.day, i.chunk, i.pos, o.created_at
FROM ingest.delivery_item i JOIN ingest.ingest_outbox o USING (day, chunk, pos) WHERE i.status = 'delivered'
UNION ALL
SELECT i.event_id, i.target, 'dead', i.attempts, i.attempted_at, i.last_error, i.type, o.subject, i.day, i.chunk, i.pos, o.created_at
FROM ingest.delivery_item i JOIN ingest.ingest_outbox o USING (day, chunk, pos) WHERE i.status = 'dead'
UNION ALL
SELECT i.event_id, i.target, 'abandoned', i.attempts, i.attempted_at, i.last_error, i.type, o.subject, i.day, i.chunk, i.pos, o.created_at
FROM ingest.delivery_item i JOIN ingest.ingest_outbox o USING (day, chunk, pos) WHERE i.status = 'abandoned';

-- Makes the partitions of each day from first_day on, those that are there already excepted. Tables are
-- made aside and attached, which lets writers of the parent go on. Keys of that day that came before it
-- are moved. Two instances do not race.
CREATE FUNCTION ingest.make_partitions(first_day date, days int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d date;
    parent text;
    part text;
    low text;
    high text;
    odd boolean;
    made int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ingest.make_partitions'));
    FOR i IN 0 .. days - 1 LOOP
        d := first_day + i;
        FOREACH parent IN ARRAY ARRAY['ingest_outbox', 'delivery_chunk', 'delivery_item', 'event_key'] LOOP
            part := parent || '_' || to_char(d, 'YYYYMMDD');
            CONTINUE WHEN to_regclass('ingest.' || part) IS NOT NULL;
            IF parent = 'event_key' THEN -- a ULID's first 48 bits are milliseconds since 1970
                low := rpad(lpad(to_hex((extract(epoch FROM d) * 1000)::bigint), 12, '0'), 32, '0')::uuid::text;
                high := rpad(lpad(to_hex((extract(epoch FROM d + 1) * 1000)::bigint), 12, '0'), 32, '0')::uuid::text;
            ELSE
                low := d::text;
                high := (d + 1)::text;
            END IF;
            EXECUTE format('CREATE TABLE ingest.%I (LIKE ingest.%I INCLUDING ALL)', part, parent);
            IF parent = 'delivery_chunk' THEN -- room for the HOT updates of claim and settle
                EXECUTE format('ALTER TABLE ingest.%I SET (fillfactor = 50)', part);
            ELSIF parent = 'ingest_outbox' THEN -- dropped in days: vacuuming what was only inserted is waste
                EXECUTE format('ALTER TABLE ingest.%I SET (autovacuum_vacuum_insert_threshold = -1)', part);
            ELSIF parent = 'event_key' THEN
                EXECUTE format('SELECT EXISTS (SELECT FROM ingest.event_key_default WHERE id >= %L AND id < %L)', low, high) INTO odd;
                IF odd THEN -- locked first: an insert of one of these ids would wait for us, and we for it
                    LOCK TABLE ingest.event_key_default IN ACCESS EXCLUSIVE MODE;
                    EXECUTE format('WITH moved AS (DELETE FROM ingest.event_key_default WHERE id >= %L AND id < %L RETURNING *) '
                                   'INSERT INTO ingest.%I SELECT * FROM moved', low, high, part);
                END IF;
            END IF;
            EXECUTE format('ALTER TABLE ingest.%I ATTACH PARTITION ingest.%I FOR VALUES FROM (%L) TO (%L)', parent, part, low, high);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
SELECT ingest.make_partitions((now() AT TIME ZONE 'UTC')::date, 8);
