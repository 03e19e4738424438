-- Who may do what in ClickHouse, for a real server. No migration: users have passwords, and the embedded engine has
-- one user alone. Run it as an administrator after the first migration and whenever a release changes it; every
-- statement may be run again. What is granted in addition stays, and doctor tells.
--
--   clickhouse-client --multiquery --queries-file clickhouse/users/users.sql \
--     --param_migrate_password=… --param_ingest_password=… --param_webhooks_password=… \
--     --param_stage_password=… --param_production_password=…
--
-- The names behind the stored tables are views with FINAL that run with the rights of who asks (SQL SECURITY
-- INVOKER): who reads one needs the view and its …_log. A password that is to change: ALTER USER.
-- A process logs in by CLICKHOUSE_URL=http://vf_ingest:password@chi-vf:8123.

-- migrate: makes and changes what is in vf, and nothing outside.
CREATE ROLE IF NOT EXISTS vf_migrator;
GRANT SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW ON vf.* TO vf_migrator;
GRANT SELECT ON system.databases TO vf_migrator;
GRANT SELECT ON system.tables TO vf_migrator;
GRANT SELECT ON system.columns TO vf_migrator;
GRANT TABLE ENGINE ON MergeTree TO vf_migrator;
GRANT TABLE ENGINE ON ReplacingMergeTree TO vf_migrator;
GRANT TABLE ENGINE ON View TO vf_migrator;

-- ingest: the sink of deliveries, the export of chat, replays, the balance.
CREATE ROLE IF NOT EXISTS vf_sink;
GRANT INSERT ON vf.raw_events_log TO vf_sink;
GRANT INSERT ON vf.kick_streamer_probe_log TO vf_sink;
GRANT INSERT ON vf.streamer_trust_score_history_log TO vf_sink;
GRANT INSERT ON vf.kick_chat_message_log TO vf_sink;
GRANT INSERT ON vf.kick_channel_activity_log TO vf_sink;
GRANT INSERT ON vf.webhook_inbox_log TO vf_sink;
GRANT INSERT ON vf.sumsub_webhooks_log TO vf_sink;
GRANT SELECT ON vf.* TO vf_sink;

-- ingest as well: erasures. They change rows in place and look how far that is.
GRANT INSERT ON vf.erasing TO vf_sink;
GRANT ALTER DELETE ON vf.erasing TO vf_sink;
GRANT ALTER UPDATE ON vf.raw_events_log TO vf_sink;
GRANT ALTER DELETE ON vf.kick_streamer_probe_log TO vf_sink;
GRANT ALTER DELETE ON vf.streamer_trust_score_history_log TO vf_sink;
GRANT ALTER DELETE ON vf.kick_chat_message_log TO vf_sink;
GRANT ALTER DELETE ON vf.kick_channel_activity_log TO vf_sink;
GRANT ALTER DELETE ON vf.webhook_inbox_log TO vf_sink;
GRANT ALTER DELETE ON vf.sumsub_webhooks_log TO vf_sink;
GRANT SELECT ON system.mutations TO vf_sink;

-- webhooks: the audit of rejected calls, written and never read.
CREATE ROLE IF NOT EXISTS vf_auditor;
GRANT INSERT ON vf.webhook_inbox_log TO vf_auditor;

-- env: telemetry, read alone. No raw event, no call of a third party, nothing of an applicant.
CREATE ROLE IF NOT EXISTS vf_reader;
GRANT SELECT ON vf.kick_streamer_probe TO vf_reader;
GRANT SELECT ON vf.kick_streamer_probe_log TO vf_reader;
GRANT SELECT ON vf.streamer_trust_score_history TO vf_reader;
GRANT SELECT ON vf.streamer_trust_score_history_log TO vf_reader;
GRANT SELECT ON vf.kick_chat_message TO vf_reader;
GRANT SELECT ON vf.kick_chat_message_log TO vf_reader;
GRANT SELECT ON vf.kick_channel_activity TO vf_reader;
GRANT SELECT ON vf.kick_channel_activity_log TO vf_reader;

-- readonly = 2: reads alone, and may still say how (a driver sets its formats); readonly = 1 would refuse that.
-- A chart that takes longer or more than this is a mistake, and the server is shared with writers.
CREATE SETTINGS PROFILE IF NOT EXISTS vf_reads SETTINGS
    readonly = 2 CONST,
    max_execution_time = 30 MIN 1 MAX 60,
    max_memory_usage = 2000000000 MIN 1 MAX 2000000000,
    max_result_rows = 1000000 MIN 1 MAX 1000000,
    result_overflow_mode = 'throw' CONST
    TO vf_reader;

-- An insert is answered when it is in the table: what is settled must be there.
CREATE SETTINGS PROFILE IF NOT EXISTS vf_writes SETTINGS
    async_insert = 0,
    max_execution_time = 300 MIN 1 MAX 3600,
    max_memory_usage = 4000000000 MIN 1 MAX 4000000000
    TO vf_sink, vf_auditor;

CREATE USER IF NOT EXISTS vf_migrate IDENTIFIED WITH sha256_password BY {migrate_password:String} DEFAULT ROLE NONE;
CREATE USER IF NOT EXISTS vf_ingest IDENTIFIED WITH sha256_password BY {ingest_password:String} DEFAULT ROLE NONE;
CREATE USER IF NOT EXISTS vf_webhooks IDENTIFIED WITH sha256_password BY {webhooks_password:String} DEFAULT ROLE NONE;
CREATE USER IF NOT EXISTS vf_stage IDENTIFIED WITH sha256_password BY {stage_password:String} DEFAULT ROLE NONE;
CREATE USER IF NOT EXISTS vf_production IDENTIFIED WITH sha256_password BY {production_password:String} DEFAULT ROLE NONE;
GRANT vf_migrator TO vf_migrate;
GRANT vf_sink TO vf_ingest;
GRANT vf_auditor TO vf_webhooks;
GRANT vf_reader TO vf_stage, vf_production;
SET DEFAULT ROLE vf_migrator TO vf_migrate;
SET DEFAULT ROLE vf_sink TO vf_ingest;
SET DEFAULT ROLE vf_auditor TO vf_webhooks;
SET DEFAULT ROLE vf_reader TO vf_stage, vf_production;
