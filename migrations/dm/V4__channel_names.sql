-- Why:      names of channels stay right under renames, swaps and late arrivals, and so does what else is known of them.
-- Locks:    ACCESS EXCLUSIVE on dm.streamer_channel for catalog changes alone (constant defaults rewrite nothing), then
--           one UPDATE of all its rows (at most 50,000) and one CREATE INDEX; polls wait for a second or two.
-- Rollback: DROP TABLE dm.streamer_channel_slug_history; ALTER TABLE dm.streamer_channel DROP the columns added here.
-- Serves:   ingest.channel.Channels, the one way in; whoever ties a name of then to a channel.
ALTER TABLE dm.streamer_channel
    -- The name it was last seen under. current_slug is the same, or NULL while another channel was seen under it later.
    ADD COLUMN observed_slug text CHECK (observed_slug = lower(observed_slug)),
    ADD COLUMN stream_started_at timestamptz, -- of the stream that runs, with is_live
    -- Each column group has the (rev, event) that wrote it; rev is microseconds since 1970, 0 means never.
    ADD COLUMN slug_rev bigint NOT NULL DEFAULT 0,
    ADD COLUMN slug_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN display_name_rev bigint NOT NULL DEFAULT 0,
    ADD COLUMN display_name_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN avatar_url_rev bigint NOT NULL DEFAULT 0,
    ADD COLUMN avatar_url_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN bio_rev bigint NOT NULL DEFAULT 0,
    ADD COLUMN bio_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN follower_count_rev bigint NOT NULL DEFAULT 0,
    ADD COLUMN follower_count_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN is_banned_rev bigint NOT NULL DEFAULT 0,
    ADD COLUMN is_banned_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    ADD COLUMN live_rev bigint NOT NULL DEFAULT 0, -- is_live and stream_started_at
    ADD COLUMN live_ev uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
ALTER TABLE dm.streamer_channel SET (fillfactor = 70); -- nothing that changes with every sighting is indexed: HOT
UPDATE dm.streamer_channel SET observed_slug = current_slug WHERE current_slug IS NOT NULL;
ALTER TABLE dm.streamer_channel ADD CONSTRAINT streamer_channel_held_as_seen
    CHECK (current_slug IS NULL OR (observed_slug IS NOT NULL AND current_slug = observed_slug));
CREATE INDEX streamer_channel_seen_as ON dm.streamer_channel (platform, observed_slug); -- who else was seen under a name

-- The spans of a channel follow each other without gap or overlap from its first sighting on, and no two
-- channels of a platform hold one name at one time. slug NULL: its name of then is not known, because
-- another channel had taken the one it was last seen under.
CREATE TABLE dm.streamer_channel_slug_history (
    channel_id bigint NOT NULL REFERENCES dm.streamer_channel (id) ON DELETE CASCADE,
    slug text CHECK (slug = lower(slug)),
    observed_from timestamptz NOT NULL,
    observed_until timestamptz CHECK (observed_until > observed_from), -- NULL: now
    PRIMARY KEY (channel_id, observed_from)
);
CREATE UNIQUE INDEX slug_history_now ON dm.streamer_channel_slug_history (channel_id) WHERE observed_until IS NULL; -- Channels
CREATE INDEX slug_history_slug ON dm.streamer_channel_slug_history (slug); -- who was called this, and when
INSERT INTO dm.streamer_channel_slug_history (channel_id, slug, observed_from)
SELECT id, current_slug, first_seen_at FROM dm.streamer_channel;
