package ingest.embedded.simulator.webhook;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import ingest.embedded.simulator.InvalidRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How Kick's steady calls get to the receiver, as the control interface takes it. Parts of one, 0
 * where they are left out: what is delayed arrives behind what was sent after it.
 *
 * @param lost never arrive
 * @param twice arrive a second time, byte for byte
 * @param late arrive some time later, signed when they were sent
 * @param seconds the longest of these delays
 * @param seed of the choice; another one each time where it is left out
 */
record Delivery(
    @JsonProperty("lost") double lost,
    @JsonProperty("twice") double twice,
    @JsonProperty("late") double late,
    @JsonProperty("seconds") int seconds,
    @Nullable Long seed) {
  static final Delivery PROMPT = new Delivery(0, 0, 0, 0, null);

  private static final int LONGEST = 300;
  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(MapperFeature.ALLOW_COERCION_OF_SCALARS).build();

  /**
   * Reads what the control interface takes.
   *
   * @throws InvalidRequest that says what is wanted
   */
  static Delivery parse(@Nullable String json) {
    try {
      Delivery delivery = JSON.readValue(json == null ? "" : json, Delivery.class);
      if (delivery != null
          && part(delivery.lost)
          && part(delivery.twice)
          && part(delivery.late)
          && delivery.seconds >= 0
          && delivery.seconds <= LONGEST) {
        return delivery;
      }
    } catch (JsonProcessingException e) {
      // told below, with what would be right
    }
    throw new InvalidRequest(
        "a delivery has some of lost, twice and late, from 0 to 1, and seconds, up to "
            + LONGEST
            + ", and a seed");
  }

  /** What chooses. */
  SplittableRandom random() {
    return seed == null ? new SplittableRandom() : new SplittableRandom(seed);
  }

  private static boolean part(double of) {
    return of >= 0 && of <= 1;
  }

  /** When one call arrives, counted from its sending: never, once or twice. */
  List<Duration> arrivals(RandomGenerator random) {
    List<Duration> arrivals = new ArrayList<>();
    if (random.nextDouble() < lost) {
      return arrivals;
    }
    arrivals.add(delay(random));
    if (random.nextDouble() < twice) {
      arrivals.add(delay(random));
    }
    return arrivals;
  }

  private Duration delay(RandomGenerator random) {
    return seconds > 0 && random.nextDouble() < late
        ? Duration.ofMillis(random.nextLong(seconds * 1000L) + 1)
        : Duration.ZERO;
  }
}
