package ingest.embedded.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** The steps of an answer of /channels: look the channels up, then write them down. */
public final class Channels {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final World world;
  private final Clock clock;

  Channels(World world, Clock clock) {
    this.world = world;
    this.clock = clock;
  }

  /** The channels that a call asks for, in an order that is not the call's. */
  public List<ChannelItem> find(@Header(Exchange.HTTP_RAW_QUERY) @Nullable String query) {
    Instant now = clock.instant();
    List<SimulatedChannel> asked = ChannelQuery.parse(query).in(world);
    List<SimulatedChannel> shuffled = new ArrayList<>(asked);
    Collections.shuffle(shuffled, new Random(new SplittableRandom(now.toEpochMilli()).nextLong()));
    if (shuffled.equals(asked)) {
      Collections.reverse(shuffled);
    }
    return shuffled.stream()
        .map(channel -> ChannelItem.of(channel, world.livestream(channel, now), now))
        .toList();
  }

  /** The documented envelope around them; bytes, so that the answer has a Content-Length. */
  public byte[] answer(@Body List<ChannelItem> items) {
    return items.stream()
        .map(ChannelItem::json)
        .collect(Collectors.joining(",", "{\"data\":[", "],\"message\":\"OK\"}"))
        .getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The same envelope with each channel broken: by turns a count in words, a stream that is a list,
   * an id that is an object, and a channel wrapped in an object.
   */
  public byte[] wrongTypes(@Body List<ChannelItem> items) throws JsonProcessingException {
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode data = answer.putArray("data");
    for (ChannelItem item : items) {
      ObjectNode channel = (ObjectNode) JSON.readTree(item.json());
      switch (data.size() % 4) {
        case 0 -> channel.withObject("stream").put("viewer_count", "many");
        case 1 -> channel.putArray("stream");
        case 2 -> channel.putObject("broadcaster_user_id").put("id", item.broadcasterUserId());
        default -> channel = JSON.createObjectNode().set("channel", channel);
      }
      data.add(channel);
    }
    return answer.put("message", "OK").toString().getBytes(StandardCharsets.UTF_8);
  }
}
