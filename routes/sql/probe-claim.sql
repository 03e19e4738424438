-- Claims channels that are due, under a lease; a lease that ran out is due again. A fifth of the page is
-- the longest due of all; the rest goes by class, the longest due first: verified and live, live, offline, never live.
-- So who is watched is asked for in time where the calls do not suffice for all, and nobody is forgotten.
-- slot: when the poll was due, the same however often it is tried; missed slots are not made up for.
-- polled_at: this database's clock before the request, the order of what the poll will say.
-- platform: all that are here, unless an older version put others here; their ids are not to be asked of it.
WITH longest AS MATERIALIZED (
    SELECT s.channel_id FROM dm.probe_schedule s
    WHERE s.next_probe_at <= ingest.now() AND (s.leased_until IS NULL OR s.leased_until <= ingest.now())
    ORDER BY s.next_probe_at
    LIMIT CAST(:#channels AS int) / 5
    FOR UPDATE SKIP LOCKED
), by_class AS MATERIALIZED (
    SELECT due.channel_id
    -- In this order, until the page is full: no later class is locked in vain.
    FROM unnest(ARRAY[0, 1, 2, 3]) AS k (class)
    CROSS JOIN LATERAL (
        SELECT s.channel_id FROM dm.probe_schedule s
        WHERE s.class = k.class
          AND s.next_probe_at <= ingest.now() AND (s.leased_until IS NULL OR s.leased_until <= ingest.now())
          AND s.channel_id NOT IN (SELECT channel_id FROM longest)
        ORDER BY s.next_probe_at
        LIMIT CAST(:#channels AS int)
        FOR UPDATE SKIP LOCKED
    ) due
    LIMIT CAST(:#channels AS int) - (SELECT count(*) FROM longest)
), claimed AS (
    UPDATE dm.probe_schedule s
    SET leased_until = ingest.now() + make_interval(secs => CAST(:#leaseSeconds AS int)), token = CAST(:#token AS uuid)
    FROM (SELECT channel_id FROM longest UNION ALL SELECT channel_id FROM by_class) due
    WHERE s.channel_id = due.channel_id
    RETURNING s.channel_id, dm.slot(s.next_probe_at, s.period, ingest.now()) AS slot
)
SELECT c.channel_id, sc.external_id, sc.platform, sc.platform_user_id, sc.current_slug, c.slot, ingest.clock() AS polled_at
FROM claimed c
JOIN dm.streamer_channel sc ON sc.id = c.channel_id AND sc.platform = :#platform
ORDER BY c.channel_id
