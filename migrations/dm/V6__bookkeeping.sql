-- Why:      what is known of a channel beside its identity, its probes and its sessions: the subscriptions that
--           platforms hold for us, the pages that were scraped, who began to follow when; and how far the export
--           of chat has come.
-- Locks:    streamer_channel against writers while its three foreign keys are added: the new tables are empty.
-- Rollback: DROP VIEW dm.webhook_message_ids; DROP TABLE dm.event_subscription, dm.scrape_log,
--           dm.kick_follow_event, dm.chat_export_watermark, dm.chat_archive_log, while no instance fills them.
-- Serves:   the subscription watchdog, the profile poll, the projection of kick.channel.followed, the chat
--           export, and operators; each table says what of it.
SET LOCAL lock_timeout = '5s';

-- What a platform holds for us. Kick lets a channel have one event twice, under two ids, and delivers both: so
-- the platform's id is in the key, and the watchdog sees every one of them.
CREATE TABLE dm.event_subscription (
    channel_id bigint NOT NULL REFERENCES dm.streamer_channel (id),
    subscription_id text NOT NULL,     -- the platform's: Kick's are ULIDs
    event text NOT NULL,               -- as the platform names it: chat.message.sent
    version text NOT NULL,
    status text NOT NULL CHECK (status IN ('requested', 'active', 'gone')), -- docs/states.md
    created_at timestamptz NOT NULL,   -- as the platform says; where it does not, when it answered
    seen_at timestamptz CHECK (seen_at IS NOT NULL OR status = 'requested'), -- when the platform last listed it
    PRIMARY KEY (channel_id, subscription_id) -- the watchdog: all of a channel; and the foreign key
);

-- Every page that was asked of a scraper, answered or not: what operators read when a page brings nothing. The
-- response is cut, because what matters is how a page that was refused or not understood begins.
CREATE TABLE dm.scrape_log (
    id bigserial PRIMARY KEY,
    at timestamptz NOT NULL,
    provider text NOT NULL,            -- who fetched: scrape-do, scraperapi
    target text NOT NULL CHECK (length(target) <= 2048), -- the page; never the provider's address, which holds its key
    channel_id bigint REFERENCES dm.streamer_channel (id), -- NULL where the page is how a channel is found out
    status int,                        -- NULL where nothing was answered
    ms int NOT NULL CHECK (ms >= 0),
    bytes bigint NOT NULL DEFAULT 0 CHECK (bytes >= 0), -- of the whole response
    error text CHECK (length(error) <= 2048),
    response text CHECK (length(response) <= 2048)      -- its beginning
);
CREATE INDEX scrape_log_at ON dm.scrape_log (at);       -- operators: the latest; maintenance: what is too old
CREATE INDEX scrape_log_channel ON dm.scrape_log (channel_id, at) WHERE channel_id IS NOT NULL; -- of one channel; the foreign key

-- One row per follow. Who followed is nobody's business here. Keyed by the event, so that a replay adds none.
CREATE TABLE dm.kick_follow_event (
    event_id uuid PRIMARY KEY,
    channel_id bigint NOT NULL REFERENCES dm.streamer_channel (id),
    occurred_at timestamptz NOT NULL
);
CREATE INDEX kick_follow_event_span ON dm.kick_follow_event (channel_id, occurred_at); -- follows of one channel over a span

-- What was accepted of which sender's messages. The event keys are the one authority on duplicates; a message that
-- became several events is one row.
CREATE VIEW dm.webhook_message_ids AS
SELECT source, message_id, min(received_at) AS received_at
FROM ingest.event_key WHERE message_id IS NOT NULL
GROUP BY source, message_id;

-- Up to when the chat of an environment is exported; moves in the transaction that writes the ledger.
CREATE TABLE dm.chat_export_watermark (
    env text PRIMARY KEY,
    last_exported_at timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00'
);

-- The ledger of that export, a row per run. Names of objects follow from environment and span.
CREATE TABLE dm.chat_archive_log (
    id bigserial PRIMARY KEY,
    env text NOT NULL,
    span_from timestamptz NOT NULL,    -- the watermark that the run found
    span_until timestamptz NOT NULL,   -- and the one it left, or would have
    rows_exported bigint NOT NULL CHECK (rows_exported >= 0),
    files_written int NOT NULL CHECK (files_written >= 0),
    success boolean NOT NULL,
    error text CHECK (length(error) <= 2048),
    at timestamptz NOT NULL,
    CHECK (span_from <= span_until),
    CHECK (success = (error IS NULL))
);
CREATE INDEX chat_archive_log_at ON dm.chat_archive_log (env, at); -- operators: the latest runs; their errors
