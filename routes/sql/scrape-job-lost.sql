-- Closes jobs that came to nothing within a day, which is as long as the scraper tries and keeps results for sure.
-- Their channels are due again soon, later each time.
WITH lost AS (
    UPDATE dm.scrape_job SET status = 'lost', closed_at = ingest.now()
    WHERE job_key IN (
        SELECT job_key FROM dm.scrape_job
        WHERE status = 'ordered' AND ordered_at <= ingest.now() - interval '24 hours'
        ORDER BY job_key LIMIT 1000
        FOR UPDATE SKIP LOCKED
    )
    RETURNING job_key, poller, channel_id
), moved AS (
    UPDATE dm.channel_poll p
    SET failures = p.failures + 1,
        next_at = least(p.next_at, ingest.now() + interval '5 minutes' * power(2, least(p.failures, 20)))
    FROM lost
    WHERE p.poller = lost.poller AND p.channel_id = lost.channel_id AND p.token IS NULL
)
SELECT job_key FROM lost
