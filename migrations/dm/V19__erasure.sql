-- Why:      a person is erased from every store, it is known that it was done without knowing who it was, and what
--           happened before then is not taken in again.
-- Locks:    none, everything is new.
-- Rollback: DROP TABLE ingest.erasure, ingest.erased_identity, ingest.erased_chunk, ingest.erasure_salt,
--           dm.chat_archive_erased, while no operation of kind erase is open. What comes late then brings people back.
-- Serves:   ingest.erasure; operators.
SET ROLE dm_owner;
SET LOCAL lock_timeout = '5s';

-- Stands before an identity when it is hashed, here and in environments. One row, made once.
CREATE TABLE ingest.erasure_salt (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    salt text NOT NULL CHECK (length(salt) = 64)
);
INSERT INTO ingest.erasure_salt (salt)
VALUES (encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex'));

CREATE TABLE ingest.erasure (
    id bigserial PRIMARY KEY,
    identities text[],                 -- who is meant, until it is done; then nobody here knows any more
    until timestamptz NOT NULL,        -- what happened until then is erased
    dry_run boolean NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((identities IS NULL) = (ended_at IS NOT NULL))
);

-- SHA-256 of salt and identity. What happened until then and names it is committed as a tombstone.
CREATE TABLE ingest.erased_identity (
    hash text PRIMARY KEY CHECK (length(hash) = 64),
    names boolean NOT NULL,            -- it is a name, which is looked for in each word of each text
    until timestamptz NOT NULL,
    erasure bigint NOT NULL REFERENCES ingest.erasure (id)
);

-- Chunks of which something was erased: a process that has one in memory may still send what it was.
CREATE TABLE ingest.erased_chunk (
    erasure bigint NOT NULL REFERENCES ingest.erasure (id),
    day date NOT NULL,
    chunk bigint NOT NULL,
    PRIMARY KEY (erasure, day, chunk)
);

-- The ledger's other side: the lines in the objects are those of dm.chat_archive_log less these. Written before the
-- object is, so that a rewriting that was broken off counts once.
CREATE TABLE dm.chat_archive_erased (
    object text NOT NULL,              -- its name, as the export made it
    erasure bigint NOT NULL,
    pass int NOT NULL,
    rows_erased bigint NOT NULL CHECK (rows_erased > 0),
    at timestamptz NOT NULL,
    PRIMARY KEY (object, erasure, pass)
);
