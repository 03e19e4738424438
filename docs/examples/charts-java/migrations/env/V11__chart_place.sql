-- Why:      an environment shows where its streamers stand in the chart.
-- Locks:    none, the table is new.
-- Rollback: DROP TABLE public.chart_place, once no consumer has its projector.
-- Serves:   ingest.projection.charts.PlaceProjector.
CREATE TABLE public.chart_place (
    platform text NOT NULL,
    platform_user_id text NOT NULL,
    rank integer NOT NULL,
    hours_watched numeric,
    hours_ahead numeric,
    seen_at timestamptz NOT NULL,
    rev bigint NOT NULL,
    ev uuid NOT NULL,
    PRIMARY KEY (platform, platform_user_id)
) WITH (fillfactor = 70); -- no index on what changes: updates stay HOT
