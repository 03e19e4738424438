-- Why:      an environment's side of the product: which events it has seen, and what they say.
-- Locks:    none, everything is new; nothing else of the environment is touched.
-- Rollback: DROP TABLE public.processed_events, public.channel_snapshot, while nothing was delivered.
-- Serves:   ingest.consumer.Consumer, ingest.projection.kick.ViewerCountProjector, the digest endpoint.

-- The idempotent repository. Partitioned by the id itself (a ULID's bits: time first): equal ids always meet.
CREATE TABLE public.processed_events (
    event_id uuid PRIMARY KEY,
    processed_at timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (event_id);
CREATE TABLE public.processed_events_default PARTITION OF public.processed_events DEFAULT;
CREATE INDEX processed_events_at ON public.processed_events USING brin (processed_at); -- digest: how many since

-- Makes the partitions of each day from first_day on, those that are there already excepted; ids of that
-- day that came before it are moved.
CREATE FUNCTION public.processed_events_make_partitions(first_day date, days int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d date;
    part text;
    low text;
    high text;
    odd boolean;
    made int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('public.processed_events_make_partitions'));
    FOR i IN 0 .. days - 1 LOOP
        d := first_day + i;
        part := 'processed_events_' || to_char(d, 'YYYYMMDD');
        CONTINUE WHEN to_regclass('public.' || part) IS NOT NULL;
        EXECUTE format('CREATE TABLE public.%I (LIKE public.processed_events INCLUDING ALL)', part);
        low := rpad(lpad(to_hex((extract(epoch FROM d) * 1000)::bigint), 12, '0'), 32, '0')::uuid::text;
        high := rpad(lpad(to_hex((extract(epoch FROM d + 1) * 1000)::bigint), 12, '0'), 32, '0')::uuid::text;
        EXECUTE format('SELECT EXISTS (SELECT FROM public.processed_events_default WHERE event_id >= %L AND event_id < %L)', low, high) INTO odd;
        IF odd THEN -- locked first: an insert of one of these ids would wait for us, and we for it
            LOCK TABLE public.processed_events_default IN ACCESS EXCLUSIVE MODE;
            EXECUTE format('WITH moved AS (DELETE FROM public.processed_events_default WHERE event_id >= %L AND event_id < %L RETURNING *) '
                           'INSERT INTO public.%I SELECT * FROM moved', low, high, part);
        END IF;
        EXECUTE format('ALTER TABLE public.processed_events ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', part, low, high);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
SELECT public.processed_events_make_partitions((now() AT TIME ZONE 'UTC')::date, 8);

-- What is known of a channel now. Each column group has the (rev, event) that wrote it: viewers are seen
-- by polls alone, the stream also by webhooks, so neither holds the other back. rev 0: never written.
CREATE TABLE public.channel_snapshot (
    platform text NOT NULL,
    platform_user_id text NOT NULL,
    channel_external_id text,
    slug text,
    viewer_count integer,
    viewers_at timestamptz,
    viewers_rev bigint NOT NULL DEFAULT 0,
    viewers_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    is_live boolean,
    stream_started_at timestamptz,
    title text,
    language text,
    is_mature boolean,
    category_id bigint,
    category_name text,
    stream_rev bigint NOT NULL DEFAULT 0,
    stream_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (platform, platform_user_id)
) WITH (fillfactor = 70); -- no index on what changes: updates stay HOT
