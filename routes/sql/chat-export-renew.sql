-- Before each object: the run stays this instance's. No row when another took it over.
UPDATE dm.chat_export_run
SET leased_until = ingest.now() + make_interval(secs => CAST(:#leaseSeconds AS int))
WHERE env = :#env AND token = CAST(:#token AS uuid)
