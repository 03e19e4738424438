-- Why:      dead letters are grouped by target, type and cause, and re-queued or abandoned by filter. At a million of them
--           that read every exception there is, and joined each to its event to know whom it was about.
-- Locks:    ingest.delivery_item for the build of two indexes of what is dead and one update of it: settlements wait for
--           about a minute per million dead letters. Where somebody holds it for longer than lock_timeout nothing has
--           changed, and the migration is run again.
-- Rollback: DROP TRIGGER delivery_item_dies, delivery_item_born_dead ON ingest.delivery_item; DROP FUNCTION
--           ingest.note_death, ingest.was_there; DROP INDEX ingest.delivery_item_letters, ingest.delivery_item_letters_of;
--           CREATE INDEX delivery_item_dead ON ingest.delivery_item (target, fingerprint) WHERE status = 'dead';
--           ALTER TABLE ingest.delivery_item DROP COLUMN died_at, DROP COLUMN subject_key; the view as V1 has it. Loses only
--           when they died. While events of an open chunk are abandoned, version N-1 sends these, too.
-- Serves:   ingest.letter: bin/ingest dead, requeue, abandon.
--
-- What it costs the way of an event: both indexes hold what is dead and nothing else, so that a settlement enters them
-- when an event is given up, as it did the one that goes; the triggers are passed by on their WHEN until then.
SET ROLE dm_owner;
SET LOCAL lock_timeout = '5s';

ALTER TABLE ingest.delivery_item
    ADD COLUMN died_at timestamptz,   -- of what is dead, or was abandoned when it was
    ADD COLUMN subject_key bigint;    -- a hash of its subject: finds the dead of one subject, tells nobody which it is

-- A trigger, so that whoever gives an event up, by whatever statement and of whatever version, leaves what finds it again.
CREATE FUNCTION ingest.note_death() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.died_at := ingest.now();
    NEW.fingerprint := coalesce(NEW.fingerprint, left(NEW.last_error, 200), 'not said');
    NEW.subject_key := (SELECT hashtextextended(o.subject, 0) FROM ingest.ingest_outbox o
                        WHERE o.day = NEW.day AND o.chunk = NEW.chunk AND o.pos = NEW.pos);
    RETURN NEW;
END
$$;

UPDATE ingest.delivery_item i
SET died_at = coalesce(i.attempted_at, i.due_at), fingerprint = coalesce(i.fingerprint, left(i.last_error, 200), 'not said'),
    subject_key = (SELECT hashtextextended(o.subject, 0) FROM ingest.ingest_outbox o
                   WHERE o.day = i.day AND o.chunk = i.chunk AND o.pos = i.pos)
WHERE i.status = 'dead';

CREATE TRIGGER delivery_item_dies BEFORE UPDATE OF status ON ingest.delivery_item
    FOR EACH ROW WHEN (NEW.status = 'dead' AND OLD.status <> 'dead') EXECUTE FUNCTION ingest.note_death();
CREATE TRIGGER delivery_item_born_dead BEFORE INSERT ON ingest.delivery_item
    FOR EACH ROW WHEN (NEW.status = 'dead') EXECUTE FUNCTION ingest.note_death();

-- Pages of dead letters go on behind these columns, and a row with a NULL in one would stand behind nothing.
ALTER TABLE ingest.delivery_item ADD CONSTRAINT delivery_item_dead_is_found
    CHECK (status <> 'dead' OR (died_at IS NOT NULL AND fingerprint IS NOT NULL));

DROP INDEX ingest.delivery_item_dead;
CREATE INDEX delivery_item_letters ON ingest.delivery_item (target, type, fingerprint, died_at, event_id)
    INCLUDE (day) WHERE status = 'dead'; -- groups and counts from the index alone; pages of a re-queue
CREATE INDEX delivery_item_letters_of ON ingest.delivery_item USING hash (subject_key) WHERE status = 'dead'; -- the dead of a subject

-- Events of a chunk that is open may be items now, abandoned out of it: n_exc counts them from then on, and they are not
-- pending with the others.
CREATE OR REPLACE VIEW ingest.ingest_outbox_delivery AS
SELECT o.event_id, c.target, 'pending'::text AS status, c.attempts::int AS attempts, NULL::timestamptz AS attempted_at,
       NULL::text AS last_error, o.type, o.subject, o.day, o.chunk, o.pos, o.created_at
FROM ingest.delivery_chunk c JOIN ingest.ingest_outbox o USING (day, chunk)
WHERE c.status IN (0, 2) AND (c.mask IS NULL OR get_bit(c.mask, o.pos) = 1)
  AND (c.n_exc = 0 OR (SELECT i.status FROM ingest.delivery_item i
                       WHERE i.day = c.day AND i.target = c.target AND i.event_id = o.event_id) IS NULL)
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

-- Whether a row, as it stands now, was there when somebody looked: seen is pg_current_snapshot() of then. Exact where a
-- time is not, since what committed after a look may have begun before it. Asked of rows that are not this transaction's.
-- xmin is the low half of an id; the high half is the one under which that is no future transaction.
CREATE FUNCTION ingest.was_there(row_xmin xid, seen pg_snapshot) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT pg_visible_in_snapshot(
        (pg_snapshot_xmax(pg_current_snapshot())::text::bigint
         - ((pg_snapshot_xmax(pg_current_snapshot())::text::bigint - row_xmin::text::bigint) & 4294967295))::text::xid8, seen)
$$;
