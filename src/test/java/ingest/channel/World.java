package ingest.channel;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Twelve channels of two platforms that fight for a few names, and what was seen of them. The same
 * seed is the same world, down to the ids of its events.
 *
 * <p>A step renames one channel, swaps two, moves three in a circle, makes one vanish or come back
 * under another name; then several events see it: polls whose revision lags by 90 s, others that
 * are in time, some of the very same revision that tell of before and after, some that are stale,
 * some without a name.
 */
final class World {
  static final Instant START = Instant.parse("2026-05-01T12:00:00Z");
  private static final int STEPS = 50;
  private static final int STEP_SECONDS = 30;
  private static final int LAG_SECONDS = 90;
  private static final List<String> NAMES = List.of("ash", "birch", "cedar", "elm", "fir");

  final List<Seen> seen = new ArrayList<>();
  private final Random random;

  private World(long seed) {
    random = new Random(seed);
  }

  static World of(long seed) {
    World world = new World(seed);
    for (String platform : List.of("kick", "acme")) {
      Map<String, String> names = new LinkedHashMap<>();
      for (int channel = 1; channel <= 6; channel++) {
        names.put(Integer.toString(channel), "own" + channel);
      }
      for (int step = 0; step < STEPS; step++) {
        world.step(platform, names, START.plusSeconds((long) step * STEP_SECONDS));
      }
    }
    return world;
  }

  private void step(String platform, Map<String, String> names, Instant at) {
    Map<String, String> before = new HashMap<>(names);
    List<String> living = new ArrayList<>(names.keySet());
    Collections.shuffle(living, random);
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> free(names).ifPresent(name -> names.put(living.get(0), name));
      case 3 -> circle(names, living.subList(0, Math.min(2, living.size())));
      case 4 -> circle(names, living.subList(0, Math.min(3, living.size())));
      case 5 -> names.put(living.get(0), "own" + living.get(0));
      case 6 -> {
        if (living.size() > 3) {
          names.remove(living.get(0)); // its last name is free; nobody tells us
        }
      }
      default -> {
        String channel = Integer.toString(1 + random.nextInt(6));
        free(names).ifPresent(name -> names.put(channel, name));
      }
    }
    names.forEach(
        (channel, name) -> {
          boolean moved = !name.equals(before.get(channel));
          for (int n = random.nextInt(moved ? 4 : 2); n > 0; n--) {
            see(platform, channel, before.getOrDefault(channel, name), name, at);
          }
        });
  }

  private Optional<String> free(Map<String, String> names) {
    TreeSet<String> free = new TreeSet<>(NAMES);
    free.removeAll(names.values());
    return free.stream().skip(free.isEmpty() ? 0 : random.nextInt(free.size())).findFirst();
  }

  private static void circle(Map<String, String> names, List<String> channels) {
    String first = names.get(channels.get(0));
    for (int i = 0; i + 1 < channels.size(); i++) {
      names.put(channels.get(i), names.get(channels.get(i + 1)));
    }
    names.put(channels.get(channels.size() - 1), first);
  }

  /** Whole seconds: revisions of different channels are often equal. */
  private void see(String platform, String channel, String before, String name, Instant at) {
    Instant when = at.plusSeconds(random.nextInt(STEP_SECONDS));
    boolean poll = random.nextBoolean();
    switch (random.nextInt(10)) {
      case 0 -> add(platform, channel, before, when, poll);
      case 1 -> add(platform, channel, null, when, poll);
      case 2, 3 -> {
        String other = before.equals(name) ? NAMES.get(random.nextInt(NAMES.size())) : before;
        add(platform, channel, other, when, poll);
        add(platform, channel, name, when, random.nextBoolean());
      }
      default -> add(platform, channel, name, when, poll);
    }
  }

  private void add(
      String platform, String channel, @Nullable String name, Instant when, boolean poll) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform", platform).put("platform_user_id", channel);
    if (name != null) {
      data.put("slug", random.nextInt(4) == 0 ? name.toUpperCase(Locale.ROOT) : name);
    }
    if (platform.equals("acme")) {
      tellMore(data);
    }
    Instant time = when;
    if (poll) {
      time = when.plusSeconds(LAG_SECONDS);
      data.put("stream_rev", Long.toString(Envelope.micros(when)));
      data.put("viewer_count", random.nextInt(100));
      ObjectNode stream = data.putObject("stream");
      boolean live = random.nextBoolean();
      stream.put("is_live", live);
      if (live) {
        stream.put("started_at", START.minusSeconds(random.nextInt(100)).toString());
      }
    }
    String type = platform.equals("kick") ? ObservingTypes.KICK : ObservingTypes.ACME;
    String subject = platform + ":" + channel;
    seen.add(
        new Seen(
            new Envelope(
                EventId.of(time, platform, type, subject, "n" + seen.size(), 0),
                platform,
                type,
                type + "/1",
                subject,
                time,
                Envelope.micros(time),
                null,
                null,
                Envelope.newTraceparent(),
                data)));
  }

  private void tellMore(ObjectNode data) {
    if (random.nextInt(3) == 0) {
      data.put("display_name", "Display " + random.nextInt(9));
    }
    if (random.nextInt(3) == 0) {
      data.put("avatar_url", "https://avatars.example/" + random.nextInt(9));
    }
    if (random.nextInt(3) == 0) {
      data.put("bio", "Bio " + random.nextInt(9));
    }
    if (random.nextInt(3) == 0) {
      data.put("follower_count", random.nextInt(9));
    }
    if (random.nextInt(3) == 0) {
      data.put("is_banned", random.nextBoolean());
    }
  }
}
