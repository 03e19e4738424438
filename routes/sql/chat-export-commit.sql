-- The commit point of a run, one transaction: it is over, the watermark is where it came to, the ledger has its row.
-- No row when another instance took the run over.
WITH locked AS MATERIALIZED (
    SELECT env FROM dm.chat_export_watermark WHERE env = :#env FOR UPDATE
), run AS (
    DELETE FROM dm.chat_export_run r USING locked
    WHERE r.env = locked.env AND r.token = CAST(:#token AS uuid)
    RETURNING r.*
), moved AS (
    UPDATE dm.chat_export_watermark w
    SET last_exported_at = run.span_until, inserted_until = run.inserted_until
    FROM run WHERE w.env = run.env
)
INSERT INTO dm.chat_archive_log
    (env, span_from, span_until, rows_exported, rows_late, files_written, bytes_written, success, at)
SELECT env, span_from, span_until, CAST(:#rows AS bigint), CAST(:#lateRows AS bigint), CAST(:#objects AS int),
       CAST(:#bytes AS bigint), true, ingest.now()
FROM run
