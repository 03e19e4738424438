-- Deletes rows of dm.poll_slot that are older than they are kept, up to so many; a small table.
-- What another instance is deleting is left to it (SKIP LOCKED).
DELETE FROM dm.poll_slot
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM dm.poll_slot
    WHERE claimed_at < ingest.now() - CAST(:#keep AS interval)
    LIMIT CAST(:#rows AS int)
    FOR UPDATE SKIP LOCKED
))
