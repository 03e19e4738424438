-- Why:      what is known of the rows of each sheet, so that only changed ones become events; and which accounts their
--           platform does not tell of although it was asked.
-- Locks:    streamer_channel against writers while the foreign key is added: the new tables are empty.
-- Rollback: DROP TABLE dm.sheet_row, dm.sheet, dm.account_missing, while no instance of this version runs. The next
--           sync then tells every row again.
-- Serves:   ingest.sheets.SheetSynced, sheet-read.sql, ingest.x.AccountsMissing; operators.
SET ROLE dm_owner;
SET LOCAL lock_timeout = '5s';

-- How each range of a sheet was found last. Two syncs at once would tell changes of each other's past: the later one
-- names the sync it compared with, and fails where that is not the last one any more.
CREATE TABLE dm.sheet (
    sheet text PRIMARY KEY CHECK (sheet ~ '^[a-z][a-z0-9-]{0,39}$'),
    sync uuid NOT NULL,                 -- the last one
    synced_at timestamptz NOT NULL,     -- this database's clock before its request
    live_rows int NOT NULL CHECK (live_rows >= 0)
);

-- A row of a sheet by its key, as it was told last. What is deleted stays, so that a row that comes back is told again.
CREATE TABLE dm.sheet_row (
    sheet text NOT NULL REFERENCES dm.sheet (sheet),
    row_key text NOT NULL CHECK (length(row_key) BETWEEN 1 AND 120),
    hash bytea NOT NULL CHECK (length(hash) = 32), -- SHA-256 of header and cells
    deleted boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (sheet, row_key) -- sheet-read.sql, ingest.sheets.SheetSynced
);

-- Accounts that the platform left out of its last answer. A row goes when the account is there again.
CREATE TABLE dm.account_missing (
    channel_id bigint PRIMARY KEY REFERENCES dm.streamer_channel (id),
    reason text NOT NULL CHECK (reason IN ('not_found', 'suspended', 'no_count', 'unanswered', 'other')),
    since timestamptz NOT NULL,
    asked_at timestamptz NOT NULL
);
