package ingest.embedded.simulator;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toUnmodifiableMap;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * Channels, five hundred unless it is told otherwise, and what they broadcast at any time.
 *
 * <p>A pure function of the seed and the time: nothing is advanced or remembered, so the same
 * moment always looks the same, in whatever order it is asked for. The channels do not depend on
 * the seed, so that those registered once are there after a restart.
 *
 * <p>A channel's time is cut into cycles, of two to six hours by default, with one broadcast inside
 * each, of a third of the cycle on average: so about a third of the channels is live at any time.
 * In a world {@link #still} each is live all day or never.
 */
public final class World {
  static final int CHANNELS = 500;
  private static final long FIRST_ID = 900_000_001L;
  private static final int NOT_STILL = -1;

  /** How often Kick counts viewers; between two counts the number stands still. */
  static final Duration COUNT = Duration.ofSeconds(61);

  private static final List<String> TREES =
      List.of(
          "maple", "oak", "pine", "birch", "cedar", "willow", "aspen", "hazel", "rowan", "alder",
          "elm", "ash", "beech", "larch", "spruce", "yew", "linden", "poplar", "juniper", "laurel");
  private static final List<String> CATEGORIES =
      List.of("Just Talking", "Slots", "Chess", "Speedruns", "Cooking", "Music", "Racing", "Poker");
  private static final List<String> TITLES =
      List.of(
          "Evening stream",
          "Road to the top \"season 4\"",
          "Chill & chat",
          "Süßes oder Saures",
          "Первый раз здесь",
          "夜更かし配信",
          "No mic today 🎧",
          "24 h challenge, hour by hour");
  private static final List<String> LANGUAGES = List.of("en", "de", "es", "pt", "ru", "ja", "tr");
  private static final List<String> TAGS =
      List.of("chill", "english", "family", "competitive", "drops", "newbie", "18plus", "late");

  /** The shortest by default; the longest is three times that. */
  public static final Duration CYCLE = Duration.ofHours(2);

  private final long seed;
  private final int alwaysLive;
  private final Duration shortest;
  private final List<SimulatedChannel> channels;
  private final Map<Long, SimulatedChannel> byId;
  private final Map<String, SimulatedChannel> bySlug;

  /** The same for the same seed. */
  public World(long seed) {
    this(seed, CHANNELS, NOT_STILL, CYCLE);
  }

  /**
   * The same in other cycles.
   *
   * @param shortest from which to three times that
   */
  public World(long seed, Duration shortest) {
    this(seed, CHANNELS, NOT_STILL, shortest);
  }

  /** So many channels, of which the first {@code live} broadcast from midnight to midnight. */
  public static World still(int channels, int live) {
    return new World(1, channels, live, CYCLE);
  }

  private World(long seed, int channels, int alwaysLive, Duration shortest) {
    this.seed = seed;
    this.alwaysLive = alwaysLive;
    this.shortest = shortest;
    this.channels =
        LongStream.range(FIRST_ID, FIRST_ID + channels).mapToObj(World::channel).toList();
    this.byId =
        this.channels.stream()
            .collect(toUnmodifiableMap(SimulatedChannel::broadcasterUserId, identity()));
    this.bySlug =
        this.channels.stream().collect(toUnmodifiableMap(SimulatedChannel::slug, identity()));
  }

  /** All of them. */
  public List<SimulatedChannel> channels() {
    return channels;
  }

  Optional<SimulatedChannel> byId(long broadcasterUserId) {
    return Optional.ofNullable(byId.get(broadcasterUserId));
  }

  Optional<SimulatedChannel> bySlug(String slug) {
    return Optional.ofNullable(bySlug.get(slug));
  }

  /** One broadcast of a channel, live from its start to just before its end. */
  public record Broadcast(Instant startedAt, Instant endedAt) {
    boolean live(Instant now) {
      return !now.isBefore(startedAt) && now.isBefore(endedAt);
    }
  }

  /**
   * A channel's cycle around a moment.
   *
   * @param random what the rest of the broadcast is made from
   */
  private record Cycle(
      Instant since,
      Broadcast broadcast,
      double popularity,
      String language,
      SplittableRandom random) {}

  /** The latest broadcast that has begun by {@code now}; it may have ended. */
  public Broadcast latest(SimulatedChannel channel, Instant now) {
    Cycle cycle = cycle(channel, now);
    return now.isBefore(cycle.broadcast().startedAt())
        ? cycle(channel, cycle.since().minusSeconds(1)).broadcast()
        : cycle.broadcast();
  }

  private Cycle cycle(SimulatedChannel channel, Instant now) {
    SplittableRandom habits = random(channel, Long.MIN_VALUE);
    long cycle = habits.nextLong(shortest.toSeconds(), 3 * shortest.toSeconds());
    long shift = habits.nextLong(cycle);
    double popularity = Math.exp(3.7 + 1.3 * habits.nextGaussian());
    String language = pick(habits, LANGUAGES);

    if (alwaysLive != NOT_STILL) {
      return still(channel, now.truncatedTo(ChronoUnit.DAYS), popularity, language);
    }
    long number = Math.floorDiv(now.getEpochSecond() - shift, cycle);
    SplittableRandom random = random(channel, number);
    long length = (long) (cycle * random.nextDouble(0.2, 0.47));
    Instant since = Instant.ofEpochSecond(number * cycle + shift);
    Instant started = since.plusSeconds(random.nextLong(cycle - length));
    return new Cycle(
        since, new Broadcast(started, started.plusSeconds(length)), popularity, language, random);
  }

  private Cycle still(SimulatedChannel channel, Instant day, double popularity, String language) {
    boolean live = channel.broadcasterUserId() < FIRST_ID + alwaysLive;
    return new Cycle(
        day,
        new Broadcast(day, live ? day.plus(Duration.ofDays(1)) : day),
        popularity,
        language,
        random(channel, day.getEpochSecond()));
  }

  /** What the channel broadcasts at {@code now}; empty when it is offline. */
  public Optional<Livestream> livestream(SimulatedChannel channel, Instant now) {
    Cycle cycle = cycle(channel, now);
    if (!cycle.broadcast().live(now)) {
      return Optional.empty();
    }
    SplittableRandom broadcast = cycle.random();
    Instant started = cycle.broadcast().startedAt();
    long age = now.getEpochSecond() - started.getEpochSecond();
    int category = broadcast.nextInt(CATEGORIES.size());
    int tag = broadcast.nextInt(TAGS.size() - 1);
    return Optional.of(
        new Livestream(
            started,
            pick(broadcast, TITLES),
            category + 1,
            CATEGORIES.get(category),
            cycle.language(),
            broadcast.nextInt(10) == 0,
            broadcast.nextInt(10) < 3 ? Optional.empty() : Optional.of(TAGS.subList(tag, tag + 2)),
            broadcast.nextInt(20) == 0
                ? OptionalInt.empty()
                : OptionalInt.of(viewers(broadcast, cycle.popularity(), age / COUNT.toSeconds()))));
  }

  /** A random walk from the broadcast's first count to the present one. */
  private static int viewers(SplittableRandom broadcast, double first, long counts) {
    double viewers = first;
    for (long i = 0; i < counts; i++) {
      viewers *= Math.exp(0.06 * broadcast.nextGaussian());
    }
    return (int) Math.max(1, Math.round(viewers));
  }

  private SplittableRandom random(SimulatedChannel channel, long aspect) {
    long mixed = new SplittableRandom(seed ^ channel.broadcasterUserId()).nextLong();
    return new SplittableRandom(mixed + aspect);
  }

  private static String pick(SplittableRandom random, List<String> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  private static SimulatedChannel channel(long id) {
    int number = (int) (id - FIRST_ID) + 1;
    return new SimulatedChannel(id, TREES.get(number % TREES.size()) + "-channel-" + number);
  }
}
