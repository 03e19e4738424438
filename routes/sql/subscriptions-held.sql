-- What dm knows of the subscriptions of a channel, those that are gone too: one row for each, and one with nulls
-- where there is none. tracked: whether we want any, which is so unless the platform banned the channel.
SELECT NOT c.is_banned AS tracked, s.subscription_id, s.event, s.status, s.created_at
FROM dm.streamer_channel c
LEFT JOIN dm.event_subscription s ON s.channel_id = c.id
WHERE c.id = CAST(:#channel AS bigint)
ORDER BY s.created_at, s.subscription_id
