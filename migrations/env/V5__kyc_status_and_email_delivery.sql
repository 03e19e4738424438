-- Why:      how the review of each applicant stands (Sumsub), and what became of each e-mail (Resend).
-- Locks:    none, everything is new.
-- Rollback: the image before does not know these tables. To drop them: DROP TABLE public.kyc_status,
--           public.email_delivery; a replay fills them again.
-- Serves:   ingest.projection.sumsub.KycStatus, ingest.projection.resend.EmailDelivery; the environment's own reads.

-- An applicant. Each column group has the (rev, ev) that wrote it; rev is Sumsub's own time of the event in
-- microseconds, so calls that come late or again change nothing. rev 0: never told. What happens once is its
-- earliest time. status is what the others come to, see docs/states.md.
CREATE TABLE public.kyc_status (
    applicant_id text PRIMARY KEY,
    status text NOT NULL GENERATED ALWAYS AS (CASE
        WHEN deleted_at IS NOT NULL THEN 'deleted'
        WHEN personal_data_deleted_at IS NOT NULL THEN 'personal_data_deleted'
        WHEN active IS FALSE THEN 'inactive'
        WHEN review_status IS NULL THEN 'unknown'
        WHEN review_status = 'init' THEN 'created'
        WHEN review_status = 'onHold' THEN 'on_hold'
        WHEN review_status <> 'completed' THEN 'pending'
        WHEN review_answer = 'GREEN' THEN 'approved'
        WHEN review_answer = 'RED' AND reject_type = 'RETRY' THEN 'retry'
        WHEN review_answer = 'RED' THEN 'rejected'
        ELSE 'unknown'
    END) STORED CHECK (status IN ('created', 'pending', 'on_hold', 'approved', 'retry', 'rejected', 'inactive',
                                  'personal_data_deleted', 'deleted', 'unknown')),
    sandbox boolean NOT NULL, -- of Sumsub's sandbox, where nobody is really reviewed
    external_user_id text,    -- the id that we gave the applicant: whose it is here
    user_rev bigint NOT NULL DEFAULT 0,
    user_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    applicant_type text,
    type_rev bigint NOT NULL DEFAULT 0,
    type_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    review_status text,
    review_answer text,
    reject_type text,
    level text,
    review_at timestamptz,
    review_rev bigint NOT NULL DEFAULT 0,
    review_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    active boolean,           -- null until Sumsub says: then it is
    active_rev bigint NOT NULL DEFAULT 0,
    active_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    personal_data_deleted_at timestamptz,
    deleted_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70); -- what changes is in no index: updates stay HOT
CREATE INDEX kyc_status_user ON public.kyc_status (external_user_id); -- a user's applicants

-- An e-mail: the newest that was told of it, by Resend's own time of the event, and when each thing was told first.
CREATE TABLE public.email_delivery (
    email_id text PRIMARY KEY,
    status text CHECK (status IN ('scheduled', 'sent', 'delivered', 'delivery_delayed', 'bounced', 'complained', 'opened',
                                  'clicked', 'failed', 'suppressed')),
    status_at timestamptz,
    status_rev bigint NOT NULL DEFAULT 0,
    status_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    scheduled_at timestamptz,
    sent_at timestamptz,
    delivered_at timestamptz,
    delivery_delayed_at timestamptz,
    bounced_at timestamptz,
    complained_at timestamptz,
    opened_at timestamptz,
    clicked_at timestamptz,
    failed_at timestamptz,
    suppressed_at timestamptz,
    bounce_type text,
    bounce_subtype text,
    bounce_rev bigint NOT NULL DEFAULT 0,
    bounce_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    failure_reason text,
    failure_rev bigint NOT NULL DEFAULT 0,
    failure_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    suppression_type text,
    suppression_rev bigint NOT NULL DEFAULT 0,
    suppression_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70); -- as above
