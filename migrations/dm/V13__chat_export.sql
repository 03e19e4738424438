-- Why:      the export of chat has to take up what a killed run left, under the same names of objects; and rows that
--           reach ClickHouse behind the watermark are exported too, once.
-- Locks:    chat_export_watermark and chat_archive_log for an instant; nobody has written them yet.
-- Rollback: none is needed, version N-1 knows neither the table nor the columns.
-- Serves:   routes/sql/chat-export-*.sql.
SET ROLE dm_owner;
SET LOCAL lock_timeout = '5s';

-- What is exported: the rows with created_at < last_exported_at and inserted_at < inserted_until. Both only grow, so
-- the rows of a run are what it adds to them: those of the span, and those behind the watermark that came since.
ALTER TABLE dm.chat_export_watermark
    ADD COLUMN inserted_until timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00'; -- ClickHouse's clock

-- The run of an environment that is on its way, or was killed: whoever takes it over writes the same objects again.
CREATE TABLE dm.chat_export_run (
    env text PRIMARY KEY,
    span_from timestamptz NOT NULL,      -- of created_at, half-open
    span_until timestamptz NOT NULL,
    inserted_from timestamptz NOT NULL,  -- of inserted_at, half-open
    inserted_until timestamptz NOT NULL,
    part_rows int NOT NULL CHECK (part_rows > 0), -- as it was planned: another number would be other objects
    token uuid NOT NULL,                 -- whose it is
    leased_until timestamptz NOT NULL,
    claims int NOT NULL DEFAULT 1,
    CHECK (span_from <= span_until),
    CHECK (inserted_from <= inserted_until)
);

ALTER TABLE dm.chat_archive_log
    ADD COLUMN rows_late bigint NOT NULL DEFAULT 0 CHECK (rows_late >= 0), -- of rows_exported
    ADD COLUMN bytes_written bigint NOT NULL DEFAULT 0 CHECK (bytes_written >= 0);
