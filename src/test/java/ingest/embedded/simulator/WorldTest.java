package ingest.embedded.simulator;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorldTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  private final World world = new World(7);

  @Test
  void there_are_500_channels_that_do_not_depend_on_the_seed() {
    List<SimulatedChannel> channels = world.channels();
    assertEquals(500, channels.size());
    assertEquals(900_000_001L, channels.get(0).broadcasterUserId());
    assertEquals(900_000_500L, channels.get(499).broadcasterUserId());
    assertEquals(500, channels.stream().map(SimulatedChannel::slug).distinct().count());
    channels.forEach(c -> assertTrue(c.slug().matches("[a-z]+-channel-[0-9]{1,3}"), c.slug()));
    channels.forEach(c -> assertTrue(c.slug().length() <= 25, c.slug()));
    assertEquals(channels, new World(8).channels());
  }

  @ParameterizedTest(name = "{0} h later")
  @ValueSource(ints = {0, 1, 7, 100, 10_000})
  void about_a_third_of_the_channels_is_live(int hours) {
    int live = live(world, NOW.plus(Duration.ofHours(hours))).size();
    assertTrue(live > 125 && live < 210, live + " live");
  }

  @Test
  void channels_go_live_and_end() {
    Set<Long> before = live(world, NOW);
    Set<Long> after = live(world, NOW.plus(Duration.ofMinutes(30)));
    assertFalse(before.containsAll(after), "none went live");
    assertFalse(after.containsAll(before), "none ended");
  }

  @Test
  void the_same_moment_looks_the_same_whenever_it_is_asked_for_and_other_seeds_differ() {
    World other = new World(7);
    live(other, NOW.plusSeconds(86_400));
    world.channels().forEach(c -> assertEquals(world.livestream(c, NOW), other.livestream(c, NOW)));
    assertNotEquals(live(world, NOW), live(new World(8), NOW));
  }

  @Test
  void a_broadcast_keeps_what_it_is_while_its_viewers_walk() {
    Livestream first = shown(watchedChannel(), 0);
    List<Livestream> looks =
        IntStream.range(0, 30).mapToObj(i -> shown(watchedChannel(), i)).toList();
    assertEquals(
        Set.of(first.startedAt()), looks.stream().map(Livestream::startedAt).collect(toSet()));
    assertEquals(Set.of(first.title()), looks.stream().map(Livestream::title).collect(toSet()));
    List<Integer> viewers = looks.stream().map(l -> l.viewers().orElseThrow()).toList();
    assertTrue(viewers.stream().distinct().count() > 10, viewers.toString());
    for (int i = 1; i < viewers.size(); i++) {
      double step = viewers.get(i) / (double) viewers.get(i - 1);
      assertTrue(step > 0.7 && step < 1.4, "a walk, not a jump: " + viewers);
    }
  }

  @Test
  void viewers_stand_still_between_two_counts() {
    SimulatedChannel channel = watchedChannel();
    Instant counted = shown(channel, 0).startedAt().plus(World.COUNT.multipliedBy(20));
    OptionalInt viewers = world.livestream(channel, counted).orElseThrow().viewers();
    Instant last = counted.plus(World.COUNT).minusMillis(1);
    assertEquals(viewers, world.livestream(channel, last).orElseThrow().viewers());
  }

  @Test
  void some_broadcasters_hide_their_viewers_and_some_have_no_tags() {
    List<Livestream> broadcasts =
        world.channels().stream()
            .map(channel -> world.livestream(channel, NOW))
            .flatMap(Optional::stream)
            .toList();
    long hidden = broadcasts.stream().filter(l -> l.viewers().isEmpty()).count();
    long untagged = broadcasts.stream().filter(l -> l.tags().isEmpty()).count();
    assertTrue(hidden > 0 && hidden < broadcasts.size() / 4, hidden + " hidden");
    assertTrue(untagged > 0 && untagged < broadcasts.size() / 2, untagged + " untagged");
  }

  /** A well watched channel that is live from now for half an hour at least. */
  private SimulatedChannel watchedChannel() {
    Instant later = NOW.plus(World.COUNT.multipliedBy(30));
    return world.channels().stream()
        .filter(
            channel ->
                world
                    .livestream(channel, NOW)
                    .filter(now -> now.viewers().orElse(0) > 100)
                    .map(Livestream::startedAt)
                    .equals(world.livestream(channel, later).map(Livestream::startedAt)))
        .filter(channel -> world.livestream(channel, NOW).isPresent())
        .findFirst()
        .orElseThrow();
  }

  private Livestream shown(SimulatedChannel channel, int counts) {
    return world.livestream(channel, NOW.plus(World.COUNT.multipliedBy(counts))).orElseThrow();
  }

  private static Set<Long> live(World world, Instant at) {
    return world.channels().stream()
        .filter(channel -> world.livestream(channel, at).isPresent())
        .map(SimulatedChannel::broadcasterUserId)
        .collect(toSet());
  }
}
