-- Records a sync that was refused or failed every try; it has no channels. The next slot tries again.
INSERT INTO dm.skipped_page (poller, channel_ids, slot, error, skipped_at)
VALUES (:#poller, '{}', CAST(:#slot AS timestamptz), :#error, ingest.now())
