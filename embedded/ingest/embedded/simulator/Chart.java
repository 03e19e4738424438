package ingest.embedded.simulator;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.camel.Body;

/**
 * The charts API: the twenty streamers of the world that were watched most. A pure function of the
 * time, like the world; the chart is made anew every {@link #EVERY} and stands still in between.
 */
public final class Chart {
  static final Duration EVERY = Duration.ofSeconds(5);
  private static final int LENGTH = 20;
  private static final int CANDIDATES = 60;

  private final World world;
  private final Clock clock;

  Chart(World world, Clock clock) {
    this.world = world;
    this.clock = clock;
  }

  private record Streamer(SimulatedChannel channel, double hours) {}

  /** One line of the chart. */
  record Rank(Instant at, long broadcasterUserId, String json) implements ServedItem {}

  /** The chart as it is now, from rank 1 on. */
  public List<Rank> ranks() {
    Instant made =
        Instant.ofEpochSecond(
            Math.floorDiv(clock.instant().getEpochSecond(), EVERY.toSeconds()) * EVERY.toSeconds());
    List<Streamer> streamers =
        world.channels().subList(0, CANDIDATES).stream()
            .map(channel -> new Streamer(channel, hours(channel, made)))
            .sorted(Comparator.comparingDouble(Streamer::hours).reversed())
            .limit(LENGTH)
            .toList();
    List<Rank> ranks = new ArrayList<>();
    for (Streamer streamer : streamers) {
      ranks.add(rank(ranks.size() + 1, streamer, made));
    }
    return ranks;
  }

  /** Rises and falls in a rhythm of its own, so that streamers overtake each other. */
  private static double hours(SimulatedChannel channel, Instant made) {
    SplittableRandom habits = new SplittableRandom(channel.broadcasterUserId());
    double average = habits.nextDouble(800, 2_000);
    double period = habits.nextDouble(40, 400);
    return average * (1 + 0.3 * Math.sin(2 * Math.PI * made.getEpochSecond() / period));
  }

  /** The hours are left out where the streamer hides them, which changes from chart to chart. */
  private static Rank rank(int rank, Streamer streamer, Instant made) {
    long id = streamer.channel().broadcasterUserId();
    ObjectNode item = JsonNodeFactory.instance.objectNode();
    item.put("rank", rank)
        .put("platform", "kick")
        .put("user_id", id)
        .put("slug", streamer.channel().slug());
    if (new SplittableRandom(id ^ made.getEpochSecond()).nextInt(8) > 0) {
      item.put(
          "hours_watched",
          BigDecimal.valueOf(streamer.hours()).setScale(1, RoundingMode.HALF_UP).doubleValue());
    }
    item.put("updated_at", made.toString());
    return new Rank(made, id, item.toString());
  }

  /** The documented envelope around them; bytes, so that the answer has a Content-Length. */
  public byte[] answer(@Body List<Rank> ranks) {
    return ranks.stream()
        .map(Rank::json)
        .collect(joining(",", "{\"streamers\":[", "]}"))
        .getBytes(StandardCharsets.UTF_8);
  }
}
