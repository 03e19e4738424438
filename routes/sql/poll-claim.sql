-- Claims a poller's channels that are due, the longest due first, under a lease; a lease that ran out is due again.
-- slot: when the poll was due, the same however often it is tried; missed slots are not made up for.
-- polled_at: this database's clock before the request, the order of what the poll will say.
WITH due AS (
    SELECT p.channel_id FROM dm.channel_poll p
    WHERE p.poller = :#poller
      AND p.next_at <= ingest.now() AND (p.leased_until IS NULL OR p.leased_until <= ingest.now())
    ORDER BY p.next_at
    LIMIT CAST(:#channels AS int)
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE dm.channel_poll p
    SET leased_until = ingest.now() + make_interval(secs => CAST(:#leaseSeconds AS int)), token = CAST(:#token AS uuid)
    FROM due
    WHERE p.poller = :#poller AND p.channel_id = due.channel_id
    RETURNING p.channel_id,
              dm.slot(p.next_at, make_interval(secs => CAST(:#periodSeconds AS int)), ingest.now()) AS slot
)
SELECT c.channel_id, sc.external_id, sc.platform, sc.platform_user_id, sc.current_slug, c.slot,
       ingest.clock() AS polled_at
FROM claimed c
JOIN dm.streamer_channel sc ON sc.id = c.channel_id
ORDER BY c.channel_id
