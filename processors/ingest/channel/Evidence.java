package ingest.channel;

import ingest.channel.Sighting.Details;
import ingest.channel.Sighting.Stream;
import ingest.envelope.Revision;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the sightings of one commit tell of one stream. Two of them add up to what all their
 * sightings together would have told, in whichever order they come.
 *
 * @param lastLive when it was last seen live; what is reported as its end counts as its start here,
 *     since an end that a newer report corrects would stay in a maximum for ever
 * @param end as the newest report of it says, with its revision
 * @param peak null where nobody counted
 */
record Evidence(
    Id stream,
    Instant lastLive,
    Told<Instant> end,
    Told<String> title,
    Told<Details> details,
    @Nullable Integer peak,
    int samples,
    long sum) {

  /** A stream has no other identity than its channel and its start. */
  record Id(ChannelKey channel, Instant startedAt) {}

  /** The newest that was said; null and older than everything where nothing was. */
  record Told<T>(@Nullable T value, Revision revision) {}

  /** By stream; a sighting that names none, as polls of those who are offline do, is none. */
  static List<Evidence> of(Collection<Sighting> sightings) {
    Map<Id, List<Sighting>> byStream =
        sightings.stream()
            .filter(s -> s.stream() != null && s.stream().startedAt() != null)
            .collect(Collectors.groupingBy(Evidence::id));
    return byStream.entrySet().stream().map(e -> ofOne(e.getKey(), e.getValue())).toList();
  }

  private static Id id(Sighting sighting) {
    return new Id(sighting.channel(), Objects.requireNonNull(stream(sighting).startedAt()));
  }

  private static Evidence ofOne(Id id, List<Sighting> own) {
    List<Integer> counts =
        own.stream()
            .filter(s -> stream(s).live())
            .map(Sighting::viewers)
            .filter(Objects::nonNull)
            .toList();
    return new Evidence(
        id,
        own.stream()
            .map(s -> stream(s).live() ? later(s.asOf(), id.startedAt) : id.startedAt)
            .max(Comparator.naturalOrder())
            .orElseThrow(),
        newest(own, s -> !stream(s).live(), s -> end(s, id)),
        newest(own, s -> stream(s).title() != null, s -> stream(s).title()),
        newest(own, s -> stream(s).details() != null, s -> stream(s).details()),
        counts.stream().max(Comparator.naturalOrder()).orElse(null),
        counts.size(),
        counts.stream().mapToLong(Integer::longValue).sum());
  }

  /**
   * Who says that a stream is not live and names it reports its end, also without a time: then it
   * is over as of the report.
   */
  private static Instant end(Sighting report, Id id) {
    Instant told = stream(report).endedAt();
    return told == null ? later(report.asOf(), id.startedAt) : told;
  }

  private static <T> Told<T> newest(
      List<Sighting> own,
      Predicate<Sighting> says,
      java.util.function.Function<Sighting, @Nullable T> value) {
    return own.stream()
        .filter(says)
        .max(Comparator.comparing(Sighting::revision))
        .map(s -> new Told<>(value.apply(s), s.revision()))
        .orElse(new Told<>(null, Revision.NEVER));
  }

  private static Stream stream(Sighting sighting) {
    return Objects.requireNonNull(sighting.stream());
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }
}
