-- Deletes rows of ingest.audit that are older than they are kept, up to so many; found by the index on at.
-- What another instance is deleting is left to it (SKIP LOCKED).
DELETE FROM ingest.audit
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ingest.audit
    WHERE at < ingest.now() - CAST(:#keep AS interval)
    LIMIT CAST(:#rows AS int)
    FOR UPDATE SKIP LOCKED
))
