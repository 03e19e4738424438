-- Why:      instances share the polls that have no channels to claim: who claims a slot of the timer polls it.
-- Locks:    none, the table is new.
-- Rollback: DROP TABLE dm.poll_slot, once no instance has a poller that claims slots.
-- Serves:   ingest.poll.Slots.
CREATE TABLE dm.poll_slot (
    poller text NOT NULL,
    slot timestamptz NOT NULL, -- when the timer was due, the same on every instance
    run uuid NOT NULL,         -- of the claim, which may be tried again
    claimed_at timestamptz NOT NULL,
    PRIMARY KEY (poller, slot) -- the claim; and the day after, its end
);
