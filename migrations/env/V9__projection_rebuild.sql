-- Why:      a table that a projector's fault has spoilt is made anew from the archive, beside the live one, and compared
--           with it before anybody reads it. While that goes on, what is delivered is written into both.
-- Locks:    none, everything is new; the functions lock when they are called: see there.
-- Rollback: the image before does not know these and writes the live tables alone, so drop an open rebuild first. Then
--           DROP FUNCTION public.projection_rebuild_begin, public.projection_rebuild_end; DROP SCHEMA ingest_rebuild CASCADE;
--           DROP TABLE public.projection_rebuild.
-- Serves:   ingest.consumer.Rebuilds, and ingest.consumer.Consumer, which asks in each transaction whether one is open.

-- The shadow tables, each under the name of its live one: what names a table without a schema finds them by search_path.
CREATE SCHEMA ingest_rebuild;

-- A rebuild; the row stays when its tables are gone.
CREATE TABLE public.projection_rebuild (
    id uuid PRIMARY KEY,
    tables text[] NOT NULL,         -- that are made anew: all of their projectors take part
    sheltered text[] NOT NULL,      -- that these projectors write too, with others: their shadows are thrown away
    types text[] NOT NULL,          -- of the events that these projectors take
    state text NOT NULL DEFAULT 'filling' CHECK (state IN ('filling', 'complete', 'swapped', 'dropped')), -- docs/states.md
    refused bigint NOT NULL DEFAULT 0, -- events that the live tables took and the shadow tables did not
    swapped jsonb,                  -- rows by table and by what the swap did with them
    begun_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    ended_at timestamptz
);
GRANT SELECT ON public.projection_rebuild TO PUBLIC; -- every consumer asks it, and nothing of anybody is in it
-- One at a time: two might fill one shadow table. Also what the consumer asks.
CREATE UNIQUE INDEX projection_rebuild_open ON public.projection_rebuild ((true)) WHERE state IN ('filling', 'complete');

-- Makes the shadow tables. Writers of the live ones are waited for and wait, for an instant: who has written before did
-- so without the shadow and has committed, so that its event is in the archive; who writes later finds the rebuild.
-- They are logged tables: one that is empty after a crash would look like a rebuild that has lost nothing but rows.
CREATE FUNCTION public.projection_rebuild_begin(rebuild uuid, made text[], shelters text[], taken text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    name text;
    definition text;
BEGIN
    FOR name IN SELECT n FROM unnest(made || shelters) n ORDER BY n LOOP
        IF NOT (has_table_privilege(session_user, format('public.%I', name), 'INSERT')
                AND has_table_privilege(session_user, format('public.%I', name), 'DELETE')) THEN
            RAISE EXCEPTION 'public.% is not for % to write', name, session_user USING ERRCODE = 'insufficient_privilege';
        END IF;
        EXECUTE format('LOCK TABLE public.%I IN SHARE ROW EXCLUSIVE MODE', name);
    END LOOP;
    INSERT INTO public.projection_rebuild (id, tables, sheltered, types) VALUES (rebuild, made, shelters, taken);
    EXECUTE format('GRANT UPDATE ON public.projection_rebuild TO %I', session_user);
    EXECUTE format('GRANT USAGE ON SCHEMA ingest_rebuild TO %I', session_user);
    FOREACH name IN ARRAY made || shelters LOOP
        EXECUTE format('CREATE TABLE ingest_rebuild.%I (LIKE public.%1$I INCLUDING ALL)', name);
        FOR definition IN -- LIKE leaves foreign keys out, and a row that they refuse is refused here too
            SELECT pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid = format('public.%I', name)::regclass AND contype = 'f'
        LOOP
            EXECUTE format('ALTER TABLE ingest_rebuild.%I ADD %s', name, definition);
        END LOOP;
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ingest_rebuild.%I TO %I', name, session_user);
    END LOOP;
END
$$;

-- Ends an open rebuild and drops its shadow tables; writers of the live ones are waited for and wait, as above, so that
-- none is left who means to write a shadow. False where it is not open.
CREATE FUNCTION public.projection_rebuild_end(rebuild uuid, end_state text, rows jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    all_tables text[];
    name text;
BEGIN
    SELECT array_agg(n ORDER BY n) INTO all_tables FROM public.projection_rebuild r, unnest(r.tables || r.sheltered) n
    WHERE r.id = rebuild AND r.state IN ('filling', 'complete');
    IF all_tables IS NULL THEN
        RETURN false;
    END IF;
    FOREACH name IN ARRAY all_tables LOOP
        EXECUTE format('LOCK TABLE public.%I IN SHARE ROW EXCLUSIVE MODE', name);
    END LOOP;
    UPDATE public.projection_rebuild SET state = end_state, swapped = rows, ended_at = now()
    WHERE id = rebuild AND state IN ('filling', 'complete');
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    FOREACH name IN ARRAY all_tables LOOP
        EXECUTE format('DROP TABLE ingest_rebuild.%I', name);
    END LOOP;
    RETURN true;
END
$$;
