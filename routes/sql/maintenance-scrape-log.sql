-- Deletes rows of dm.scrape_log that are older than they are kept, up to so many; found by the index on at.
-- What another instance is deleting is left to it (SKIP LOCKED).
DELETE FROM dm.scrape_log
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM dm.scrape_log
    WHERE at < ingest.now() - CAST(:#keep AS interval)
    LIMIT CAST(:#rows AS int)
    FOR UPDATE SKIP LOCKED
))
