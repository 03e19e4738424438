package ingest.channel;

import ingest.envelope.Revision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who is called what, of some channels of one transaction; decides, and writes nothing.
 *
 * <p>A channel is seen under the name of its newest sighting. Of the channels of a platform that
 * are seen under one name, the one that was seen so last holds it; the others have none until it
 * moves on. Both follow from the newest sighting of each channel alone, so the order of arrival
 * does not matter. The spans of the history do depend on it: a sighting that comes late leaves
 * none.
 */
final class Names {
  /** A channel held a name, or none, from a time on; the last one of a channel is still open. */
  static final class Span {
    final Instant from;

    /** True for a row that was there before. */
    final boolean stored;

    private @Nullable String slug;
    private @Nullable Instant until;
    private boolean changed;

    Span(@Nullable String slug, Instant from, boolean stored) {
      this.slug = slug;
      this.from = from;
      this.stored = stored;
      this.changed = !stored;
    }

    /** Null: its name of then is not known. */
    @Nullable String slug() {
      return slug;
    }

    /** Null: now. */
    @Nullable Instant until() {
      return until;
    }

    boolean changed() {
      return changed;
    }
  }

  /** A channel's name as it is stored, and as it becomes. */
  static final class Named {
    final long id;
    final String externalId;
    final ChannelKey key;

    /** The open one and those that follow it. */
    final List<Span> spans = new ArrayList<>();

    final @Nullable String heldBefore;
    private final Revision seenBefore;
    private @Nullable String held;
    private @Nullable String observed;
    private Revision seen;

    @SuppressWarnings("TooManyParameters") // a row
    Named(
        long id,
        String externalId,
        ChannelKey key,
        @Nullable String observed,
        @Nullable String held,
        Revision seen,
        Span open) {
      this.id = id;
      this.externalId = externalId;
      this.key = key;
      this.observed = observed;
      this.held = held;
      this.heldBefore = held;
      this.seen = seen;
      this.seenBefore = seen;
      spans.add(open);
    }

    @Nullable String observed() {
      return observed;
    }

    @Nullable String held() {
      return held;
    }

    Revision seen() {
      return seen;
    }

    boolean changed() {
      return !seen.equals(seenBefore) || spans.stream().anyMatch(Span::changed);
    }

    private Span open() {
      return spans.get(spans.size() - 1);
    }

    private void hold(@Nullable String slug, Instant from) {
      held = slug;
      Span open = open();
      open.changed = true;
      if (open.from.equals(from)) { // it had lasted no time
        open.slug = slug;
      } else {
        open.until = from;
        spans.add(new Span(slug, from, false));
      }
    }
  }

  /** Of those seen under one name, the last one holds it; without a sighting, the older channel. */
  private static final Comparator<Named> HOLDER =
      Comparator.comparing(Named::seen).thenComparing(c -> c.id, Comparator.reverseOrder());

  private final Map<ChannelKey, Named> channels = new TreeMap<>();

  /** By platform and name: when the last span of it ended. */
  private final Map<Map.Entry<String, String>, Instant> free;

  private final List<Rename> renames = new ArrayList<>();
  private int lost;

  /**
   * Takes every channel that is to be seen, and every other that is seen under a name that one of
   * them has or gets.
   *
   * @param free by platform and name, the latest end of a span of it
   */
  Names(Collection<Named> channels, Map<Map.Entry<String, String>, Instant> free) {
    channels.forEach(c -> this.channels.put(c.key, c));
    this.free = new HashMap<>(free);
  }

  /** A sighting without a name, or one that is not newer than the last, changes nothing. */
  void see(Sighting sighting) {
    Named channel = Objects.requireNonNull(channels.get(sighting.channel()));
    String to = sighting.slug();
    if (to == null || sighting.revision().compareTo(channel.seen) <= 0) {
      return;
    }
    String from = channel.observed;
    channel.seen = sighting.revision();
    channel.observed = to;
    if (from != null && !from.equals(to)) {
      renames.add(new Rename(channel.id, channel.externalId, channel.key, from, to, sighting));
    }
    Set<String> touched = new TreeSet<>(Set.of(to));
    if (from != null) {
      touched.add(from);
    }
    settle(channel.key.platform(), touched, sighting.asOf());
  }

  /** Gives the names to those who hold them now, all from one instant on. */
  private void settle(String platform, Set<String> slugs, Instant at) {
    Map<String, Named> holders =
        channels.values().stream()
            .filter(c -> c.key.platform().equals(platform) && c.observed != null)
            .collect(
                Collectors.toMap(
                    c -> Objects.requireNonNull(c.observed),
                    Function.identity(),
                    (a, b) -> HOLDER.compare(a, b) >= 0 ? a : b));
    Map<Named, String> moves = new LinkedHashMap<>();
    for (Named channel : channels.values()) {
      if (channel.key.platform().equals(platform)
          && Stream.of(channel.held, channel.observed)
              .anyMatch(s -> s != null && slugs.contains(s))) {
        String observed = channel.observed == null ? "" : channel.observed;
        String holds = holders.get(observed) == channel ? observed : "";
        if (!holds.equals(channel.held == null ? "" : channel.held)) {
          moves.put(channel, holds);
        }
      }
    }
    Instant from = at;
    for (Map.Entry<Named, String> move : moves.entrySet()) {
      from = later(from, move.getKey().open().from);
      from = later(from, free.getOrDefault(Map.entry(platform, move.getValue()), at));
    }
    for (Map.Entry<Named, String> move : moves.entrySet()) {
      String held = move.getKey().held;
      if (held != null) {
        free.merge(Map.entry(platform, held), from, Names::later);
        if (move.getValue().isEmpty()) {
          lost++;
        }
      }
      move.getKey().hold(move.getValue().isEmpty() ? null : move.getValue(), from);
    }
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  /** Those whose row is to be written. */
  List<Named> changed() {
    return channels.values().stream().filter(Named::changed).toList();
  }

  /** In the order in which they happened. */
  List<Rename> renames() {
    return renames;
  }

  /** How often a channel was left without a name, because another was seen under it later. */
  int lost() {
    return lost;
  }
}
