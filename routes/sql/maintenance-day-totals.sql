-- Deletes rows of ingest.day_total that are older than they are kept, up to so many; found by the primary key.
-- What another instance is deleting is left to it (SKIP LOCKED).
DELETE FROM ingest.day_total
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ingest.day_total
    WHERE day < CAST(ingest.now() - CAST(:#keep AS interval) AS date)
    LIMIT CAST(:#rows AS int)
    FOR UPDATE SKIP LOCKED
))
