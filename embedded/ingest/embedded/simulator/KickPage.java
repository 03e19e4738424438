package ingest.embedded.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/**
 * A channel's page as {@code kick.com/api/v2} answers it.
 *
 * @param at the moment it shows
 */
record KickPage(Instant at, long broadcasterUserId, String json) implements ServedItem {
  private static final Instant LAUNCH = Instant.parse("2026-01-01T00:00:00Z");
  private static final DateTimeFormatter WITHOUT_ZONE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

  /** The count is a number on the pages of one half of the channels, and a text on the others. */
  static KickPage of(SimulatedChannel channel, Optional<Livestream> livestream, Instant at) {
    return of(channel, channel.broadcasterUserId(), livestream, at);
  }

  /** The page under a channel's name where the name is another account's. */
  static KickPage of(
      SimulatedChannel channel, long user, Optional<Livestream> livestream, Instant at) {
    long id = channel.broadcasterUserId();
    ObjectNode page = JsonNodeFactory.instance.objectNode();
    page.put("id", id - 100_000_000);
    page.put("user_id", user);
    page.put("slug", channel.slug());
    page.put("is_banned", false);
    page.put("playback_url", "https://video.example.com/" + id + ".m3u8?token=simulated-playback");
    page.put("vod_enabled", true);
    page.put("subscription_enabled", true);
    page.put("is_affiliate", true);
    if (id % 2 == 0) {
      page.put("followers_count", followers(id, at));
    } else {
      page.put("followers_count", Long.toString(followers(id, at)));
    }
    livestream.ifPresentOrElse(
        l ->
            page.putObject("livestream")
                .put("id", id - 200_000_000)
                .put("channel_id", id - 100_000_000)
                .put("created_at", WITHOUT_ZONE.format(l.startedAt()))
                .put("session_title", l.title())
                .put("is_live", true)
                .put("start_time", WITHOUT_ZONE.format(l.startedAt()))
                .put("viewer_count", l.viewers().orElse(0)),
        () -> page.putNull("livestream"));
    page.putNull("role");
    page.put("verified", false);
    page.putObject("user").put("id", user).put("username", channel.slug().replace('-', '_'));
    page.putObject("chatroom").put("id", id - 300_000_000).put("channel_id", id - 100_000_000);
    return new KickPage(at, user, page.toString());
  }

  /** Another number each minute, so that two polls can be told apart. */
  private static long followers(long id, Instant at) {
    return 500 + id % 977 * 37 + Duration.between(LAUNCH, at).toMinutes();
  }
}
