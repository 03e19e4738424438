-- The channel of a claim, and whether its event has a delivery to the environment: none was made while it was off.
SELECT c.id AS channel_id, c.external_id,
       EXISTS (SELECT FROM ingest.event_key k
               JOIN ingest.delivery_chunk d ON d.day = k.day AND d.chunk = k.chunk AND d.target = :#env
               WHERE k.id = CAST(:#event AS uuid) AND (d.mask IS NULL OR get_bit(d.mask, k.pos) = 1)) AS delivery
FROM dm.streamer_channel c
WHERE c.platform = :#platform AND c.platform_user_id = :#user
