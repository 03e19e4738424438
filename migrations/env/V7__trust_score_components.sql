-- Why:      a person can see why a trust score is what it is: its band, its components and the formula's version.
-- Locks:    public.streamer_trust_scores as a whole, for an instant; columns without defaults are added without a
--           rewrite. Where it cannot be had within 2 s this gives up, and may be run again.
-- Rollback: the image before does not write this table. To drop them: ALTER TABLE public.streamer_trust_scores
--           DROP COLUMN band_low, DROP COLUMN band_high, DROP COLUMN formula, DROP COLUMN components.
-- Serves:   ingest.projection.trust.TrustScoreProjector; the environment's reads of a channel's score.
SET LOCAL lock_timeout = '2s';

-- A legacy environment's table of this name (it has no column ev, see V4) stays as it is, and belongs to its old
-- writer: scores are not projected there until its own migration has brought it to this shape. Then a replay of
-- trust_score.computed fills it.
DO $$
BEGIN
    IF EXISTS (SELECT FROM information_schema.columns
               WHERE table_schema = 'public' AND table_name = 'streamer_trust_scores' AND column_name = 'ev') THEN
        ALTER TABLE public.streamer_trust_scores
            ADD COLUMN band_low double precision,
            ADD COLUMN band_high double precision,
            ADD COLUMN formula integer,
            ADD COLUMN components jsonb; -- by name: weight, value, certainty, low, high
    END IF;
END
$$;
