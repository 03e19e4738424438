-- Why:      what was accepted is held against what the archive and the environments have, hour by hour of the ids; what
--           was found stays known until it is mended.
-- Locks:    ingest.target for an instant; intake reads it and waits.
-- Rollback: DROP TABLE ingest.balance_hour, ingest.balance_mismatch, ingest.balance_store; DROP TRIGGER takes_since ON
--           ingest.target; DROP FUNCTION ingest.takes_since; ALTER TABLE ingest.target DROP COLUMN takes_since. Then nothing
--           is compared.
-- Serves:   routes/balance, ingest.balance; status.
SET ROLE dm_owner;
SET LOCAL lock_timeout = '5s';

-- Since when a target gets what it takes: whatever was accepted later, of its types, must have a delivery for it.
ALTER TABLE ingest.target ADD COLUMN takes_since timestamptz NOT NULL DEFAULT clock_timestamp();
ALTER TABLE ingest.target ALTER COLUMN takes_since SET DEFAULT ingest.clock();

CREATE FUNCTION ingest.takes_since() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.takes_since := ingest.clock();
    RETURN NEW;
END
$$;
CREATE TRIGGER takes_since BEFORE UPDATE ON ingest.target FOR EACH ROW
WHEN (OLD.types IS DISTINCT FROM NEW.types OR (OLD.mode = 'off') <> (NEW.mode = 'off'))
EXECUTE FUNCTION ingest.takes_since();

-- An hour of ids that somebody has looked at. Rows go when the keys of the hour do.
CREATE TABLE ingest.balance_hour (
    hour timestamptz PRIMARY KEY,
    claimed_at timestamptz,  -- who looks has it for as long as a look may take
    looked_at timestamptz,   -- when a look ended last in which every store answered
    events bigint NOT NULL DEFAULT 0
);

-- What a look found. Gone when a later one finds it no more.
CREATE TABLE ingest.balance_mismatch (
    hour timestamptz NOT NULL,
    target text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('lost-in-archive', 'lost-in-consumer', 'marked-delivered', 'not-accounted')),
    repair text NOT NULL CHECK (repair IN ('send', 'replay', 'accept', 'deliver', 'recount', 'none')), -- docs/states.md
    events bigint NOT NULL,
    sample uuid[] NOT NULL CHECK (cardinality(sample) <= 20),
    found_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    told_at timestamptz,     -- a mend has told that it is beyond repair: from then on it raises no alert
    PRIMARY KEY (hour, target, kind, repair)
);

-- A store that could not be asked.
CREATE TABLE ingest.balance_store (
    target text PRIMARY KEY,
    unasked_since timestamptz NOT NULL,
    silent boolean NOT NULL, -- it knows no such question: of an older version, or no environment of ours
    detail text NOT NULL CHECK (length(detail) <= 500)
);
