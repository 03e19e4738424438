-- Gives up a claim that came to no call: its channels are due as before. Fenced by the claim's token.
UPDATE dm.probe_schedule SET leased_until = NULL, token = NULL
WHERE channel_id = ANY (CAST(:#channels AS bigint[])) AND token = CAST(:#token AS uuid)
