-- A job was ordered for the channel of a claim: it is asked about if nobody has called back by then, and its channel
-- is due again a period after its slot. How often it failed before is for the job to change. Fenced by the token.
WITH moved AS (
    UPDATE dm.channel_poll
    SET next_at = dm.slot(next_at, make_interval(secs => CAST(:#periodSeconds AS int)), ingest.now())
                  + make_interval(secs => CAST(:#periodSeconds AS int)),
        polled_at = ingest.now(), leased_until = NULL, token = NULL
    WHERE poller = :#poller AND channel_id = ANY (CAST(:#channels AS bigint[])) AND token = CAST(:#token AS uuid)
    RETURNING poller, channel_id
)
INSERT INTO dm.scrape_job (job_key, job_id, poller, channel_id, status, ordered_at, check_at)
SELECT :#jobKey, :#jobId, poller, channel_id, 'ordered', ingest.now(),
       ingest.now() + make_interval(secs => CAST(:#checkSeconds AS int))
FROM moved
ON CONFLICT (job_key) DO NOTHING
