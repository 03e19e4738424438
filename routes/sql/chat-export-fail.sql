-- A run that did not come to its end: the ledger says why, and the next run takes it over without waiting for the lease.
WITH run AS (
    UPDATE dm.chat_export_run SET leased_until = ingest.now()
    WHERE env = :#env AND token = CAST(:#token AS uuid)
    RETURNING env, span_from, span_until
)
INSERT INTO dm.chat_archive_log (env, span_from, span_until, rows_exported, files_written, success, error, at)
SELECT w.env, coalesce(r.span_from, w.last_exported_at), coalesce(r.span_until, w.last_exported_at), 0, 0, false,
       left(:#error, 2048), ingest.now()
FROM dm.chat_export_watermark w LEFT JOIN run r USING (env)
WHERE w.env = :#env
