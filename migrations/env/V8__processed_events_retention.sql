-- Why:      ids that were processed longer ago than an event can be sent again are dropped, by day.
-- Locks:    none; the functions lock when they are called: see there.
-- Rollback: DROP FUNCTION public.processed_events_drop, public.processed_events_prune. Then the table grows.
-- Serves:   route maintenance-processed-events, ingest.consumer.ProcessedEvents.

-- Drops the ids of a day. Its last ids may be young: an id tells when something happened, not when it came here. Of these
-- up to most move to the DEFAULT partition and stay for as long as any; where there are more (an environment that was
-- paused for weeks), the day stays until they are old too. True when it is gone.
-- Writers of that one day wait while it is read; all others for the instant of the DETACH. Whoever makes us wait makes it
-- fail by lock_timeout (55P03), which is for the caller to try again.
CREATE FUNCTION public.processed_events_drop(d date, keep_from timestamptz, most int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms' AS $$
DECLARE
    part text := 'processed_events_' || to_char(d, 'YYYYMMDD');
    ids uuid[];
    times timestamptz[];
BEGIN
    IF keep_from > now() - interval '10 days' THEN
        RAISE EXCEPTION 'processed ids are kept for more than ten days' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('public.processed_events_make_partitions'));
    IF to_regclass('public.' || part) IS NULL THEN
        RETURN true;
    END IF;
    EXECUTE format('LOCK TABLE public.%I IN SHARE ROW EXCLUSIVE MODE', part);
    EXECUTE format('SELECT array_agg(event_id), array_agg(processed_at) FROM '
                   '(SELECT event_id, processed_at FROM public.%I WHERE processed_at >= $1 LIMIT $2 + 1) young', part)
        INTO ids, times USING keep_from, most;
    IF cardinality(ids) > most THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE public.processed_events DETACH PARTITION public.%I', part);
    INSERT INTO public.processed_events (event_id, processed_at) SELECT * FROM unnest(ids, times);
    EXECUTE format('DROP TABLE public.%I', part);
    RETURN true;
END
$$;

-- Deletes up to most old ids of odd times; returns how many.
CREATE FUNCTION public.processed_events_prune(keep_from timestamptz, most int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pruned int;
BEGIN
    IF keep_from > now() - interval '10 days' THEN
        RAISE EXCEPTION 'processed ids are kept for more than ten days' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    DELETE FROM public.processed_events_default
    WHERE event_id IN (SELECT event_id FROM public.processed_events_default WHERE processed_at < keep_from
                       LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS pruned = ROW_COUNT;
    RETURN pruned;
END
$$;
