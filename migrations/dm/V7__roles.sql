-- Why:      who owns the schema and who may do what with it: a process that polls or receives has no business
--           changing tables, an environment none in writing or in payloads.
-- Locks:    every table of dm and ingest, for an instant, until the end of this migration. Writers wait; where one
--           holds a table for longer than lock_timeout nothing has changed, and the migration is run again.
-- Rollback: none is needed, version N-1 runs under its own user, which is no member of any of them, as long as that
--           is a superuser or a member of dm_owner. REASSIGN OWNED BY dm_owner TO <user> gives the tables back.
-- Serves:   every process that logs in to dm: its user is a member of ingest_writer (roles ingest and webhooks), of
--           env_reader (role env) or of dm_owner (migrate). OPERATIONS.md, "Database roles and ClickHouse users".
--
-- The roles are the cluster's, not the database's: two databases may be migrated at once, and an administrator may
-- have made them before. Later migrations begin with SET ROLE dm_owner, so that what they make is dm_owner's and
-- the default privileges below cover it; Flyway goes back to the user that logged in after each of them.
SET LOCAL lock_timeout = '5s';

DO $$
DECLARE
    wanted text;
    may_be text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['dm_owner', 'ingest_writer', 'env_reader'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = wanted);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL; -- another database's migration was faster
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'the role % is missing and % may not create it; have an administrator run: CREATE ROLE dm_owner NOLOGIN; CREATE ROLE ingest_writer NOLOGIN; CREATE ROLE env_reader NOLOGIN; GRANT dm_owner TO %;',
                    wanted, current_user, quote_ident(current_user) USING ERRCODE = 'insufficient_privilege';
        END;
    END LOOP;
    IF NOT pg_has_role(current_user, 'dm_owner', may_be) THEN -- since PostgreSQL 16 who creates a role is no member yet
        BEGIN
            EXECUTE format('GRANT dm_owner TO %I', current_user);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION '% is no member of dm_owner; have an administrator run: GRANT dm_owner TO %;',
                    current_user, quote_ident(current_user) USING ERRCODE = 'insufficient_privilege';
        END;
    END IF;
END
$$;

-- What is there becomes dm_owner's, the functions that make partitions among it: they run with its rights.
ALTER SCHEMA dm OWNER TO dm_owner;
ALTER SCHEMA ingest OWNER TO dm_owner;
DO $$
DECLARE
    it record;
BEGIN
    FOR it IN -- a sequence of a column goes with its table
        SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
        FROM pg_class c
        WHERE c.relnamespace IN ('dm'::regnamespace, 'ingest'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'S')
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                          AND c.relkind = 'S' AND d.deptype IN ('a', 'i'))
        ORDER BY c.relkind = 'v', c.oid
    LOOP
        EXECUTE format('ALTER %s %s OWNER TO dm_owner', it.kind, it.name);
    END LOOP;
    FOR it IN
        SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace IN ('dm'::regnamespace, 'ingest'::regnamespace)
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO dm_owner', it.name);
    END LOOP;
END
$$;

SET ROLE dm_owner;

-- Rows and no more: no DDL, no TRUNCATE, which would bypass every guard. Days' partitions are made by functions.
GRANT USAGE ON SCHEMA dm, ingest TO ingest_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA dm, ingest TO ingest_writer;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA dm, ingest TO ingest_writer;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA dm, ingest FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA dm, ingest TO ingest_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE dm_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE dm_owner IN SCHEMA dm, ingest
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ingest_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE dm_owner IN SCHEMA dm, ingest GRANT USAGE, SELECT ON SEQUENCES TO ingest_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE dm_owner IN SCHEMA dm, ingest GRANT EXECUTE ON FUNCTIONS TO ingest_writer;

-- What an environment's read API answers from, table by table: no default covers it, so the migration that makes a
-- table for environments grants it, and one that is forgotten shows at the first request instead of never. Nothing
-- of ingest, where the payloads are, nor a view of it; not scrape_log, which keeps what strangers' pages answered
-- word for word; no bookkeeping of polls and exports.
GRANT USAGE ON SCHEMA dm TO env_reader;
GRANT SELECT ON dm.streamer_channel, dm.streamer_channel_slug_history, dm.stream_session, dm.event_subscription,
    dm.kick_follow_event TO env_reader;
