package ingest.channel;

import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Of the sightings of one channel in one transaction, the newest that says something of each fact.
 */
record Latest(
    Sighting seen, @Nullable Sighting name, @Nullable Sighting stream, Map<Fact, Sighting> facts) {

  /** By channel, in the order in which rows are locked and written. */
  static SortedMap<ChannelKey, Latest> of(Collection<Sighting> sightings) {
    SortedMap<ChannelKey, Latest> latest = new TreeMap<>();
    sightings.stream()
        .collect(Collectors.groupingBy(Sighting::channel))
        .forEach((channel, own) -> latest.put(channel, ofOne(own)));
    return latest;
  }

  private static Latest ofOne(List<Sighting> own) {
    EnumMap<Fact, Sighting> facts = new EnumMap<>(Fact.class);
    for (Fact fact : Fact.values()) {
      Sighting newest = newest(own, s -> fact.of(s) != null);
      if (newest != null) {
        facts.put(fact, newest);
      }
    }
    Sighting seen = own.stream().max(Comparator.comparing(Sighting::at)).orElseThrow();
    return new Latest(
        seen, newest(own, s -> s.slug() != null), newest(own, s -> s.stream() != null), facts);
  }

  private static @Nullable Sighting newest(List<Sighting> own, Predicate<Sighting> says) {
    return own.stream().filter(says).max(Comparator.comparing(Sighting::revision)).orElse(null);
  }
}
