package ingest.embedded.simulator.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.embedded.simulator.Livestream;
import ingest.embedded.simulator.SimulatedChannel;
import ingest.embedded.simulator.World;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Webhooks and polls tell the same. */
class KickHappeningsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00.5Z");

  private final World world = new World(7);
  private final KickHappenings kick = new KickHappenings(world, Templates.read());
  private final SplittableRandom random = new SplittableRandom(7);

  /** What polls every second show is what webhooks tell, whatever the steps between them. */
  @Test
  void the_starts_and_ends_are_those_that_polls_show() throws Exception {
    int seconds = 3_600;
    Set<String> polled = new HashSet<>();
    for (SimulatedChannel channel : world.channels()) {
      for (int s = 1; s <= seconds; s++) {
        Instant now = NOW.plusSeconds(s);
        World.Broadcast latest = world.latest(channel, now);
        Optional<Instant> live = startedAt(channel, now);
        assertEquals(now.isBefore(latest.endedAt()), live.isPresent());
        Optional<Instant> before = startedAt(channel, now.minusSeconds(1));
        if (!live.equals(before)) {
          live.ifPresent(at -> polled.add(channel.broadcasterUserId() + " " + at + " null"));
          before.ifPresent(
              at ->
                  polled.add(
                      channel.broadcasterUserId()
                          + " "
                          + at
                          + " "
                          + Instant.ofEpochSecond(now.getEpochSecond())));
        }
      }
    }
    assertTrue(polled.size() > 50, polled.size() + " changes");
    for (int step : List.of(1, 7, 3_600)) {
      Set<String> told = new HashSet<>();
      for (int s = 0; s < seconds; s += step) {
        Instant until = NOW.plusSeconds(Math.min(seconds, s + step));
        for (Notification status : kick.between(NOW.plusSeconds(s), until, random)) {
          JsonNode body = JSON.readTree(status.body());
          assertEquals(body.get("ended_at").isNull(), body.get("is_live").booleanValue());
          assertTrue(
              told.add(
                  body.at("/broadcaster/user_id")
                      + " "
                      + body.get("started_at").textValue()
                      + " "
                      + body.get("ended_at").asText()),
              "twice");
        }
      }
      assertEquals(polled, told, "in steps of " + step);
    }
  }

  private Optional<Instant> startedAt(SimulatedChannel channel, Instant now) {
    return world.livestream(channel, now).map(Livestream::startedAt);
  }

  @Test
  void metadata_and_titles_are_those_of_the_stream() throws Exception {
    for (int i = 0; i < 20; i++) {
      JsonNode body = JSON.readTree(kick.of("livestream.metadata.updated", NOW, random).body());
      SimulatedChannel channel = channel(body);
      Livestream stream = world.livestream(channel, NOW).orElseThrow();
      assertEquals(stream.title(), body.at("/metadata/title").textValue());
      assertEquals(stream.language(), body.at("/metadata/language").textValue());
      assertEquals(stream.category(), body.at("/metadata/category/name").textValue());
      assertEquals(body.at("/metadata/category"), body.at("/metadata/Category"));
      assertEquals(channel.slug(), body.at("/broadcaster/channel_slug").textValue());
    }
  }

  @Test
  void who_is_told_to_be_live_is_and_each_time_it_is_another_channel() throws Exception {
    Set<String> channels = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      JsonNode chat = JSON.readTree(kick.of("chat.message.sent-plain", NOW, random).body());
      assertTrue(startedAt(channel(chat), NOW).isPresent());
      assertTrue(channels.add(chat.at("/broadcaster/user_id").asText()));
    }
    JsonNode ended = JSON.readTree(kick.of(KickHappenings.ENDED, NOW, random).body());
    assertFalse(startedAt(channel(ended), NOW).isPresent());
    assertTrue(Instant.parse(ended.get("ended_at").textValue()).isBefore(NOW));
  }

  @Test
  void a_story_has_both_ends_of_one_stream() throws Exception {
    List<Notification> story = kick.story(NOW, random);
    JsonNode started = JSON.readTree(story.get(0).body());
    JsonNode ended = JSON.readTree(story.get(1).body());
    assertTrue(started.get("is_live").booleanValue());
    assertFalse(ended.get("is_live").booleanValue());
    for (String same : List.of("/started_at", "/title", "/broadcaster")) {
      assertEquals(started.at(same), ended.at(same));
    }
  }

  private SimulatedChannel channel(JsonNode body) {
    long id = body.at("/broadcaster/user_id").longValue();
    return world.channels().stream()
        .filter(c -> c.broadcasterUserId() == id)
        .findFirst()
        .orElseThrow();
  }
}
