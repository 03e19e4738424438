package ingest.embedded.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.embedded.simulator.webhook.Webhooks;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * How the world is, whatever was told of it: every channel, its broadcasts, and which of their
 * starts and ends arrived as webhooks.
 */
public final class Truth {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final World world;
  private final Clock clock;
  private final Webhooks webhooks;

  Truth(World world, Clock clock, Webhooks webhooks) {
    this.world = world;
    this.clock = clock;
    this.webhooks = webhooks;
  }

  /**
   * All channels as they are now.
   *
   * @param since broadcasts that ended before it are left out; a time in RFC 3339
   */
  public String json(@Header("since") @Nullable String since) throws JsonProcessingException {
    Instant now = clock.instant();
    Instant first;
    try {
      first = since == null ? now : Instant.parse(since);
    } catch (DateTimeException e) {
      throw new InvalidRequest("since is a time in RFC 3339");
    }
    ObjectNode truth = JSON.createObjectNode().put("at", now.toString());
    truth.put("underway", webhooks.underway());
    ArrayNode channels = truth.putArray("channels");
    world.channels().forEach(channel -> channels.add(channel(channel, first, now)));
    return JSON.writeValueAsString(truth);
  }

  private ObjectNode channel(SimulatedChannel channel, Instant first, Instant now) {
    ObjectNode told = JSON.createObjectNode();
    told.put("broadcaster_user_id", channel.broadcasterUserId()).put("slug", channel.slug());
    Livestream live = world.livestream(channel, now).orElse(null);
    told.put("is_live", live != null);
    if (live != null) {
      told.put("started_at", live.startedAt().toString())
          .put("title", live.title())
          .put("language", live.language())
          .put("is_mature", live.mature())
          .put("category_id", live.categoryId())
          .put("category_name", live.category());
      live.viewers().ifPresent(viewers -> told.put("viewer_count", viewers));
    }
    ArrayNode broadcasts = told.putArray("broadcasts");
    for (World.Broadcast one : broadcasts(channel, first, now)) {
      boolean over = !now.isBefore(one.endedAt());
      ObjectNode broadcast =
          broadcasts
              .addObject()
              .put("started_at", one.startedAt().toString())
              .put("title", world.livestream(channel, one.startedAt()).orElseThrow().title())
              .put("start_told", webhooks.told(channel, one, false))
              .put("end_told", webhooks.told(channel, one, true));
      if (over) {
        broadcast.put("ended_at", one.endedAt().toString());
      }
    }
    return told;
  }

  private Deque<World.Broadcast> broadcasts(SimulatedChannel channel, Instant first, Instant now) {
    Deque<World.Broadcast> broadcasts = new ArrayDeque<>();
    World.Broadcast one = world.latest(channel, now);
    while (!one.endedAt().isBefore(first)) {
      broadcasts.addFirst(one);
      one = world.latest(channel, one.startedAt().minusMillis(1));
    }
    return broadcasts;
  }
}
