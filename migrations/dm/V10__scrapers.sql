-- Why:      a call of a scraper costs credits and comes to something: both belong into its row. And a page may be
--           ordered as a job, whose answer comes hours later or never: what is open has to be known over restarts.
-- Locks:    scrape_log against everybody for an instant (columns without a rewrite, its checks are not validated
--           against old rows), streamer_channel against writers while a foreign key is added to an empty table.
-- Rollback: the version before goes on with all of it there. ALTER TABLE dm.scrape_log DROP COLUMN cost, DROP COLUMN
--           outcome; DROP TABLE dm.scrape_job, while no instance of this version runs.
-- Serves:   scrape-log.sql, scrape-job-*.sql, ingest.scraperapi.JobsOver, operators.
SET ROLE dm_owner;
SET LOCAL lock_timeout = '5s';

ALTER TABLE dm.scrape_log
    ADD COLUMN cost numeric,                -- credits, as the provider said; NULL where it did not
    ADD COLUMN outcome text,                -- docs/states.md; NULL in rows of before
    ADD CONSTRAINT scrape_log_cost CHECK (cost >= 0) NOT VALID,
    ADD CONSTRAINT scrape_log_outcome CHECK (outcome IN ('ok', 'not-found', 'other-account', 'blocked', 'refused',
        'failed', 'unreadable', 'ordered', 'running', 'over')) NOT VALID;

-- A page that was ordered as a job. Its callback carries the key and needs no row here; who takes it, or asks how
-- the job stands, closes the row in the commit of its event.
CREATE TABLE dm.scrape_job (
    job_key text PRIMARY KEY CHECK (length(job_key) BETWEEN 1 AND 128), -- ours, in the address that is called back
    job_id text NOT NULL CHECK (length(job_id) BETWEEN 1 AND 100),      -- the provider's
    poller text NOT NULL,
    channel_id bigint NOT NULL REFERENCES dm.streamer_channel (id),
    status text NOT NULL CHECK (status IN ('ordered', 'finished', 'failed', 'lost')), -- docs/states.md
    outcome text CHECK (outcome IN ('ok', 'not-found', 'other-account', 'blocked', 'failed', 'unreadable')), -- of the page
    ordered_at timestamptz NOT NULL,
    check_at timestamptz NOT NULL,          -- when we ask how it stands, if nobody has called back by then
    checks int NOT NULL DEFAULT 0,
    closed_at timestamptz CHECK ((closed_at IS NULL) = (status = 'ordered'))
) WITH (fillfactor = 70);
CREATE INDEX scrape_job_open ON dm.scrape_job (check_at) WHERE status = 'ordered';         -- scrape-job-claim.sql, scrape-job-lost.sql
CREATE INDEX scrape_job_closed ON dm.scrape_job (closed_at) WHERE closed_at IS NOT NULL;   -- scrape-job-clean.sql
CREATE INDEX scrape_job_channel ON dm.scrape_job (channel_id);                             -- the foreign key
