-- Why:      a person can see why a trust score was what it was: its band, its components and the formula's version.
-- Locks:    none; columns with defaults are added without a rewrite, and the view is away for an instant.
-- Rollback: the image before neither names the columns nor misses them. To drop them: ALTER TABLE
--           vf.streamer_trust_score_history_log DROP COLUMN band_low (likewise the others), then make the view anew
--           as V3 does.
-- Serves:   the scores of one channel over a span of time, as V3.
--
-- A view keeps the columns it was made with, so it is made anew. DROP VIEW, and not CREATE OR REPLACE: where the old
-- writer's table still has the name, that would drop it with its rows, while this stops here. Rename that table to
-- vf.streamer_trust_score_history_legacy first, once its writer has stopped, and migrate again.
ALTER TABLE vf.streamer_trust_score_history_log
    ADD COLUMN IF NOT EXISTS band_low Nullable(Float64),
    ADD COLUMN IF NOT EXISTS band_high Nullable(Float64),
    ADD COLUMN IF NOT EXISTS formula Nullable(UInt32),
    ADD COLUMN IF NOT EXISTS components String; -- JSON, by name; empty where the event had none

DROP VIEW IF EXISTS vf.streamer_trust_score_history;
CREATE VIEW vf.streamer_trust_score_history AS SELECT * FROM vf.streamer_trust_score_history_log FINAL;
