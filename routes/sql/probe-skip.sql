-- Records a page that failed every try and moves its channels to their next slot, fenced by the claim's token.
WITH moved AS (
    UPDATE dm.probe_schedule
    SET next_probe_at = dm.slot(next_probe_at, period, ingest.now()) + period, leased_until = NULL, token = NULL
    WHERE channel_id = ANY (CAST(:#channels AS bigint[])) AND token = CAST(:#token AS uuid)
    RETURNING channel_id
)
INSERT INTO dm.skipped_page (poller, channel_ids, slot, error, skipped_at)
SELECT :#poller, array_agg(channel_id ORDER BY channel_id), CAST(:#slot AS timestamptz), :#error, ingest.now()
FROM moved
HAVING count(*) > 0
