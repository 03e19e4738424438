-- Deletes rows of dm.skipped_page that are older than they are kept, up to so many; found by the index on skipped_at.
-- What another instance is deleting is left to it (SKIP LOCKED).
DELETE FROM dm.skipped_page
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM dm.skipped_page
    WHERE skipped_at < ingest.now() - CAST(:#keep AS interval)
    LIMIT CAST(:#rows AS int)
    FOR UPDATE SKIP LOCKED
))
