-- The channels of a claim were asked for: each is due again a period after its slot, which keeps the rhythm.
-- For polls that commit no events; those that do have ingest.poll.ChannelsPolled in their commit.
UPDATE dm.channel_poll
SET next_at = dm.slot(next_at, make_interval(secs => CAST(:#periodSeconds AS int)), ingest.now())
              + make_interval(secs => CAST(:#periodSeconds AS int)),
    polled_at = ingest.now(), failures = 0, leased_until = NULL, token = NULL
WHERE poller = :#poller AND channel_id = ANY (CAST(:#channels AS bigint[])) AND token = CAST(:#token AS uuid)
