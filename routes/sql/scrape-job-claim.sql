-- Claims the open job that is due for a question longest. The claim itself puts the next question off, each time for
-- longer, up to four hours: who dies with it, or is not answered, needs to give nothing back.
UPDATE dm.scrape_job
SET check_at = ingest.now() + least(interval '4 hours', make_interval(secs => CAST(:#checkSeconds AS int)) * power(2, least(checks, 10))),
    checks = checks + 1
WHERE job_key = (
    SELECT job_key FROM dm.scrape_job
    WHERE status = 'ordered' AND check_at <= ingest.now()
    ORDER BY check_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING job_key, job_id, channel_id
