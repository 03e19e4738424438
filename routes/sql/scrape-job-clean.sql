-- Jobs that were closed a week ago, so many at a time: longer than a callback comes or anybody asks.
DELETE FROM dm.scrape_job
WHERE job_key IN (
    SELECT job_key FROM dm.scrape_job
    WHERE closed_at < ingest.now() - interval '7 days'
    ORDER BY closed_at LIMIT 5000
    FOR UPDATE SKIP LOCKED
)
