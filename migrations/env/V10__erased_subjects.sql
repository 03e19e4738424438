-- Why:      a person who was erased must not come back by what is delivered late, posted again or replayed.
-- Locks:    none, the table is new.
-- Rollback: DROP TABLE public.erased_subject; from then on a replay of old events brings people back.
-- Serves:   ingest.consumer.Erased, in the transaction of each batch.

-- An identity (an account of a platform, an applicant, an e-mail address) as SHA-256 of salt and identity: nobody
-- needs to know who it was to recognise it. Nothing of it that happened until then is projected.
CREATE TABLE public.erased_subject (
    hash text PRIMARY KEY CHECK (length(hash) = 64),
    salt text NOT NULL,
    names boolean NOT NULL, -- it may be a name, which is looked for in every text
    until timestamptz NOT NULL,
    event_id uuid NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX erased_subject_until ON public.erased_subject (until); -- the latest, which is asked for each batch
