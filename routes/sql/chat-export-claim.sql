-- Plans the next run of an environment, or takes over one whose owner is gone, with the spans that it was planned with:
-- no row where somebody else is at it. more: there is chat to export behind this run.
-- Up to an hour ago, or the oldest chat that is not in ClickHouse: of the deliveries on their way the oldest by its
-- chunk, whatever its type, which the index gives without reading a backlog; of those that failed, chat alone.
-- A day at a time, so that a run after long trouble ends.
-- The watermark is locked first, here and in the commit: who plans while another commits reads what that left, and
-- plans nothing twice.
WITH w AS MATERIALIZED (
    SELECT env, last_exported_at, inserted_until FROM dm.chat_export_watermark WHERE env = :#env FOR UPDATE
), undelivered AS (
    SELECT o.created_at
    FROM (
        SELECT day, chunk FROM ingest.delivery_chunk
        WHERE target = 'clickhouse' AND status = 0
        ORDER BY chunk LIMIT 1
    ) c JOIN ingest.ingest_outbox o USING (day, chunk)
    UNION ALL
    SELECT o.created_at
    FROM ingest.delivery_chunk c JOIN ingest.ingest_outbox o USING (day, chunk)
    WHERE c.target = 'clickhouse' AND c.status = 2 AND o.type = 'kick.chat.message.sent'
    UNION ALL
    SELECT o.created_at
    FROM ingest.delivery_item i JOIN ingest.ingest_outbox o USING (day, chunk, pos)
    WHERE i.target = 'clickhouse' AND i.status = 'pending' AND i.type = 'kick.chat.message.sent'
), bound AS (
    SELECT date_trunc('milliseconds', least(ingest.now() - interval '1 hour', min(created_at))) AS until
    FROM undelivered
), run AS (
    INSERT INTO dm.chat_export_run AS r
        (env, span_from, span_until, inserted_from, inserted_until, part_rows, token, leased_until)
    SELECT w.env, w.last_exported_at,
           greatest(w.last_exported_at, least(b.until, w.last_exported_at + interval '1 day')),
           w.inserted_until,
           greatest(w.inserted_until, to_timestamp(CAST(:#insertedUntil AS bigint))),
           CAST(:#partRows AS int), CAST(:#token AS uuid),
           ingest.now() + make_interval(secs => CAST(:#leaseSeconds AS int))
    FROM w, bound b
    ON CONFLICT (env) DO UPDATE
    SET token = excluded.token, leased_until = excluded.leased_until, claims = r.claims + 1
    WHERE r.leased_until <= ingest.now()
    RETURNING *
)
SELECT run.span_from, run.span_until, run.inserted_from, run.inserted_until, run.part_rows, run.claims,
       bound.until > run.span_until AS more
FROM run, bound
