-- Why:      what is old is dropped, by day and only once nothing is lost by it; what was in it stays known in numbers; and
--           how fast the disk fills.
-- Locks:    none, everything is new. The functions lock when they are called: see there.
-- Rollback: DROP FUNCTION ingest.drop_day, ingest.drop_event_keys, ingest.prune_event_keys; DROP TABLE ingest.day_total,
--           ingest.old_day, ingest.disk_size. Then nothing is dropped and the disk fills.
-- Serves:   routes/maintenance, ingest.maintenance; status.
SET ROLE dm_owner;
SET LOCAL lock_timeout = '5s';

-- What a day held when it was dropped: without it nobody could tell afterwards that it balanced.
-- target is '' for what was accepted; status is that of ingest.ingest_outbox_delivery, or accepted.
CREATE TABLE ingest.day_total (
    day date NOT NULL,
    source text NOT NULL,
    type text NOT NULL,
    target text NOT NULL,
    status text NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (day, source, type, target, status)
);

-- A day past retention that somebody has looked at, and why it is still there. Gone with its day.
CREATE TABLE ingest.old_day (
    day date PRIMARY KEY,
    claimed_at timestamptz NOT NULL,   -- who looks at it has it for as long as a look may take
    reason text CHECK (reason IN ('open', 'dead', 'archive', 'unasked')), -- docs/states.md; NULL: not told yet
    target text,
    events bigint,                     -- as far as they were counted
    detail text CHECK (length(detail) <= 500),
    held_since timestamptz
);

-- The size of a store, hour by hour: from it follows on which day the budget is full.
CREATE TABLE ingest.disk_size (
    store text NOT NULL CHECK (store IN ('dm', 'clickhouse')),
    at timestamptz NOT NULL,           -- the hour
    bytes bigint NOT NULL,
    PRIMARY KEY (store, at)
);

-- Drops a day of the outbox, unless something of it waits, or is dead, for a target that is not off; true when it is gone.
-- That the archive has the day is the caller's to know: this function asks no ClickHouse.
-- ACCESS EXCLUSIVE on the parents, since a DROP takes it anyhow, and first: after that nobody can change the day while it
-- is looked at. Intake waits meanwhile, for milliseconds; whoever makes us wait makes it fail by lock_timeout (55P03),
-- which is for the caller to try again.
CREATE FUNCTION ingest.drop_day(d date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms' AS $$
DECLARE
    suffix text := to_char(d, 'YYYYMMDD');
BEGIN
    IF d >= (ingest.now() AT TIME ZONE 'UTC')::date - 1 THEN
        RAISE EXCEPTION 'the outbox day % is not over for a day yet', d USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ingest.make_partitions'));
    IF to_regclass('ingest.ingest_outbox_' || suffix) IS NULL THEN -- another instance was faster
        RETURN true;
    END IF;
    LOCK TABLE ONLY ingest.ingest_outbox, ONLY ingest.delivery_chunk, ONLY ingest.delivery_item IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM ingest.delivery_chunk c WHERE c.day = d AND c.status = 0
               AND NOT EXISTS (SELECT FROM ingest.target t WHERE t.name = c.target AND t.mode = 'off'))
       OR EXISTS (SELECT FROM ingest.delivery_chunk c WHERE c.day = d AND c.status = 2
                  AND NOT EXISTS (SELECT FROM ingest.target t WHERE t.name = c.target AND t.mode = 'off'))
       OR EXISTS (SELECT FROM ingest.delivery_item i WHERE i.day = d AND i.status IN ('pending', 'dead')
                  AND NOT EXISTS (SELECT FROM ingest.target t WHERE t.name = i.target AND t.mode = 'off')) THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE ingest.%I, ingest.%I, ingest.%I',
                   'ingest_outbox_' || suffix, 'delivery_chunk_' || suffix, 'delivery_item_' || suffix);
    DELETE FROM ingest.old_day WHERE day = d;
    RETURN true;
END
$$;

-- Drops the keys of a day of ids. Its last keys may be young: an id tells when something happened, not when it came. Of
-- these up to most move to the DEFAULT partition and stay for as long as any; where there are more, the day stays until
-- they are old too. True when it is gone.
-- Writers of that one day wait while it is read, which are late events alone; intake for the instant of the DETACH.
CREATE FUNCTION ingest.drop_event_keys(d date, keep_from timestamptz, most int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms' AS $$
DECLARE
    part text := 'event_key_' || to_char(d, 'YYYYMMDD');
    ids uuid[];
BEGIN
    IF keep_from > ingest.now() - interval '10 days' THEN
        RAISE EXCEPTION 'event keys are kept for more than ten days' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ingest.make_partitions'));
    IF to_regclass('ingest.' || part) IS NULL THEN
        RETURN true;
    END IF;
    EXECUTE format('LOCK TABLE ingest.%I IN SHARE ROW EXCLUSIVE MODE', part);
    EXECUTE format('SELECT array_agg(id) FROM (SELECT id FROM ingest.%I WHERE received_at >= $1 LIMIT $2 + 1) young', part)
        INTO ids USING keep_from, most;
    IF cardinality(ids) > most THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE ingest.event_key DETACH PARTITION ingest.%I', part);
    EXECUTE format('INSERT INTO ingest.event_key SELECT * FROM ingest.%I WHERE id = ANY ($1)', part) USING ids;
    EXECUTE format('DROP TABLE ingest.%I', part);
    RETURN true;
END
$$;

-- Deletes up to most old keys of odd times; returns how many.
CREATE FUNCTION ingest.prune_event_keys(keep_from timestamptz, most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pruned int;
BEGIN
    IF keep_from > ingest.now() - interval '10 days' THEN
        RAISE EXCEPTION 'event keys are kept for more than ten days' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    DELETE FROM ingest.event_key_default
    WHERE id IN (SELECT id FROM ingest.event_key_default WHERE received_at < keep_from LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS pruned = ROW_COUNT;
    RETURN pruned;
END
$$;
