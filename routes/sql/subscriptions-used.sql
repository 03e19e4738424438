-- How many subscriptions of each event a platform holds for us, as far as we know; those that it was asked for count.
SELECT s.event, count(*) AS used
FROM dm.event_subscription s JOIN dm.streamer_channel c ON c.id = s.channel_id
WHERE c.platform = :#platform AND s.status IN ('requested', 'active')
GROUP BY s.event
