-- Why:      how often a channel is asked for, and before whom, follows what is known of it; and only Kick's channels
--           belong here: nobody claims those of other platforms, so they were due for ever, before all others.
-- Locks:    dm.probe_schedule whole, while its rows (at most 50,000) are written twice and indexed: a second or two in
--           which polls and claims of channels wait.
-- Rollback: DROP INDEX dm.probe_schedule_class; ALTER TABLE dm.probe_schedule DROP the columns added here. Version N-1
--           goes on beside them: it keeps the periods it finds.
-- Serves:   probe-claim.sql, ingest.kick.ProbeSchedule, ingest.kick.ProbeLag, ingest.channel.Sessions, ingest.claim.Claimed.
SET ROLE dm_owner;
SET LOCAL lock_timeout = '5s';

DELETE FROM dm.probe_schedule s USING dm.streamer_channel c WHERE c.id = s.channel_id AND c.platform <> 'kick';

ALTER TABLE dm.probe_schedule
    ADD COLUMN live boolean NOT NULL DEFAULT false,        -- as the channel was when it was last asked for, or went live
    ADD COLUMN was_live boolean NOT NULL DEFAULT false,    -- ever
    ADD COLUMN verified_by text[] NOT NULL DEFAULT '{}';   -- environments with a verified claim
UPDATE dm.probe_schedule s
SET live = c.is_live, was_live = c.is_live OR EXISTS (SELECT FROM dm.stream_session t WHERE t.channel_id = c.id)
FROM dm.streamer_channel c
WHERE c.id = s.channel_id;
ALTER TABLE dm.probe_schedule
    ADD COLUMN class smallint NOT NULL GENERATED ALWAYS AS ( -- who goes first where not all can be asked for in time
        CASE WHEN live AND verified_by <> '{}' THEN 0
             WHEN live THEN 1
             WHEN was_live THEN 2
             ELSE 3 END) STORED;
CREATE INDEX probe_schedule_class ON dm.probe_schedule (class, next_probe_at); -- probe-claim.sql, ProbeLag
