-- Why:      replays with what an operator asks of one: which window, how far, how fast, how long still.
-- Locks:    none, a new view.
-- Rollback: DROP VIEW ingest.replay_run.
-- Serves:   GET /admin/replays, bin/ingest replay list, and whoever looks with psql.
SET ROLE dm_owner;

CREATE VIEW ingest.replay_run AS
SELECT id, state, target, window_from, window_to, types, subjects, only_missing, dry_run,
       reached, done, total, rate_limit, rows_per_second,
       CASE WHEN state = 'running' AND rows_per_second > 0 AND total > done
            THEN make_interval(secs => round((total - done) / rows_per_second)) END AS eta,
       waits_for, counts, error, who, why, created_at, started_at, progressed_at, ended_at
FROM (
    SELECT id, state,
           request ->> 'target' AS target,
           (request ->> 'from')::timestamptz AS window_from,
           (request ->> 'to')::timestamptz AS window_to,
           request -> 'types' AS types,       -- patterns; []: all that the target takes
           request -> 'subjects' AS subjects, -- []: all
           (request ->> 'only_missing')::boolean AS only_missing,
           (request ->> 'dry_run')::boolean AS dry_run,
           (position ->> 'time')::timestamptz AS reached, -- when what was sent last happened
           done, total, -- total is counted at the beginning, copies that were not merged too
           rate AS rate_limit,
           CASE WHEN done > 0
                THEN round((done / greatest(extract(epoch FROM progressed_at - started_at), 0.001))::numeric, 1)
           END AS rows_per_second, -- since its beginning, waits and pauses included
           counts ->> 'waits' AS waits_for,
           counts - 'waits' AS counts,
           error, who, why, created_at, started_at, progressed_at, ended_at
    FROM ingest.operation
    WHERE kind = 'replay'
) r;
