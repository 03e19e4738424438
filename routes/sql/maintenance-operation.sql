-- Deletes rows of ingest.operation that are older than they are kept, up to so many; found by the index on created_at.
-- What another instance is deleting is left to it (SKIP LOCKED).
DELETE FROM ingest.operation
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ingest.operation
    WHERE created_at < ingest.now() - CAST(:#keep AS interval) AND ended_at IS NOT NULL
    LIMIT CAST(:#rows AS int)
    FOR UPDATE SKIP LOCKED
))
