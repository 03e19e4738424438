-- The watermark of an environment that was never exported: where its chat begins, or an hour ago where there is none.
INSERT INTO dm.chat_export_watermark (env, last_exported_at)
VALUES (:#env, least(to_timestamp(CAST(:#oldest AS bigint) / 1000.0), ingest.now() - interval '1 hour'))
ON CONFLICT (env) DO NOTHING
