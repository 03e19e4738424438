-- Every call of a scraper, answered or not. The page's address, never the scraper's, which holds its key.
INSERT INTO dm.scrape_log (at, provider, target, channel_id, status, ms, bytes, cost, outcome, error, response)
VALUES (CAST(:#at AS timestamptz), :#provider, left(:#target, 2048), CAST(:#channelId AS bigint),
        CAST(:#status AS int), CAST(:#ms AS int), CAST(:#bytes AS bigint), CAST(:#cost AS numeric), :#outcome,
        CAST(:#error AS text), CAST(:#response AS text))
