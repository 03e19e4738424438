-- Claims a platform's channels that are due, the longest due first, under a lease; a lease that ran out is due again.
-- slot: when the poll was due, the same however often it is tried; missed slots are not made up for.
-- polled_at: this database's clock before the request, the order of what the poll will say.
WITH due AS (
    SELECT s.channel_id FROM dm.probe_schedule s
    JOIN dm.streamer_channel c ON c.id = s.channel_id
    WHERE c.platform = :#platform
      AND s.next_probe_at <= ingest.now() AND (s.leased_until IS NULL OR s.leased_until <= ingest.now())
    ORDER BY s.next_probe_at
    LIMIT CAST(:#channels AS int)
    FOR UPDATE OF s SKIP LOCKED
), claimed AS (
    UPDATE dm.probe_schedule s
    SET leased_until = ingest.now() + make_interval(secs => CAST(:#leaseSeconds AS int)), token = CAST(:#token AS uuid)
    FROM due
    WHERE s.channel_id = due.channel_id
    RETURNING s.channel_id, dm.slot(s.next_probe_at, s.period, ingest.now()) AS slot
)
SELECT c.channel_id, sc.external_id, sc.platform_user_id, c.slot, ingest.clock() AS polled_at
FROM claimed c
JOIN dm.streamer_channel sc ON sc.id = c.channel_id
ORDER BY c.channel_id
