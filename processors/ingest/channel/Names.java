package ingest.channel;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
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
  /** A channel gets a name, or has none from now on. */
  private record Move(Named channel, @Nullable String to) {}

  /**
   * The last one holds the name that they are seen under; without a sighting, the older channel.
   */
  private static final Comparator<Named> HOLDER =
      Comparator.comparing(Named::seen).thenComparing(c -> c.id, Comparator.reverseOrder());

  private final Map<ChannelKey, Named> channels = new TreeMap<>();
  private final Map<Name, Set<Named>> seenAs = new HashMap<>();
  private final Map<Name, Instant> free;
  private final List<Rename> renames = new ArrayList<>();
  private int lost;

  /**
   * Takes every channel that is to be seen, and every other that is seen under a name that one of
   * them has or gets.
   *
   * @param free when the last span of each of these names ended that did end
   */
  Names(Collection<Named> channels, Map<Name, Instant> free) {
    for (Named channel : channels) {
      this.channels.put(channel.key, channel);
      if (channel.observed() != null) {
        seenAs(channel, channel.observed()).add(channel);
      }
    }
    this.free = new HashMap<>(free);
  }

  /** A sighting without a name, or one that is not newer than the last, changes nothing. */
  void see(Sighting sighting) {
    Named channel = Objects.requireNonNull(channels.get(sighting.channel()));
    String from = channel.observed();
    String to = sighting.slug();
    if (to == null || sighting.revision().compareTo(channel.seen()) <= 0) {
      return;
    }
    channel.see(to, sighting.revision());
    Set<Named> touched = new LinkedHashSet<>();
    if (from != null && !from.equals(to)) {
      renames.add(new Rename(channel.id, channel.externalId, channel.key, from, to, sighting));
      seenAs(channel, from).remove(channel);
      touched.addAll(seenAs(channel, from));
    }
    seenAs(channel, to).add(channel);
    touched.addAll(seenAs(channel, to));
    settle(
        touched.stream()
            .map(c -> new Move(c, due(c)))
            .filter(m -> !Objects.equals(m.to, m.channel.held()))
            .toList(),
        sighting.asOf());
  }

  /** The name that a channel has to have; null for none. */
  private @Nullable String due(Named channel) {
    String observed = Objects.requireNonNull(channel.observed());
    boolean holder =
        seenAs(channel, observed).stream().allMatch(c -> HOLDER.compare(c, channel) <= 0);
    return holder ? observed : null;
  }

  /**
   * All from one instant on, which is later than {@code at} where what is written already has to
   * stay: no span ends before it began, nor begins while the name was another's.
   */
  private void settle(List<Move> moves, Instant at) {
    Instant from = at;
    for (Move move : moves) {
      from = later(from, move.channel.since());
      if (move.to != null) {
        from = later(from, free.getOrDefault(name(move.channel, move.to), at));
      }
    }
    for (Move move : moves) {
      String held = move.channel.held();
      if (held != null) {
        free.merge(name(move.channel, held), from, Names::later);
        lost += move.to == null ? 1 : 0;
      }
      move.channel.hold(move.to, from);
    }
  }

  private Set<Named> seenAs(Named channel, String slug) {
    return seenAs.computeIfAbsent(name(channel, slug), n -> new LinkedHashSet<>());
  }

  private static Name name(Named channel, String slug) {
    return new Name(channel.key.platform(), slug);
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  /** Those whose rows are to be written. */
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
