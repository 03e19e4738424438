package ingest.embedded.simulator;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Optional;

/**
 * One channel of an answer.
 *
 * @param at the moment it shows
 * @param json the exact text that is sent
 */
record ChannelItem(Instant at, long broadcasterUserId, String json) implements ServedItem {
  private static final String NEVER = "0001-01-01T00:00:00Z";

  /** An offline channel keeps every field but the tags: empty, zero, and started in year 1. */
  static ChannelItem of(SimulatedChannel channel, Optional<Livestream> livestream, Instant at) {
    long id = channel.broadcasterUserId();
    boolean live = livestream.isPresent();
    ObjectNode item = JsonNodeFactory.instance.objectNode();
    item.put("active_gifted_subscribers_count", live ? id % 7 : 0);
    item.put("active_subscribers_count", live ? id % 61 : 0);
    item.put("banner_picture", live ? picture("banner", id) : "");
    item.put("broadcaster_user_id", id);
    item.put("canceled_subscribers_count", live ? id % 5 : 0);
    item.putObject("category")
        .put("id", livestream.map(Livestream::categoryId).orElse(0))
        .put("name", livestream.map(Livestream::category).orElse(""))
        .put("thumbnail", livestream.map(l -> picture("categories", l.categoryId())).orElse(""));
    item.put("channel_description", live ? "The channel of " + channel.slug() : "");
    item.put("slug", channel.slug());
    ObjectNode stream = item.putObject("stream");
    livestream
        .flatMap(Livestream::tags)
        .ifPresent(tags -> tags.forEach(stream.putArray("custom_tags")::add));
    stream.put("is_live", live);
    stream.put("is_mature", livestream.map(Livestream::mature).orElse(false));
    stream.put("key", "");
    stream.put("language", livestream.map(Livestream::language).orElse(""));
    stream.put("start_time", livestream.map(l -> l.startedAt().toString()).orElse(NEVER));
    stream.put("thumbnail", live ? picture("thumb", id) : "");
    stream.put("url", "");
    livestream.ifPresentOrElse(
        l -> l.viewers().ifPresent(viewers -> stream.put("viewer_count", viewers)),
        () -> stream.put("viewer_count", 0));
    item.put("stream_title", livestream.map(Livestream::title).orElse(""));
    return new ChannelItem(at, id, item.toString());
  }

  private static String picture(String folder, long id) {
    return "https://img.example.com/" + folder + "/" + id + ".webp";
  }
}
