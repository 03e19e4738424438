-- Gives channels of a platform that the poller has never seen a place in its schedule, due now; so many at a time.
INSERT INTO dm.channel_poll (poller, channel_id, next_at)
SELECT :#poller, c.id, ingest.now()
FROM dm.streamer_channel c
WHERE c.platform = :#platform
  AND NOT EXISTS (SELECT FROM dm.channel_poll p WHERE p.poller = :#poller AND p.channel_id = c.id)
ORDER BY c.id
LIMIT CAST(:#enrol AS int)
ON CONFLICT DO NOTHING
