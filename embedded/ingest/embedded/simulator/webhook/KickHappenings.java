package ingest.embedded.simulator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.embedded.simulator.Livestream;
import ingest.embedded.simulator.SimulatedChannel;
import ingest.embedded.simulator.World;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * What Kick tells of the channels of the world: nothing that its API would not say at the same
 * moment.
 */
final class KickHappenings {
  static final String STARTED = "livestream.status.updated-started";
  static final String ENDED = "livestream.status.updated-ended";

  private static final String METADATA = "livestream.metadata.updated";
  private static final String LINE = "chat.message.sent-plain";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> LINES =
      List.of("good evening", "gg", "what a play!", "hallo zusammen", "всем привет", "草", "🎉🎉");

  private final World world;
  private final Templates templates;
  private int turn;

  KickHappenings(World world, Templates templates) {
    this.world = world;
    this.templates = templates;
  }

  /**
   * The template told of a channel that fits it, another one each time: of one that is live, or,
   * for the end of a stream, of one that is not.
   */
  synchronized Notification of(String template, Instant now, RandomGenerator random) {
    List<SimulatedChannel> channels = world.channels();
    boolean ended = template.equals(ENDED);
    for (int tries = 0; tries < channels.size(); tries++) {
      SimulatedChannel channel = channels.get(Math.floorMod(turn++, channels.size()));
      World.Broadcast latest = world.latest(channel, now);
      if (ended != now.isBefore(latest.endedAt())) {
        return told(template, channel, latest, now, random);
      }
    }
    throw new IllegalStateException("no channel of the world fits " + template);
  }

  /** Both ends of one stream, of a channel that is offline by now. */
  synchronized List<Notification> story(Instant now, RandomGenerator random) {
    List<SimulatedChannel> channels = world.channels();
    while (true) {
      SimulatedChannel channel = channels.get(Math.floorMod(turn++, channels.size()));
      World.Broadcast latest = world.latest(channel, now);
      if (!now.isBefore(latest.endedAt())) {
        return List.of(
            told(STARTED, channel, latest, now, random), told(ENDED, channel, latest, now, random));
      }
    }
  }

  /** The streams that started or ended behind {@code since} and by {@code now}, in order. */
  List<Notification> between(Instant since, Instant now, RandomGenerator random) {
    record Happened(Instant at, Notification told) {}

    List<Happened> happened = new ArrayList<>();
    for (SimulatedChannel channel : world.channels()) {
      for (World.Broadcast broadcast :
          Set.copyOf(List.of(world.latest(channel, since), world.latest(channel, now)))) {
        if (within(broadcast.startedAt(), since, now)) {
          happened.add(
              new Happened(broadcast.startedAt(), told(STARTED, channel, broadcast, now, random)));
        }
        if (within(broadcast.endedAt(), since, now)) {
          happened.add(
              new Happened(broadcast.endedAt(), told(ENDED, channel, broadcast, now, random)));
        }
      }
    }
    happened.sort(Comparator.comparing(Happened::at));
    return happened.stream().map(Happened::told).toList();
  }

  private static boolean within(Instant at, Instant since, Instant now) {
    return at.isAfter(since) && !at.isAfter(now);
  }

  private Notification told(
      String template,
      SimulatedChannel channel,
      World.Broadcast broadcast,
      Instant now,
      RandomGenerator random) {
    String slug = channel.slug();
    String text =
        new Story(random)
            .tell(templates.body(SendingParty.KICK, template), now)
            .replaceAll("\\b900000001\\b", Long.toString(channel.broadcasterUserId()))
            .replace("maple_channel", slug.replace('-', '_'))
            .replace("maple-channel", slug);
    Notification told = new Notification(SendingParty.KICK, template, text);
    return switch (template) {
      case STARTED, ENDED, METADATA -> told.withBody(asPolled(template, text, channel, broadcast));
      case LINE ->
          told.withBody(text.replace("good evening", LINES.get(random.nextInt(LINES.size()))));
      default -> told;
    };
  }

  private String asPolled(
      String template, String text, SimulatedChannel channel, World.Broadcast broadcast) {
    Livestream stream = world.livestream(channel, broadcast.startedAt()).orElseThrow();
    try {
      ObjectNode body = (ObjectNode) JSON.readTree(text);
      if (template.equals(METADATA)) {
        ObjectNode metadata = body.withObject("metadata");
        metadata
            .put("title", stream.title())
            .put("language", stream.language())
            .put("has_mature_content", stream.mature());
        for (String twice : List.of("category", "Category")) {
          metadata
              .withObject(twice)
              .put("id", stream.categoryId())
              .put("name", stream.category())
              .put(
                  "thumbnail",
                  "https://img.example.com/categories/" + stream.categoryId() + ".webp");
        }
        return body.toString();
      }
      body.put("title", stream.title()).put("started_at", broadcast.startedAt().toString());
      if (template.equals(ENDED)) {
        body.put("ended_at", broadcast.endedAt().toString());
      }
      return body.toString();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
