-- Why:      an erasure finds ids first and then changes each table in one mutation, which has to read them somewhere.
-- Locks:    none, the table is new.
-- Rollback: DROP TABLE vf.erasing, while no operation of kind erase is open.
-- Serves:   ingest.erasure.Archive: the ids of one erasure, which is a partition and is dropped at its end.
CREATE TABLE IF NOT EXISTS vf.erasing
(
    erasure UInt64,
    event_id UUID,
    call UInt8, -- 1: the call alone names them, the event that it became does not
    at DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY erasure
ORDER BY (erasure, event_id)
TTL at + INTERVAL 30 DAY DELETE;
