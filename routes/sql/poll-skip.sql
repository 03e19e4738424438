-- Records a page that failed every try. Its channels are due again in five minutes, then in ten, twenty and so on,
-- at most a period later. Fenced by the claim's token.
WITH moved AS (
    UPDATE dm.channel_poll
    SET next_at = ingest.now() + least(make_interval(secs => CAST(:#periodSeconds AS int)),
                                       interval '5 minutes' * power(2, least(failures, 20))),
        failures = failures + 1, leased_until = NULL, token = NULL
    WHERE poller = :#poller AND channel_id = ANY (CAST(:#channels AS bigint[])) AND token = CAST(:#token AS uuid)
    RETURNING channel_id
)
INSERT INTO dm.skipped_page (poller, channel_ids, slot, error, skipped_at)
SELECT :#poller, array_agg(channel_id ORDER BY channel_id), CAST(:#slot AS timestamptz), :#error, ingest.now()
FROM moved
HAVING count(*) > 0
